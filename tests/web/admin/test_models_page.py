"""/admin/models: figures, versions, roll-back, and letting the model learn, as staff see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.forecasting import versions
from bakery.forecasting.models import PriceModelVersion, PriceRetraining
from bakery.forecasting.shelf import START
from bakery.forecasting.states import RunState, VersionState
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.people.models import AuditEntry, Role
from models_ml.pricing import artifact
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.forecasting.decided import decide_many
from tests.queries import Counter

PAGE = "/admin/models"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    sign_in(client, role=Role.MANAGER)
    return client


def add_version(name: str, state: VersionState = VersionState.CANDIDATE, reason: str = "Because.") -> None:
    """A version with the start's files and a name of its own; SERVING takes the other one's place."""
    files, manifest = artifact.read(START)
    with transaction() as session:
        versions.enter_start(session, files, manifest)
        stored = VersionState.REJECTED if state is VersionState.REJECTED else VersionState.CANDIDATE
        row = versions.store(session, files, manifest | {"version": name}, stored, reason)
        if state is VersionState.SERVING:
            versions.serve(session, row, versions.SYSTEM, reason)


def serving(session: Session) -> str:
    session.expire_all()
    return session.scalars(
        select(PriceModelVersion.name).where(PriceModelVersion.state == VersionState.SERVING)
    ).one()


def test_a_shop_without_decided_cakes_is_told_what_will_stand_here(admin: FlaskClient) -> None:
    page = admin.get(PAGE).text
    assert "No decided cakes yet" in page and "Nothing has been trained here yet" in page
    assert "2026-10-31-b72d8e70" in page and "In service" in page, "the version that comes with the shop"
    assert "Roll back" not in page


def test_errors_by_month_size_and_pattern_stand_in_charts_and_in_words(
    admin: FlaskClient, session: Session
) -> None:
    decide_many(session, 60, level=1.1, days=300)
    page = admin.get(PAGE).text
    assert page.count('<svg class="chart model-chart"') == 2 and page.count('class="bar-cell"') > 8
    assert "23 to 28 cm" in page and "decoration</span>" in page
    assert "asks less than you decide" in page, "staff ask a tenth more than the model"
    assert "Hours of work" in page and "Stable" in page, "drift"
    weeks = admin.get(f"{PAGE}?by=week").text
    assert 'href="/admin/models?by=week" aria-current="page"' in weeks
    assert admin.get(f"{PAGE}?by=nonsense").status_code == 200


def test_the_page_costs_the_same_few_queries_however_many_cakes_there_are(
    admin: FlaskClient, session: Session, count_queries: Counter
) -> None:
    add_version("v-two", VersionState.SERVING)
    decide_many(session, 3)
    admin.get(PAGE)
    with count_queries() as few:
        admin.get(PAGE)
    decide_many(session, 40, seed=2)
    for number in range(5):
        add_version(f"v-{number}", VersionState.REJECTED)
    with count_queries() as many:
        admin.get(PAGE)
    assert len(few) == len(many) <= 9, many


def test_one_click_asks_for_a_training_and_a_second_is_told_of_the_first(
    admin: FlaskClient, session: Session
) -> None:
    assert admin.post(f"{PAGE}/retraining").status_code == 303
    run = session.scalars(select(PriceRetraining)).one()
    owed = session.scalars(select(Outbox).where(Outbox.job == "jobs.learning.retrain")).one()
    assert (run.state, owed.args, owed.queue) == ("QUEUED", [run.id], "low")
    assert "models.retrain" in session.scalars(select(AuditEntry.action)).all()
    again = admin.post(f"{PAGE}/retraining")
    assert again.status_code == 409 and "waits for its worker" in again.text
    assert len(session.scalars(select(PriceRetraining)).all()) == 1


def test_the_page_asks_how_far_the_training_is_and_loads_again_when_it_is_over(
    admin: FlaskClient, session: Session
) -> None:
    admin.post(f"{PAGE}/retraining")
    run = session.scalars(select(PriceRetraining)).one()
    run.state, run.percent, run.step = RunState.RUNNING, 47, "Setting the range: part 3 of 5"
    session.commit()
    page = admin.get(PAGE).text
    assert 'hx-trigger="every 2s"' in page and 'value="47"' in page and "part 3 of 5" in page
    assert "Train now" not in page
    part = admin.get(f"{PAGE}/retraining", headers={"HX-Request": "true"})
    assert "<html" not in part.text and 'value="47"' in part.text and "HX-Refresh" not in part.headers
    assert admin.get(f"{PAGE}/retraining").headers["Location"] == PAGE, "without scripts: the page itself"
    run.state, run.outcome, run.ended_at = RunState.REFUSED, "There are 3 decided cakes.", clock.now()
    session.commit()
    part = admin.get(f"{PAGE}/retraining", headers={"HX-Request": "true"})
    assert part.headers["HX-Refresh"] == "true" and "every 2s" not in part.text
    assert "There are 3 decided cakes." in admin.get(PAGE).text


def test_a_training_that_fell_silent_is_said_to_have_and_can_be_asked_for_anew(
    admin: FlaskClient, session: Session
) -> None:
    admin.post(f"{PAGE}/retraining")
    run = session.scalars(select(PriceRetraining)).one()
    run.state, run.heard_at = RunState.RUNNING, clock.now() - timedelta(minutes=4)
    session.commit()
    page = admin.get(PAGE).text
    assert "has not been heard of" in page and "Train now" in page
    assert admin.post(f"{PAGE}/retraining").status_code == 303
    states = session.scalars(select(PriceRetraining.state).order_by(PriceRetraining.id)).all()
    assert states == ["FAILED", "QUEUED"]


def test_one_click_rolls_back_and_is_in_the_audit_log(admin: FlaskClient, session: Session) -> None:
    add_version("v-new", VersionState.SERVING)
    page = admin.get(PAGE).text
    [action] = re.findall(r'action="(/admin/models/[^"]+/service)"', page)
    answer = admin.post(action, data={"instead_of": "v-new"})
    assert answer.status_code == 303 and serving(session) == "2026-10-31-b72d8e70"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "models.roll_back")).one()
    assert (entry.before, entry.after) == ({"serving": "v-new"}, {"serving": "2026-10-31-b72d8e70"})
    page = admin.get(PAGE).text
    assert "nothing replaces it by itself" in page and "Rolled back by" in page
    assert "Roll back to v-new" in page, "and there again"


def test_who_looked_at_an_old_page_does_not_undo_what_another_did(
    admin: FlaskClient, session: Session
) -> None:
    add_version("v-1", VersionState.SERVING)
    add_version("v-2", VersionState.SERVING)
    answer = admin.post(f"{PAGE}/2026-10-31-b72d8e70/service", data={"instead_of": "v-1"})
    assert answer.status_code == 409 and "Somebody else" in answer.text and serving(session) == "v-2"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("v-rejected", 409, "cannot become"),
        ("v-new", 409, "cannot become"),
        ("nothing", 404, "no such version"),
    ],
)
def test_what_was_rejected_serves_already_or_is_not_there_is_refused(
    admin: FlaskClient, session: Session, name: str, status: int, words: str
) -> None:
    add_version("v-new", VersionState.SERVING)
    add_version("v-rejected", VersionState.REJECTED)
    answer = admin.post(f"{PAGE}/{name}/service", data={"instead_of": "v-new"})
    assert answer.status_code == status and words in answer.text
    assert serving(session) == "v-new"


def test_a_version_has_a_card_with_what_was_measured(admin: FlaskClient, session: Session) -> None:
    alone = admin.get(f"{PAGE}/2026-10-31-b72d8e70").text
    assert "7.0" in alone and "an invented history of the demo shop" in alone and "xgboost-cpu" in alone
    add_version("v-new", VersionState.SERVING, "In service: the new model is better.")
    page = admin.get(f"{PAGE}/v-new").text
    assert "In service: the new model is better." in page and "cost-plus formula answers" in page
    assert admin.get(f"{PAGE}/nothing").status_code == 404


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.BAKER, Role.COUNTER])
def test_who_may_not_manage_the_model_sees_and_changes_nothing(
    client: FlaskClient, session: Session, role: Role
) -> None:
    make_open_shop(session)
    sign_in(client, role=role)
    add_version("v-new", VersionState.SERVING)
    for address in (PAGE, f"{PAGE}/retraining", f"{PAGE}/v-new"):
        assert client.get(address).status_code == 403
    assert client.post(f"{PAGE}/retraining").status_code == 403
    back = client.post(f"{PAGE}/2026-10-31-b72d8e70/service", data={"instead_of": "v-new"})
    assert back.status_code == 403 and serving(session) == "v-new"
    assert session.scalars(select(PriceRetraining)).all() == []

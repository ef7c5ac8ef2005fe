"""The price model learns from what staff decided: refused with a count, judged, swapped only if it is better."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.forecasting import learning, learning_rows, learning_runs, swaps, versions
from bakery.forecasting.models import PriceModelEvent, PriceModelFile, PriceModelVersion, PriceRetraining
from bakery.forecasting.pricing import PriceDesk
from bakery.forecasting.shelf import ServingShelf
from bakery.infra.transaction import transaction
from bakery.messages.models import StaffAlert
from models_ml.pricing.demo import demo_history
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.sweeps import Swept, falls
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop
from tests.forecasting.decided import add_decided, decide_many
from tests.price_model.conftest import ON, cake

START_NAME = "2026-10-31-b72d8e70"


@pytest.fixture(autouse=True)
def shop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop whose trainings take a second: fewer cakes that came along, fewer random ones to sweep."""
    make_open_shop(session)
    monkeypatch.setattr(learning, "_start_cakes", lambda: demo_history(400))
    monkeypatch.setattr(learning, "SWEPT_CAKES", 45)


def states(session: Session) -> dict[str, str]:
    """Versions by name."""
    session.expire_all()
    return dict(session.execute(select(PriceModelVersion.name, PriceModelVersion.state)).all())


def runs(session: Session) -> list[tuple[str, str]]:
    session.expire_all()
    found = session.execute(
        select(PriceRetraining.state, PriceRetraining.outcome).order_by(PriceRetraining.id)
    )
    return [(state, outcome) for state, outcome in found]


def alerts(session: Session) -> list[str]:
    return list(session.scalars(select(StaffAlert.text).where(StaffAlert.kind == "price_model")))


def trained() -> learning.Learned:
    found = learning.retrain(None)
    assert found is not None
    return found


def test_a_shop_that_asks_more_than_the_start_knows_gets_a_better_version_at_once(session: Session) -> None:
    decide_many(session, 120, level=1.2)
    desk, said = PriceDesk(ServingShelf()), list[int]()
    before = desk.predict(cake(), ON)
    found = learning.retrain(None, tell=lambda percent, _: said.append(percent))
    assert found is not None and found.state == "SERVING" and "better" in found.outcome
    assert states(session) == {START_NAME: "RETIRED", found.version: "SERVING"}
    after = desk.predict(cake(), ON)
    assert (before.model, after.model) == (START_NAME, found.version)
    assert after.price_cents > 1.08 * before.price_cents, "it has learned what this shop asks"
    assert any(each.ref.startswith("CC-") for each in after.neighbours), "its own past cakes"
    assert said == sorted(said) and said[0] == 0 and len(said) > 8, "it says how far it is"
    assert alerts(session) == [] and runs(session) == [("DONE", found.outcome)]
    assert [pair for pair in session.execute(select(PriceModelEvent.from_state, PriceModelEvent.to_state))] == [
        (None, "CANDIDATE"), ("CANDIDATE", "SERVING"), (None, "CANDIDATE"), ("SERVING", "RETIRED"),
        ("CANDIDATE", "SERVING"),
    ]  # fmt: skip


def test_a_version_says_what_it_was_made_of_and_keeps_its_promises(session: Session) -> None:
    decide_many(session, 120, level=1.2)
    name = trained().version
    assert name is not None
    files, manifest = versions.read(session, name)
    model = PriceModel.made_of(files, manifest)
    assert manifest["own_rows"] == 120 and manifest["rows"]["all"] == 520
    assert manifest["rows"]["held_out"] == 40 == manifest["metrics"]["model"]["cakes"]
    assert manifest["window"][0] == "2024-11-01" and manifest["settings"]["seed"] == 7
    assert {"xgboost-cpu", "numpy"} <= manifest["libraries"].keys() and len(
        manifest["files"]["cakes.csv"]
    ) == 64
    assert 6_400 <= manifest["metrics"]["model"]["coverage_bp"] <= 9_600
    assert manifest["sweeps"]["falls"] == 0
    swept = falls(model, ON, cakes=540, seed=9)
    assert swept.falls == [] and swept.compared > 1_500 and swept.by_model > 700


def test_a_model_that_is_no_better_is_kept_and_staff_are_told(session: Session) -> None:
    decide_many(session, 90, level=1.0, noise=0.02)
    found = trained()
    assert found.state == "REJECTED" and found.version is not None
    assert states(session) == {START_NAME: "SERVING", found.version: "REJECTED"}
    assert PriceDesk(ServingShelf()).predict(cake(), ON).model == START_NAME
    [told] = alerts(session)
    assert found.version in told and "not better" in told and "not in service" in told


def test_a_model_that_makes_a_larger_cake_cheaper_is_never_used(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_many(session, 120, level=1.2)
    monkeypatch.setattr(learning, "falls", lambda *_, **__: Swept(100, 100, [object()] * 3))  # type: ignore[list-item]
    found = trained()
    assert found.state == "REJECTED" and "makes 3 cakes cheaper" in found.outcome


@pytest.mark.parametrize("count", [0, 1, learning_rows.ENOUGH - 1])
def test_too_few_cakes_are_refused_with_their_count(session: Session, count: int) -> None:
    decide_many(session, count)
    with pytest.raises(
        Invalid, match=rf"There are {count} decided cakes .* {learning_rows.ENOUGH} are needed"
    ):
        learning.retrain(None)
    [(state, outcome)] = runs(session)
    assert state == "REFUSED" and f"There are {count} decided cakes" in outcome
    assert states(session) == {} and alerts(session) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"price_cents": 24_000}, "70 cakes have only 1 different prices"),
        ({"decided_on": ON}, "70 cakes have only 1 different days"),
        ({"cake": cake()}, "70 cakes have only 1 different builds"),
    ],
)
def test_cakes_that_are_all_alike_are_refused_with_what_is_missing(
    session: Session, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    alike = tuple(replace(past, **changes) for past in demo_history(400)[:70])
    monkeypatch.setattr(learning.learning_rows, "own_cakes", lambda _: learning_rows.OwnCakes(alike, 0))
    with pytest.raises(Invalid, match=words):
        learning.retrain(None)
    assert runs(session)[0][0] == "REFUSED" and states(session) == {}


def test_the_same_cakes_again_make_no_second_version_also_after_a_roll_back(session: Session) -> None:
    decide_many(session, 90, level=1.2)
    first = trained()
    swaps.put_into_service(START_NAME, Actor(None, "Zohra"), instead_of=str(first.version))
    again = trained()
    assert again.version == first.version and "Nothing new to learn" in again.outcome
    assert states(session) == {START_NAME: "SERVING", first.version: "RETIRED"}
    assert len(session.scalars(select(PriceModelFile.name)).all()) == 4


def test_after_a_roll_back_a_better_version_waits_for_a_person(session: Session) -> None:
    decide_many(session, 90, level=1.2)
    first = trained()
    zohra = UserFactory(name="Zohra")
    swaps.put_into_service(START_NAME, Actor(zohra.id, "Zohra"), instead_of=str(first.version))
    decide_many(session, 20, level=1.2, seed=5, days=15)
    second = trained()
    assert second.state == "CANDIDATE" and "somebody chose" in second.outcome
    assert states(session)[START_NAME] == "SERVING" and states(session)[str(second.version)] == "CANDIDATE"
    assert len(alerts(session)) == 1 and str(second.version) in alerts(session)[0]
    swaps.put_into_service(str(second.version), Actor(zohra.id, "Zohra"), instead_of=START_NAME)
    row = session.scalars(select(PriceModelVersion).where(PriceModelVersion.state == "SERVING")).one()
    assert (row.name, row.chosen) == (second.version, False), (
        "a newer one: it may be replaced by itself again"
    )


def test_a_version_put_into_service_while_another_was_trained_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_many(session, 90, level=1.2)
    trained()
    decide_many(session, 60, level=1.5, seed=5, days=30)
    judging = learning.judge

    def meanwhile(*given: Any) -> Any:
        found = judging(*given)
        with transaction() as own:
            start = own.scalars(select(PriceModelVersion).where(PriceModelVersion.name == START_NAME)).one()
            versions.serve(own, start, versions.SYSTEM, "meanwhile")
        return found

    monkeypatch.setattr(learning, "judge", meanwhile)
    found = trained()
    assert found.state == "CANDIDATE" and "while it was trained" in found.outcome
    assert states(session)[START_NAME] == "SERVING"


def test_while_one_trains_another_is_refused_and_changes_nothing(session: Session) -> None:
    decide_many(session, 70)
    run_id = learning_runs.ask(Actor(None, "Zohra"))
    with learning_runs.alone():
        with pytest.raises(Conflict, match="waits for its worker"):
            learning.retrain(None)
        learning_runs.begin(run_id, versions.SYSTEM)
        learning_runs.note(run_id, 37, "Growing the trees")
        with pytest.raises(Conflict, match=r"under way \(37 %\): Growing the trees"):
            learning.retrain(run_id)
        with pytest.raises(Conflict, match="under way"):
            learning_runs.ask(Actor(None, "Laila"))
    assert runs(session) == [("RUNNING", "")]


def test_a_training_that_comes_twice_happens_once(session: Session) -> None:
    decide_many(session, 3)
    run_id = learning_runs.ask(Actor(None, "Zohra"))
    with pytest.raises(Invalid):
        learning.retrain(run_id)
    assert learning.retrain(run_id) is None
    assert [state for state, _ in runs(session)] == ["REFUSED"]


def test_only_prices_that_a_person_decided_are_learned_each_cake_once(session: Session) -> None:
    decide_many(session, 3)
    [first, *_] = learning_rows.own_cakes(session).cakes
    request = session.scalars(select(CustomCakeRequest).where(CustomCakeRequest.number == first.ref)).one()
    from_first = clock.now()
    quote = add_decided(session, from_first, _design_of(request), 99_000)
    # The same request's second version: another price, decided today.
    session.execute(
        update(CustomCakeRequest).where(CustomCakeRequest.id == request.id).values(quote_version=2)
    )
    values = {column.key: getattr(quote, column.key) for column in quote.__table__.columns}
    session.add(type(quote)(**values | {"id": None, "request_id": request.id, "version": 2}))
    session.flush()
    found = {past.ref: past for past in learning_rows.own_cakes(session).cakes}
    assert len(found) == 4, "three, and the one that stands alone"
    assert found[first.ref].price_cents == 99_000
    assert found[first.ref].decided_on > first.decided_on


def test_cakes_of_the_demo_shop_teach_until_there_are_enough_others(session: Session) -> None:
    decide_many(session, 5)
    session.execute(update(CustomCakeRequest).values(is_demo=True))
    decide_many(session, learning_rows.ENOUGH - 1, seed=2)
    found = learning_rows.own_cakes(session)
    assert (len(found.cakes), found.of_the_demo) == (learning_rows.ENOUGH + 4, 5)
    said = learning.make_lesson(found.cakes, demo_history(400), found.of_the_demo).source
    assert "5 of them invented with the demo shop" in said and "400 invented ones" in said
    decide_many(session, 1, seed=3)
    found = learning_rows.own_cakes(session)
    assert (len(found.cakes), found.of_the_demo) == (learning_rows.ENOUGH, 0)


def test_a_shop_with_many_cakes_of_its_own_learns_from_these_alone() -> None:
    own = demo_history(400, seed=4)
    lesson = learning.make_lesson(own, demo_history(400))
    assert lesson.cakes == tuple(own) and lesson.source == "400 cakes that this shop decided on"
    assert 72 <= len(lesson.held_out) <= 80
    newest = {past.ref for past in own[-72:]}
    assert newest <= lesson.held_out, "the newest are measured on"


def _design_of(request: CustomCakeRequest) -> Any:
    return learning_rows.from_json(request.design)

"""Jobs, alerts and the audit log as staff see them."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.backoffice.job_words import JOBS, PERIODIC, job_words
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra import job_queries, outbox, queue
from bakery.infra.models import JobRun, Outbox
from bakery.infra.transaction import transaction
from bakery.messages import operations as messages
from bakery.messages.models import StaffAlert
from bakery.people import audit
from bakery.people.models import AuditEntry, Role
from jobs.periodic import CATALOGUE
from tests.factories.orders import make_order
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    sign_in(client, role=Role.MANAGER)
    return client


def _actions(session: Session) -> list[str]:
    return [a for a in session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)) if a != "signed in"]


def _dead_row(session: Session) -> Outbox:
    with transaction() as open_session:
        outbox.owe(open_session, "jobs.orders.send_staff_sms", 7)
    row = session.scalars(select(Outbox)).one()
    row.attempts, row.dead_at, row.last_error = 8, clock.now(), "Twilio said no"
    session.commit()
    return row


def test_what_was_given_up_is_shown_and_can_be_tried_again(admin: FlaskClient, session: Session) -> None:
    row = _dead_row(session)
    page = admin.get("/admin/jobs").text
    assert (
        "SMS to the bakery about a cake" in page
        and "order 7" in page
        and "Given up" in page
        and "Twilio said no" in page
    )
    assert admin.post(f"/admin/outbox/{row.id}/retry").status_code == 303
    session.expire_all()
    assert (row.dead_at, row.attempts) == (None, 0)
    assert _actions(session) == ["retried an owed effect"]
    assert admin.post(f"/admin/outbox/{row.id}/retry").status_code == 404
    assert admin.post("/admin/outbox/999999/retry").status_code == 404


def test_a_failed_job_is_shown_without_personal_data_and_goes_back_on_its_queue(
    admin: FlaskClient, session: Session
) -> None:
    redis = admin.application.extensions["redis"]
    jobs = Queue(queue.LOW, connection=redis, serializer=JSONSerializer)
    job = jobs.enqueue("builtins.int", args=("laila@saffron.test",))
    SimpleWorker([jobs], connection=redis, serializer=JSONSerializer).work(burst=True)
    assert job.id in FailedJobRegistry(queue=jobs).get_job_ids()
    page = admin.get("/admin/jobs").text
    assert "builtins.int" in page and "laila" not in page
    assert admin.post(f"/admin/jobs/{job.id}/retry").status_code == 303
    assert jobs.get_job_ids() == [job.id]
    assert _actions(session) == ["retried a job"]
    assert admin.post("/admin/jobs/nothing/retry").status_code == 404
    jobs.empty()


def test_with_redis_away_the_page_says_so_and_still_shows_what_is_owed(
    admin: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    _dead_row(session)

    def away(_name: str) -> None:
        raise RedisError("away")

    monkeypatch.setattr(job_queries.queue, "queue", away)
    answer = admin.get("/admin/jobs")
    assert answer.status_code == 200
    assert "Redis does not answer" in answer.text and "1 given up" in answer.text
    assert admin.post("/admin/jobs/any/retry").status_code == 503


def test_periodic_jobs_show_how_they_ended(admin: FlaskClient, session: Session) -> None:
    now = clock.now()
    session.add(JobRun(name="expire_holds", started_at=now, ended_at=now, ok=True, detail="3 expired"))
    session.add(JobRun(name="reconcile", started_at=now, ended_at=now, ok=False, detail="Stripe is away"))
    session.commit()
    page = admin.get("/admin/jobs").text
    assert "Release what was not paid in time" in page and "expire_holds<" not in page
    assert "3 expired" in page and "Stripe is away" in page and "Failed" in page


def test_every_job_has_words_for_people() -> None:
    owed = set()
    for file in [*Path("bakery").rglob("*.py"), *Path("jobs").glob("*.py")]:
        owed |= set(re.findall(r'"(jobs\.\w+\.\w+)"', file.read_text(encoding="utf-8")))
    owed |= {each.function for each in CATALOGUE}
    assert len(owed) > 12 and owed - JOBS.keys() == set()
    assert {each.name: each.function for each in CATALOGUE} == PERIODIC
    for name in JOBS:
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), "words for no job"
    assert job_words("tidy") == "Clear out what is old"
    assert job_words("builtins.int") == "builtins.int"


def test_an_alert_is_shown_until_somebody_settles_it(admin: FlaskClient, session: Session) -> None:
    with transaction() as open_session:
        messages.raise_alert(open_session, kind="late_payment", key="x", text="A payment came late.")
    alert = session.scalars(select(StaffAlert)).one()
    assert "A payment came late." in admin.get("/admin/alerts").text
    assert "Open order" not in admin.get("/admin/alerts").text
    order = make_order()
    for ref in (order.ref, "order:999999999", "order:x", "message:1"):
        with transaction() as open_session:
            messages.raise_alert(open_session, kind="sms_failed", key=ref, text="No.", subject_ref=ref)
    assert admin.get("/admin/alerts").text.count(f'<a href="/admin/orders/{order.number}">') == 1
    for other in session.scalars(select(StaffAlert).where(StaffAlert.id != alert.id)):
        admin.post(f"/admin/alerts/{other.id}/resolution")
    assert admin.post(f"/admin/alerts/{alert.id}/resolution").status_code == 303
    assert "Nothing needs you" in admin.get("/admin/alerts").text
    assert set(_actions(session)) == {"settled an alert"}
    assert admin.post("/admin/alerts/999999/resolution").status_code == 404


def test_the_audit_log_is_searched_and_paged(admin: FlaskClient, session: Session) -> None:
    for number in range(60):
        with transaction() as open_session:
            audit.record(
                open_session,
                Actor(None, "Zahra"),
                "order.move",
                "order",
                f"SC-{number:04d}-ZZ",
                after={"status": "X"},
            )
    assert "SC-0059-ZZ" in admin.get("/admin/audit").text
    assert "SC-0000-ZZ" not in admin.get("/admin/audit").text
    assert "SC-0000-ZZ" in admin.get("/admin/audit?page=2").text
    found = admin.get("/admin/audit?q=sc-0007", headers={"HX-Request": "true"}).text
    assert "SC-0007-ZZ" in found and "SC-0008-ZZ" not in found and "1 entry" in found
    assert "0 entries" in admin.get("/admin/audit?q=%25").text
    for crooked in ("page=0", "page=x", "page=99999999999", "q=" + "y" * 3000):
        assert admin.get(f"/admin/audit?{crooked}").status_code == 200


def test_reading_costs_no_right_to_change(client: FlaskClient, session: Session) -> None:
    make_open_shop(session)
    sign_in(client, role=Role.COUNTER)
    for address in ("/admin/jobs", "/admin/alerts", "/admin/audit"):
        assert client.get(address).status_code == 403
        assert f'href="{address}"' not in client.get("/admin/orders").text

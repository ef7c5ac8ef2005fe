"""Carrying an answer to Stripe: killed workers, Stripe and the files away, refusals; and reminders of deadlines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bakery.aftercare import answers
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.integrations.files.port import FilesUnavailable
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from jobs import disputes as jobs
from tests.aftercare.disputed import answer_of, carry, disputed, manager, seen
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps


@pytest.fixture
def dispute(sold: Order, gateway: FakeGateway) -> Dispute:
    return disputed(sold, gateway)


@pytest.fixture
def staff(session: Session) -> Actor:
    return manager()


STEPS = ["upload_evidence", "answer_dispute"]


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_dies_after_a_step_is_followed_by_one_that_does_it_once(
    dispute: Dispute, staff: Actor, gateway: FakeGateway, step: str
) -> None:
    class Killed(BaseException):
        pass

    def killed() -> None:
        if gateway.calls[-1] == step:
            raise Killed
        gateway.interrupt = killed

    answers.send(seen(dispute), staff)
    gateway.interrupt = killed
    with pytest.raises(Killed):
        carry(1)
    gateway.interrupt = None
    db.session.rollback()
    carry()
    assert len(gateway.uploads) == 1 and len(gateway.answers) == 1
    assert answer_of(dispute).state == "SENT" and told.history(dispute)[-1][0] == "state"


def test_when_stripe_has_forgotten_the_key_of_an_answer_that_got_through_it_is_known_by_its_file(
    dispute: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    answers.send(seen(dispute), staff)
    upload = gateway.upload_evidence("x", b"x", idempotency_key=f"{answer_of(dispute).key}-file")
    body = gateway.disputes[dispute.stripe_id]
    body |= {"status": "under_review", "evidence": {"uncategorized_file": upload}}
    carry()
    assert answer_of(dispute).state == "SENT"


def test_while_stripe_is_away_it_is_tried_again(
    dispute: Dispute, staff: Actor, gateway: FakeGateway, files: FakeFiles
) -> None:
    answers.send(seen(dispute), staff)
    gateway.away = True
    with pytest.raises(GatewayUnavailable):
        carry()
    gateway.away, files.failing = False, FilesUnavailable("away")
    with pytest.raises(FilesUnavailable):
        carry()
    assert answer_of(dispute).state == "SENDING"
    files.failing = None
    carry()
    assert answer_of(dispute).state == "SENT" and len(gateway.uploads) == 1


def test_a_refusal_gives_the_answer_back_to_the_staff_with_its_reason(
    dispute: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    answers.send(seen(dispute), staff)
    gateway.disputes[dispute.stripe_id]["evidence_details"] = {"due_by": 1}
    carry()
    answer = answer_of(dispute)
    assert answer.state == "DRAFT" and "past due" in answer.error
    assert any("did not go out" in alert for alert in told.open_alerts("dispute"))
    gateway.disputes[dispute.stripe_id]["evidence_details"] = {"due_by": 2**40}
    answers.send(seen(dispute), staff)
    carry()
    assert answer_of(dispute).state == "SENT" and answer_of(dispute).error == ""


def test_when_it_is_given_up_the_staff_decide_anew(dispute: Dispute, staff: Actor) -> None:
    answers.send(seen(dispute), staff)
    jobs.send_answer.gave_up(answer_of(dispute).id, error="Stripe does not answer")  # type: ignore[attr-defined]
    assert (answer_of(dispute).state, answer_of(dispute).error) == ("DRAFT", "Stripe does not answer")


def reminders() -> list[str]:
    return [alert for alert in told.open_alerts("dispute") if " is due " in alert]


def watch(at: Any) -> None:
    with clock.travel(at):
        jobs.watch_disputes()
        jobs.watch_disputes()


def test_the_staff_are_reminded_three_days_and_one_day_before_and_no_more(dispute: Dispute) -> None:
    assert dispute.due_by is not None
    watch(dispute.due_by - timedelta(days=4))
    assert reminders() == []
    watch(dispute.due_by - timedelta(days=2, hours=20))
    assert len(reminders()) == 1 and "within 3 days" in reminders()[0]
    watch(dispute.due_by - timedelta(hours=20))
    assert len(reminders()) == 2 and "within a day" in reminders()[1]
    assert all(alert.times == 1 for alert in steps.alerts("dispute"))
    watch(dispute.due_by + timedelta(hours=1))
    assert len(reminders()) == 2


def test_nobody_is_reminded_of_what_is_decided(dispute: Dispute, staff: Actor) -> None:
    answers.send(seen(dispute), staff)
    assert dispute.due_by is not None
    watch(dispute.due_by - timedelta(hours=20))
    assert reminders() == []

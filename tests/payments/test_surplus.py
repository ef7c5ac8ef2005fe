"""What people do about money that bought nothing and did not go back by itself."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, Invalid
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.operations.surplus import JOB
from bakery.payments.refund_states import Tender
from bakery.people.models import AuditEntry
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.payments import surplus_steps as surplus

NEWS = "jobs.orders.send_late_refund"


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def bounced(late: Payment, gateway: FakeGateway) -> Payment:
    surplus.bounced(late, gateway)
    return late


# What is shown


def test_while_its_job_is_owed_it_is_under_way_and_nobody_sends_it_again(
    late: Payment, gateway: FakeGateway
) -> None:
    [shown] = surplus.shown(late)
    assert (shown.payment_id, shown.held.cents, shown.under_way) == (late.id, 10_550, True)
    for attempt in surplus.both(late, gateway):
        with pytest.raises(Conflict, match="It is being sent"):
            attempt()


def test_refused_for_good_it_needs_somebody_and_says_why(refused: Payment) -> None:
    [shown] = surplus.shown(refused)
    assert (shown.under_way, shown.frozen) == (False, False)
    assert shown.why == "The customer's bank did not take the money back."
    [alert] = steps.alerts("refund_failed")
    assert alert.text.endswith("on the order's page.") and "$105.50" in alert.text


def test_sent_back_by_the_bank_it_needs_somebody_and_says_why(bounced: Payment) -> None:
    [shown] = surplus.shown(bounced)
    assert "its account is closed" in shown.why
    assert steps.alerts("stripe_event") == []


def test_what_stripe_takes_its_time_over_can_be_looked_up(late: Payment, gateway: FakeGateway) -> None:
    gateway.refunds_begin = "pending"
    with pytest.raises(services.refunds.NotYetRefunded):
        surplus.work(late, gateway)
    surplus.finish(db.session.query(Outbox).filter_by(job=JOB).one().id)
    services.report_failed_refund(late.id, "NotYetRefunded: not yet")
    [shown] = surplus.shown(late)
    assert "Trying again looks there first" in shown.why
    for attempt in surplus.both(late, gateway):
        with pytest.raises(Conflict, match="on its way"):
            attempt()
    assert len(gateway.refunds) == 1


def test_what_has_gone_back_is_not_shown(late: Payment, gateway: FakeGateway) -> None:
    surplus.work(late, gateway)
    assert surplus.shown(late) == []


# Trying again


def test_refused_and_tried_again_it_goes(refused: Payment, gateway: FakeGateway) -> None:
    manager = refunds.who()
    surplus.retry(refused, gateway, manager)
    assert surplus.shown(refused)[0].under_way
    assert steps.owed(JOB) == [[refused.id], [refused.id, 1]]
    assert steps.alerts("refund_failed")[0].resolved_by == manager.id
    surplus.work(refused, gateway)
    assert surplus.ledger(refused) == [("charge", 10_550), ("refund", -10_550)]
    assert (surplus.shown(refused), steps.owed(NEWS)) == ([], [[refused.order_id]])
    entry = db.session.query(AuditEntry).filter_by(action="surplus.retry").one()
    assert (entry.actor_label, entry.after["amount_cents"]) == ("Zohra", 10_550)


def test_what_came_back_is_sent_with_another_key_and_its_customer_is_told_again(
    bounced: Payment, gateway: FakeGateway
) -> None:
    surplus.retry(bounced, gateway)
    surplus.work(bounced, gateway)
    first, second = gateway.refunds
    assert first != second and second.endswith("-1")
    assert surplus.ledger(bounced)[1:] == [("refund", -10_550), ("reversal", 10_550), ("refund", -10_550)]
    assert len(steps.owed(NEWS)) == 2


def test_a_second_failure_is_told_anew_and_tried_with_a_third_key(
    bounced: Payment, gateway: FakeGateway
) -> None:
    surplus.retry(bounced, gateway)
    surplus.bounced(bounced, gateway)
    [alert] = steps.alerts("refund_failed")
    assert alert.resolved_at is None
    surplus.retry(bounced, gateway)
    surplus.work(bounced, gateway)
    assert len(gateway.refunds) == 3
    assert steps.alerts("refund_failed")[0].resolved_at is not None


def test_pressed_twice_it_is_owed_once(refused: Payment, gateway: FakeGateway) -> None:
    surplus.retry(refused, gateway)
    with pytest.raises(Conflict, match="being sent"):
        surplus.retry(refused, gateway)
    assert len(steps.owed(JOB)) == 2


def test_its_job_may_run_twice(refused: Payment, gateway: FakeGateway) -> None:
    surplus.retry(refused, gateway)
    for _ in range(3):
        services.refund_late_payment(refused.id, gateway, 1)
    assert len(gateway.refunds) == 1 and len(steps.owed(NEWS)) == 1


def test_killed_between_stripes_yes_and_our_note_it_is_sent_once(
    refused: Payment, gateway: FakeGateway
) -> None:
    def die() -> None:
        raise Killed

    surplus.retry(refused, gateway)
    gateway.interrupt = die
    with pytest.raises(Killed):
        surplus.work(refused, gateway)
    surplus.work(refused, gateway)
    assert len(gateway.refunds) == 1
    assert surplus.ledger(refused)[1:] == [("refund", -10_550)]


def test_a_try_that_another_one_has_followed_does_nothing(bounced: Payment, gateway: FakeGateway) -> None:
    """An older job is revived, or its worker wakes up."""
    surplus.retry(bounced, gateway)
    calls = len(gateway.calls)
    services.refund_late_payment(bounced.id, gateway)
    services.report_failed_refund(bounced.id, "GatewayUnavailable: away")
    assert len(gateway.calls) == calls
    assert steps.alerts("refund_failed")[0].resolved_at is not None


def test_a_job_that_runs_after_it_was_given_in_cash_sends_nothing(
    refused: Payment, gateway: FakeGateway
) -> None:
    surplus.give(refused, gateway)
    services.refund_late_payment(refused.id, gateway)
    assert gateway.refunds == {}


# Giving it another way


@pytest.mark.parametrize(
    ("tender", "kind"),
    [
        (Tender.CASH, "cash"),
        (Tender.EXTERNAL_CARD, "external_card"),
        (Tender.BANK_TRANSFER, "adjustment"),
    ],
)
def test_given_another_way_it_has_gone_and_lowers_no_price(
    bounced: Payment, gateway: FakeGateway, tender: Tender, kind: str
) -> None:
    assert surplus.give(bounced, gateway, tender=tender)
    order = steps.reread(db.session.get_one(Order, bounced.order_id))
    assert steps.ledger(order)[-1] == (kind, -10_550)
    assert (order.held_cents, order.credited_cents, order.payment_status) == (0, 0, "REFUNDED")
    assert surplus.shown(bounced) == []
    assert steps.alerts("refund_failed")[0].resolved_at is not None
    assert steps.owed(NEWS)[-1] == [order.id]
    entry = db.session.query(AuditEntry).filter_by(action="surplus.give").one()
    assert (entry.reason, entry.after["tender"]) == (surplus.WHY, tender)


def test_an_order_that_was_paid_twice_stays_paid(session: Session, gateway: FakeGateway) -> None:
    payment = surplus.twice(gateway)
    surplus.refused(payment, gateway)
    assert surplus.give(payment, gateway)
    order = steps.reread(db.session.get_one(Order, payment.order_id))
    assert (order.status, order.payment_status, order.held_cents) == ("CONFIRMED", "PAID", 10_550)


def test_a_double_click_is_one_handover(refused: Payment, gateway: FakeGateway) -> None:
    manager = refunds.who()
    assert [surplus.give(refused, gateway, manager) for _ in range(3)] == [True, False, False]
    assert surplus.ledger(refused)[1:] == [("cash", -10_550)]


def test_somebody_else_is_told_that_it_is_gone(refused: Payment, gateway: FakeGateway) -> None:
    surplus.give(refused, gateway)
    for attempt in surplus.both(refused, gateway):
        with pytest.raises(Conflict, match="not with us any more"):
            attempt()


@pytest.mark.parametrize(
    ("tender", "why", "field"), [(Tender.CASH, " ", "why"), (Tender.STRIPE, "Closed", "tender")]
)
def test_a_way_and_a_reason_are_needed(
    refused: Payment, gateway: FakeGateway, tender: Tender, why: str, field: str
) -> None:
    with pytest.raises(Invalid) as wrong:
        surplus.give(refused, gateway, tender=tender, why=why)
    assert wrong.value.field == field

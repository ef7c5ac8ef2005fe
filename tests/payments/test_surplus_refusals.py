"""What stands against sending surplus money again, or giving it another way."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, Forbidden, NotFound, Unavailable
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.dispute_models import DisputeState
from bakery.payments.models import Payment
from bakery.payments.operations.surplus import JOB
from bakery.payments.refund_states import Tender
from bakery.people.models import Role
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.payments import surplus_steps as surplus

NEWS = "jobs.orders.send_late_refund"


# What Stripe has done meanwhile


def test_what_stripe_has_on_its_way_is_not_sent_twice(refused: Payment, gateway: FakeGateway) -> None:
    """Somebody has begun it in the dashboard."""
    gateway.refunds_begin = "pending"
    gateway.refund(str(refused.payment_intent_id), 10_550, idempotency_key="dashboard")
    for attempt in surplus.both(refused, gateway):
        with pytest.raises(Conflict, match="on its way"):
            attempt()
    assert len(gateway.refunds) == 1 and len(surplus.ledger(refused)) == 1


@pytest.mark.parametrize("way", [0, 1])
def test_what_stripe_has_sent_is_taken_into_the_books_instead(
    refused: Payment, gateway: FakeGateway, way: int
) -> None:
    gateway.refund(str(refused.payment_intent_id), 10_550, idempotency_key="dashboard")
    with pytest.raises(Conflict, match="after all"):
        surplus.both(refused, gateway)[way]()
    assert surplus.ledger(refused)[1:] == [("refund", -10_550)]
    assert steps.alerts("refund_failed")[0].resolved_at is not None
    assert len(steps.owed(NEWS)) == 1


def test_a_part_that_went_in_the_dashboard_leaves_the_rest_to_send(
    refused: Payment, gateway: FakeGateway
) -> None:
    gateway.refund(str(refused.payment_intent_id), 500, idempotency_key="dashboard")
    with pytest.raises(Conflict, match="after all"):
        surplus.retry(refused, gateway)
    assert surplus.shown(refused)[0].held.cents == 10_050
    surplus.retry(refused, gateway)
    surplus.work(refused, gateway)
    assert surplus.ledger(refused)[1:] == [("refund", -500), ("refund", -10_050)]


def test_one_that_failed_at_stripe_unheard_stands_against_nothing(
    late: Payment, gateway: FakeGateway
) -> None:
    surplus.work(late, gateway)
    gateway.settle(list(gateway.refunds.values())[0].id, "failed")
    surplus.retry(late, gateway)
    surplus.work(late, gateway)
    assert [kind for kind, _ in surplus.ledger(late)] == ["charge", "refund", "reversal", "refund"]


def test_a_dashboard_refund_after_the_look_is_not_sent_over(refused: Payment, gateway: FakeGateway) -> None:
    """Stripe gives back no more than a payment brought, and staff are told."""
    intent = str(refused.payment_intent_id)
    gateway.captured[intent] = 10_550
    surplus.retry(refused, gateway)
    gateway.refund(intent, 10_550, idempotency_key="dashboard")
    with pytest.raises(services.refunds.NotYetRefunded):
        surplus.work(refused, gateway)
    steps.tell("refund.created", refund_body(gateway.refunds["dashboard"].id, intent, 10_550))
    surplus.work(refused, gateway)
    assert surplus.ledger(refused)[1:] == [("refund", -10_550)]


def test_while_stripe_is_away_nothing_is_done(refused: Payment, gateway: FakeGateway) -> None:
    gateway.away = True
    for attempt in surplus.both(refused, gateway):
        with pytest.raises(Unavailable):
            attempt()
    assert len(steps.owed(JOB)) == 1 and len(surplus.ledger(refused)) == 1


# What stands against it


def test_an_open_dispute_stops_it_until_it_is_over(refused: Payment, gateway: FakeGateway) -> None:
    dispute = refunds.dispute(db.session.get_one(Order, refused.order_id))
    assert surplus.shown(refused)[0].frozen
    for attempt in surplus.both(refused, gateway):
        with pytest.raises(Conflict, match="A dispute about this order is open"):
            attempt()
    dispute.state, dispute.closed_at = DisputeState.WON, dispute.opened_at
    db.session.commit()
    surplus.retry(refused, gateway)
    surplus.work(refused, gateway)
    assert surplus.shown(refused) == []


def test_a_dispute_that_opens_before_the_job_runs_stops_it_and_staff_know(
    late: Payment, gateway: FakeGateway
) -> None:
    refunds.dispute(db.session.get_one(Order, late.order_id))
    surplus.work(late, gateway)
    assert gateway.refunds == {}
    [alert] = steps.alerts("refund_failed")
    assert "A dispute about this order was open" in alert.text


def test_an_inquiry_about_it_is_settled_by_sending_it_and_stops_only_cash(
    refused: Payment, gateway: FakeGateway
) -> None:
    inquiry = refunds.dispute(db.session.get_one(Order, refused.order_id))
    inquiry.is_inquiry = True
    db.session.commit()
    with pytest.raises(Conflict, match="dispute"):
        surplus.give(refused, gateway)
    surplus.retry(refused, gateway)
    surplus.work(refused, gateway)
    assert surplus.ledger(refused)[-1] == ("refund", -10_550)


def test_a_payment_that_bought_something_goes_back_by_a_refund(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    payment = steps.latest(order)
    for attempt in surplus.both(payment, gateway):
        with pytest.raises(Conflict, match="bought something"):
            attempt()
    assert surplus.shown(payment) == []


@pytest.mark.parametrize("role", [Role.COUNTER, Role.BAKER])
def test_who_may_not_refund_may_do_neither(refused: Payment, gateway: FakeGateway, role: Role) -> None:
    gateway.refund(str(refused.payment_intent_id), 10_550, idempotency_key="dashboard")
    who = refunds.who(role)
    for attempt in (
        lambda: surplus.retry(refused, gateway, who),
        lambda: surplus.give(refused, gateway, who),
        lambda: surplus.give(refused, gateway, who, Tender.BANK_TRANSFER),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert len(surplus.ledger(refused)) == 1, "not even looked up"


def test_nobody_gives_themselves_money_out_of_the_till(refused: Payment, gateway: FakeGateway) -> None:
    manager = refunds.who()
    db.session.get_one(Order, refused.order_id).user_id = manager.id
    db.session.commit()
    with pytest.raises(Conflict, match="your own order"):
        surplus.give(refused, gateway, manager)
    surplus.retry(refused, gateway, manager)
    assert surplus.shown(refused)[0].under_way, "to the card that paid it may go"


def test_a_payment_that_is_not_there_is_not_found(session: Session, gateway: FakeGateway) -> None:
    with pytest.raises(NotFound):
        services.retry_surplus(77, refunds.who(), gateway)
    with pytest.raises(NotFound):
        services.give_surplus(77, refunds.who(), Tender.CASH, "Closed", gateway)

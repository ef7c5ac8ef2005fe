"""Money taken at the counter, and corrections: what is entered, what moves, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, DomainError, Invalid
from bakery.infra.db import db
from bakery.orders.models import Order, OrderEvent
from bakery.payments import services
from bakery.payments.models import Transaction, TransactionKind
from bakery.payments.operations.attempts import NotPayable
from bakery.payments.services import counter
from bakery.payments.services.counter import Adjustment, Taking
from bakery.people.models import AuditEntry
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

CASH, CARD = TransactionKind.CASH, TransactionKind.EXTERNAL_CARD
OMAR = Actor(None, "Omar", "203.0.113.9")


def take(order: Order, cents: int, key: str = "form-000001", **more: Any) -> bool:
    return counter.take_money(order.id, Taking(key, more.pop("tender", CASH), cents, **more), OMAR)


def correct(order: Order, cents: int, key: str = "form-000009", **more: Any) -> bool:
    reason = more.pop("reason", "Ten dollars more were in the till")
    return counter.adjust(order.id, Adjustment(key, cents, reason, **more), OMAR)


@pytest.fixture
def deposit_paid(session: Session, gateway: FakeGateway) -> Order:
    order = steps.pending(deposit_cents=5000)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


@pytest.fixture
def paid(session: Session, gateway: FakeGateway) -> Order:
    order = steps.pending()
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def test_the_rest_in_cash_pays_an_order(deposit_paid: Order) -> None:
    assert take(deposit_paid, 5550, note="coins from a jar")
    order = steps.reread(deposit_paid)
    assert (order.payment_status, order.held_cents, order.due.cents) == ("PAID", 10_550, 0)
    row = db.session.query(Transaction).filter_by(kind="cash").one()
    assert (row.amount_cents, row.stripe_id, row.note) == (5550, "till:form-000001", "coins from a jar")
    assert row.actor_label == "Omar"
    step = db.session.query(OrderEvent).filter_by(to_state="PAID").one()
    assert (step.actor_label, step.reason) == ("Omar", "$55.50 in cash")
    entry = db.session.query(AuditEntry).filter_by(action="order.take_money").one()
    assert (entry.before["held_cents"], entry.after["held_cents"]) == (5000, 10_550)


def test_a_part_of_the_rest_leaves_the_rest_due(deposit_paid: Order) -> None:
    take(deposit_paid, 1000, tender=CARD, slip="T-4711")
    order = steps.reread(deposit_paid)
    assert (order.payment_status, order.due.cents) == ("DEPOSIT_PAID", 4550)
    take(order, 4550, key="form-000002")
    assert steps.reread(order).payment_status == "PAID"
    assert db.session.query(Transaction).filter_by(kind="external_card").one().slip == "T-4711"


def test_an_order_that_waits_for_its_money_is_confirmed_by_it_and_its_page_is_closed(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    take(order, order.total_cents)
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    assert steps.owed("jobs.orders.send_confirmation") == [[order.id]]
    assert steps.owed("jobs.payments.close_session") == [[payment.id]]


def test_a_deposit_in_cash_orders_a_cake(session: Session) -> None:
    order = steps.pending(deposit_cents=5000)
    take(order, 5000)
    order = steps.reread(order)
    assert (order.status, order.payment_status, order.due.cents) == ("CONFIRMED", "DEPOSIT_PAID", 5550)


def test_what_went_back_in_part_stays_so_when_the_rest_is_taken(
    deposit_paid: Order, gateway: FakeGateway
) -> None:
    intent = str(steps.latest(deposit_paid).payment_intent_id)
    steps.tell("refund.updated", gateway.refund(intent, 1000, idempotency_key="x").raw)
    order = steps.reread(deposit_paid)
    assert (order.payment_status, order.due.cents) == ("PARTIALLY_REFUNDED", 5550)
    take(order, 5550)
    order = steps.reread(order)
    assert (order.payment_status, order.due.cents) == ("PARTIALLY_REFUNDED", 0)


def test_stripes_money_that_comes_after_the_cash_is_surplus_and_goes_back_by_itself(
    order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    take(order, order.total_cents)
    assert steps.pay(order, gateway) == "APPLIED"
    payment = steps.latest(order)
    assert payment.surplus and steps.owed("jobs.payments.refund_late_payment") == [[payment.id]]
    services.refund_late_payment(payment.id, gateway)
    order = steps.reread(order)
    assert (order.payment_status, order.held_cents, order.credited_cents) == ("PAID", order.total_cents, 0)


def test_the_rest_paid_twice_sends_stripes_money_back(deposit_paid: Order, gateway: FakeGateway) -> None:
    steps.open_page(deposit_paid, gateway)
    take(deposit_paid, 5550)
    steps.pay(deposit_paid, gateway)
    services.refund_late_payment(steps.latest(deposit_paid).id, gateway)
    order = steps.reread(deposit_paid)
    assert (order.payment_status, order.held_cents) == ("PAID", 10_550)


def test_a_refund_of_the_deposit_that_comes_back_leaves_the_cash_where_it_is(
    deposit_paid: Order, gateway: FakeGateway
) -> None:
    intent = str(steps.latest(deposit_paid).payment_intent_id)
    take(deposit_paid, 1000)
    refund = gateway.refund(intent, 5000, idempotency_key="x")
    steps.tell("refund.updated", refund.raw)
    assert steps.reread(deposit_paid).payment_status == "PARTIALLY_REFUNDED"
    steps.tell("refund.failed", {**refund.raw, "status": "failed"})
    order = steps.reread(deposit_paid)
    assert (order.payment_status, order.held_cents, order.due.cents) == ("DEPOSIT_PAID", 6000, 4550)


def test_a_form_that_is_sent_twice_is_entered_once(deposit_paid: Order) -> None:
    assert take(deposit_paid, 5550)
    assert not take(deposit_paid, 5550)
    assert steps.ledger(deposit_paid).count(("cash", 5550)) == 1


def test_a_form_with_something_else_in_it_the_second_time_is_refused(deposit_paid: Order) -> None:
    take(deposit_paid, 1000)
    for cents, tender in ((1001, CASH), (1000, CARD)):
        with pytest.raises(Conflict, match="sent already"):
            take(deposit_paid, cents, tender=tender, slip="1")


@pytest.mark.parametrize("cents", [0, -1, 5551, 10**12])
def test_what_is_not_due_is_not_taken(deposit_paid: Order, cents: int) -> None:
    with pytest.raises(Invalid) as refused:
        take(deposit_paid, cents)
    assert refused.value.field == "amount"
    assert steps.reread(deposit_paid).held_cents == 5000


def test_less_than_orders_it_is_not_taken(session: Session, order: Order) -> None:
    for waiting, least in ((order, order.total_cents), (steps.pending(deposit_cents=5000), 5000)):
        with pytest.raises(Invalid, match="to order this"):
            take(waiting, least - 1)
        assert steps.ledger(waiting) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"tender": TransactionKind.CHARGE}, "tender"),
        ({"tender": CARD}, "slip"),
        ({"tender": CARD, "slip": "   "}, "slip"),
        ({"slip": "x" * 61}, "note"),
        ({"note": "x" * 301}, "note"),
        ({"key": "short"}, "key"),
        ({"key": "form'; DROP TABLE"}, "key"),
    ],
)
def test_a_form_that_is_not_right_is_refused(deposit_paid: Order, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        counter.take_money(deposit_paid.id, replace(Taking("form-000001", CASH, 100), **wrong), OMAR)
    assert refused.value.field == field


def test_nothing_is_taken_for_an_order_that_is_paid_over_out_of_time_or_not_agreed_to(
    paid: Order, gateway: FakeGateway
) -> None:
    expired, cancelled = steps.pending(expired=True), steps.pending(cancelled=True)
    unaccepted = steps.pending(awaits_acceptance=True)
    late = steps.pending(hold_expires_at=clock.now() - timedelta(minutes=1))
    for order in (paid, expired, cancelled, unaccepted, late):
        with pytest.raises(NotPayable):
            take(order, 100)
    with pytest.raises(NotPayable, match="accepted this offer"):
        take(unaccepted, unaccepted.total_cents)


def test_nothing_is_taken_while_stripe_is_telling_of_a_payment(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    page = gateway.pay(str(payment.session_id))
    row_id = services.record_event(steps.an_event("checkout.session.completed", page.raw))
    with pytest.raises(Conflict, match="Look again in a minute"):
        take(order, order.total_cents)
    services.apply_event(row_id)
    with pytest.raises(NotPayable, match="already paid"):
        take(order, order.total_cents)


def test_a_correction_says_who_and_why(paid: Order) -> None:
    assert correct(paid, 1000)
    order = steps.reread(paid)
    assert (order.held_cents, order.credited_cents, order.payment_status) == (11_550, 0, "PAID")
    row = db.session.query(Transaction).filter_by(kind="adjustment").one()
    assert (row.actor_label, row.note) == ("Omar", "Ten dollars more were in the till")
    entry = db.session.query(AuditEntry).filter_by(action="order.adjust").one()
    assert (entry.before["held_cents"], entry.after["held_cents"]) == (10_550, 11_550)
    assert entry.reason == "Ten dollars more were in the till"


def test_a_correction_downwards_leaves_that_much_due(paid: Order) -> None:
    correct(paid, -550)
    order = steps.reread(paid)
    assert (order.payment_status, order.due.cents) == ("PARTIALLY_REFUNDED", 550)
    take(order, 550)
    assert steps.reread(order).payment_status == "PAID"


def test_a_correction_that_lowers_the_price_leaves_nothing_due(paid: Order) -> None:
    correct(paid, -550, lowers_price=True)
    order = steps.reread(paid)
    assert (order.held_cents, order.credited_cents, order.due.cents) == (10_000, 550, 0)
    correct(order, 550, key="form-000010", lowers_price=True)
    order = steps.reread(order)
    assert (order.held_cents, order.credited_cents, order.payment_status) == (10_550, 0, "PAID")


def test_a_correction_to_nothing_says_that_all_went_back(paid: Order) -> None:
    correct(paid, -10_550, lowers_price=True)
    assert steps.reread(paid).payment_status == "REFUNDED"


def test_a_correction_that_is_sent_twice_is_entered_once(paid: Order) -> None:
    assert correct(paid, 1000)
    assert not correct(paid, 1000)
    assert steps.reread(paid).held_cents == 11_550


@pytest.mark.parametrize(
    ("cents", "more", "field"),
    [
        (0, {}, "amount"),
        (10**12, {}, "amount"),
        (-(10**12), {}, "amount"),
        (-10_551, {}, "amount"),
        (1, {"lowers_price": True}, "lowers_price"),
        (5, {"reason": ""}, "reason"),
        (5, {"reason": "   x   "}, "reason"),
        (5, {"reason": "x" * 301}, "reason"),
        (5, {"key": "x"}, "key"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    paid: Order, cents: int, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        correct(paid, cents, **more)
    assert refused.value.field == field
    assert steps.reread(paid).held_cents == 10_550


def test_an_order_that_nothing_was_paid_for_is_not_corrected(order: Order) -> None:
    with pytest.raises(Conflict, match="Take the money"):
        correct(order, 100)


def test_an_order_that_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(DomainError) as refused:
        counter.take_money(12345, Taking("form-000001", CASH, 100), OMAR)
    assert refused.value.status == 404

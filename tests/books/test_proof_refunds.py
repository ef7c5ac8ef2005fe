"""Refunds against their credit notes, and those that stand still: each is planted and found, and no good one is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bakery.core import clock
from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments.books.check_refunds import check_refunds
from bakery.payments.models import TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.refund_states import Tender
from bakery.payments.services import refund_rescue, run_refund
from bakery.people.models import Role
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import refund_steps as refunds
from tests.payments import steps

LONG = timedelta(days=15)


def given_back(gateway: FakeGateway) -> tuple[Order, int]:
    """10.00 of a paid order went back by card, with its credit note."""
    order = books.paid(gateway)
    return order, refunds.refunded(order, gateway, refunds.amount(1000))


def came_back(gateway: FakeGateway) -> tuple[Order, int]:
    """The same, and the bank sent it back afterwards."""
    order, request_id = given_back(gateway)
    [part] = refunds.parts(request_id)
    failed = refund_body(str(part.stripe_refund_id), books.intent(order), 1000, "failed")
    gateway.book_refund(failed)
    steps.tell("refund.failed", failed)
    return order, request_id


def differs(after: timedelta = books.LATER) -> list[str]:
    """What is wrong with the refunds, some time later."""
    with clock.travel(clock.now() + after):
        return [each.words for each in check_refunds(lambda done: None)]


def test_refunds_as_they_should_be_have_no_difference(gateway: FakeGateway) -> None:
    """By card, twice; one that came back and was given in cash instead; one in Stripe's dashboard."""
    order, _ = given_back(gateway)
    refunds.refunded(order, gateway, refunds.units(order, 1))
    _, request_id = came_back(gateway)
    assert refunds.row(request_id).state == "FAILED"
    assert differs() == []
    [part] = refunds.parts(request_id)
    who = refunds.who(Role.OWNER, "Farid")
    refund_rescue.give_otherwise(part.id, who, Tender.CASH, "The card is closed", gateway)
    # Its credit note is issued, and its money is on its way again.
    assert refunds.row(request_id).state == "PROCESSING"
    assert differs() == []
    refund_rescue.hand_over(refunds.parts(request_id)[-1].id, who)
    books.refund(books.paid(gateway), gateway, 700)
    assert differs(LONG) == []
    run = books.prove(gateway)
    assert (run.ok, [each.words for each in books.found()]) == (True, [])


def test_a_credit_note_without_its_money_is_found(gateway: FakeGateway) -> None:
    order, request_id = given_back(gateway)
    assert books.prove(gateway).ok
    books.tamper("UPDATE ledger_transaction SET credits = false WHERE kind = 'refund'")
    books.prove(gateway)
    [difference] = [each for each in books.found() if each.kind == "credit_note_differs"]
    assert (difference.subject, difference.order_id) == (f"refund:{request_id}", order.id)
    assert (difference.expected_cents, difference.found_cents, difference.fix) == (1000, 0, "explain")
    assert "C-000001" in difference.words


def test_a_credit_note_of_money_that_came_back_is_found_when_its_refund_counts_as_made(
    gateway: FakeGateway,
) -> None:
    _, request_id = came_back(gateway)
    books.tamper(
        "UPDATE refund_request SET state = 'SUCCEEDED', ended_at = now() WHERE id = :id", id=request_id
    )
    books.prove(gateway)
    assert books.kinds() == ["credit_note_differs"]


def test_more_back_than_the_credit_note_says_is_found_while_it_is_on_its_way(gateway: FakeGateway) -> None:
    """A part that was believed lost and given another way arrived after all."""
    _, request_id = given_back(gateway)
    books.tamper(
        "UPDATE refund_request SET state = 'PROCESSING', ended_at = NULL WHERE id = :id", id=request_id
    )
    assert books.prove(gateway).ok
    books.tamper("UPDATE ledger_transaction SET amount_cents = -1001 WHERE kind = 'refund'")
    books.prove(gateway)
    assert "credit_note_differs" in books.kinds()


def by_hand(gateway: FakeGateway) -> tuple[Order, int]:
    """Somebody has to give it in cash."""
    order = books.paid(gateway)
    refunds.at_counter(order, 500)
    request_id = refunds.approved(order, refunds.amount(500))
    books.tamper(
        "UPDATE refund_part SET tender = 'cash', payment_id = NULL, state = 'TO_GIVE', asked_at = now()"
        " WHERE request_id = :id",
        id=request_id,
    )
    return order, request_id


def never_told(gateway: FakeGateway) -> tuple[Order, int]:
    """Stripe took it on and has not said more."""
    order = books.paid(gateway)
    gateway.refunds_begin = "pending"
    request_id = refunds.approved(order, refunds.amount(500))
    run_refund(request_id, gateway)
    assert [part.state for part in refunds.parts(request_id)] == ["PENDING"]
    return order, request_id


def never_begun(gateway: FakeGateway) -> tuple[Order, int]:
    """Its job was lost."""
    order = books.paid(gateway)
    return order, refunds.approved(order, refunds.amount(500))


@pytest.mark.parametrize("plant", [by_hand, never_told, never_begun])
def test_a_refund_that_stands_still_for_two_weeks_is_found(gateway: FakeGateway, plant: object) -> None:
    order, request_id = plant(gateway)  # type: ignore[operator]
    books.prove(gateway, after=timedelta(days=13))
    assert "refund_stuck" not in books.kinds()
    books.prove(gateway, after=LONG)
    [difference] = [each for each in books.found() if each.kind == "refund_stuck"]
    assert (difference.subject, difference.order_id) == (f"refund:{request_id}", order.id)
    assert (difference.found_cents, difference.fix) == (500, "explain")


def test_a_request_that_nobody_decided_on_does_not_stand_still(gateway: FakeGateway) -> None:
    refunds.ask(books.paid(gateway), refunds.amount(500))
    assert books.prove(gateway, after=LONG).found == 0


def test_a_refund_that_left_the_price_as_it_was_is_found(gateway: FakeGateway) -> None:
    """The release before entered it, knowing nothing of `credits`: the customer would be asked for it again."""
    order = books.paid(gateway)
    made = gateway.refund(books.intent(order), 1000, idempotency_key="in the dashboard")
    row = {"kind": TransactionKind.REFUND, "amount": Money(-1000, "AUD"), "reference": made.id}
    ledger.enter(books.db.session(), ledger.Entry(order.id, payment_id=steps.latest(order).id, **row))
    books.db.session.commit()
    books.tamper("UPDATE shop_order SET payment_status = 'PARTIALLY_REFUNDED' WHERE id = :id", id=order.id)
    books.prove(gateway)
    [difference] = books.found()
    assert (difference.kind, difference.order_id) == ("refund_not_credited", order.id)
    assert (difference.expected_cents, difference.found_cents, difference.fix) == (0, 1000, "explain")


def test_a_part_of_the_rest_that_is_due_after_a_refund_is_no_difference(gateway: FakeGateway) -> None:
    """More than the deposit came in, some went back with its credit note, and the rest is due all the same."""
    order = books.paid(gateway, deposit_cents=5275)
    refunds.at_counter(order, 1000)
    books.refund(order, gateway, 500)
    order = steps.reread(order)
    assert (order.payment_status, order.due.cents) == ("PARTIALLY_REFUNDED", 10_550 - 500 - 5775)
    assert (books.prove(gateway).found, books.found()) == (0, [])


@pytest.mark.parametrize(
    "changes", ["payment_status = 'REFUNDED'", "status = 'EXPIRED', payment_status = 'UNPAID'"]
)
def test_surplus_money_on_its_way_back_is_not_the_orders_own(gateway: FakeGateway, changes: str) -> None:
    order = books.paid(gateway)
    books.tamper(f"UPDATE shop_order SET {changes} WHERE id = :id", id=order.id)
    books.prove(gateway)
    [difference] = books.found()
    assert difference.kind in ("status_differs", "unpaid_with_money")
    books.tamper("UPDATE payment SET surplus = true WHERE order_id = :id", id=order.id)
    assert books.prove(gateway).ok
    # A day later it is another matter.
    books.prove(gateway, after=timedelta(hours=25))
    assert books.kinds() == ["surplus_kept"]

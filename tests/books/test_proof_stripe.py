"""The ledger against Stripe, both ways: each kind of difference is planted and found with the right fix."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bakery.core.money import Money
from bakery.payments.models import TransactionKind
from bakery.payments.operations import ledger
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps


def change_at_stripe(gateway: FakeGateway, category: str = "charge", **values: Any) -> str:
    """Stripe booked something else than we believe."""
    [at] = [n for n, each in enumerate(gateway.balance) if each.reporting_category == category]
    gateway.balance[at] = replace(gateway.balance[at], **values)
    return gateway.balance[at].id


def only() -> Any:
    [difference] = books.found()
    return difference


def test_a_payment_whose_event_never_came_is_missing_in_the_ledger(gateway: FakeGateway) -> None:
    order = steps.pending()
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id))
    books.prove(gateway)
    difference = only()
    assert (difference.kind, difference.fix) == ("missing_in_ledger", "apply_event")
    assert (difference.order_id, difference.found_cents) == (order.id, order.total_cents)
    assert difference.stripe_id == difference.subject == gateway.balance[0].id


def test_a_refund_whose_event_never_came_is_missing_in_the_ledger(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1000, idempotency_key="dashboard")
    books.prove(gateway)
    assert (only().kind, only().fix, only().found_cents) == ("missing_in_ledger", "apply_event", -1000)


def test_what_is_an_hour_old_or_less_may_still_be_on_its_way(gateway: FakeGateway) -> None:
    order = steps.pending()
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id))
    assert books.prove(gateway, after=timedelta(minutes=50)).found == 0
    assert books.prove(gateway).found == 1


def test_a_fee_that_is_not_in_the_ledger_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.read(gateway)
    books.tamper("DELETE FROM ledger_transaction WHERE kind = 'fee' AND order_id = :id", id=order.id)
    books.prove(gateway, after=timedelta(days=4))
    assert (only().kind, only().fix, only().expected_cents) == ("missing_fee", "enter_fee", -209)


def test_a_fee_of_another_amount_is_found(gateway: FakeGateway) -> None:
    books.paid(gateway)
    books.read(gateway)
    books.tamper("UPDATE ledger_transaction SET amount_cents = -200 WHERE kind = 'fee'")
    books.prove(gateway)
    assert (only().kind, only().expected_cents, only().found_cents) == ("fee_differs", -209, -200)


def test_money_that_stripe_does_not_know_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.balance.clear()
    books.prove(gateway)
    assert (only().kind, only().fix, only().found_cents) == (
        "missing_at_stripe",
        "explain",
        order.total_cents,
    )
    assert only().subject == f"charge:{books.intent(order)}"


def test_another_amount_at_stripe_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    change_at_stripe(gateway, amount_cents=10_000, net_cents=10_000 - 209)
    books.prove(gateway)
    assert (only().kind, only().expected_cents, only().found_cents) == (
        "amount_differs",
        10_000,
        order.total_cents,
    )


def test_another_currency_at_stripe_is_found_and_its_fee_is_not_entered(gateway: FakeGateway) -> None:
    books.paid(gateway)
    change_at_stripe(gateway, currency="EUR")
    assert books.read(gateway).fees == 0
    books.prove(gateway)
    assert (only().kind, only().currency) == ("currency_differs", "EUR")


def test_money_in_another_orders_ledger_is_found(gateway: FakeGateway) -> None:
    order, other = books.paid(gateway), steps.pending()
    books.read(gateway)
    books.tamper("UPDATE ledger_transaction SET order_id = :other WHERE kind = 'charge'", other=other.id)
    books.prove(gateway)
    assert "order_differs" in books.kinds() and "held_differs" in books.kinds()
    assert [each.order_id for each in books.found() if each.kind == "order_differs"] == [order.id]


@pytest.mark.parametrize("what", ["charge", "refund"])
def test_what_stripe_moved_twice_is_found(gateway: FakeGateway, what: str) -> None:
    order = books.paid(gateway)
    refund_id = books.refund(order, gateway, 1000)
    if what == "charge":
        second = gateway.book_charge(books.intent(order), order.total_cents, order.number, fee_cents=0)
    else:
        second = gateway.book_refund(refund_body(refund_id, books.intent(order), 1000))
    books.prove(gateway)
    assert (only().kind, only().subject) == ("double_at_stripe", second.id)


def test_money_for_an_order_that_is_not_here_is_found(gateway: FakeGateway) -> None:
    books.paid(gateway)
    gateway.book_charge("pi_before_the_restore", 5000, "SC-7K3M-Q9")
    books.prove(gateway)
    assert (only().kind, only().order_id, only().found_cents) == ("unknown_order", None, 5000)
    assert "SC-7K3M-Q9" in only().words


def test_a_movement_of_a_kind_that_the_ledger_has_no_word_for_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.book("partial_capture_reversal", -700, payment_intent_id=books.intent(order))
    books.prove(gateway)
    assert (only().kind, only().order_id) == ("unknown_movement", order.id)


def test_what_belongs_to_no_order_is_kept_and_named_and_no_difference(gateway: FakeGateway) -> None:
    books.paid(gateway)
    gateway.book("payout", -9000, source_id="po_1")
    gateway.book("fee", -200)
    gateway.book_charge("pi_of_another_product", 1200, "shop-2041")
    run = books.prove(gateway)
    assert (run.ok, len(books.entries())) == (True, 4)
    of_no_order = {line["key"]: line["stripe"] for line in run.sums if line["key"].startswith("no_order:")}
    assert of_no_order == {"no_order:charge": 1150, "no_order:fee": -200, "no_order:payout": -9000}


def test_a_copy_that_is_not_what_stripe_says_is_found(gateway: FakeGateway) -> None:
    books.paid(gateway)
    gateway.book("payout", -9000)
    books.read(gateway)
    books.tamper("UPDATE balance_entry SET amount_cents = -8000, net_cents = -8000 WHERE category = 'payout'")
    books.prove(gateway)
    assert (only().kind, only().found_cents) == ("copy_differs", -8000)


def test_a_copy_that_stripe_does_not_have_is_found(gateway: FakeGateway) -> None:
    gateway.book("payout", -9000)
    books.read(gateway)
    gateway.balance.clear()
    books.prove(gateway)
    assert only().kind == "copy_differs" and "does not have" in only().words


def test_a_refund_that_is_on_its_way_is_no_difference_until_it_takes_too_long(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    body = refund_body("re_slow", books.intent(order), 1000, "pending")
    gateway.book_refund(body)
    steps.tell("refund.created", body)
    run = books.prove(gateway)
    assert (run.ok, [line for line in run.sums if line["key"] == "refund"]) == (True, [])
    books.prove(gateway, after=timedelta(days=15))
    assert set(books.kinds()) == {"missing_in_ledger", "refund_stuck"}


def test_a_refund_that_failed_agrees_with_both_of_its_movements(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    refund_id = books.refund(order, gateway, 1000)
    failed = refund_body(refund_id, books.intent(order), 1000, "failed")
    steps.tell("refund.failed", failed)
    books.prove(gateway)
    assert (only().kind, only().subject) == ("missing_at_stripe", f"reversal:{refund_id}")
    gateway.book_refund(failed)
    assert books.prove(gateway).ok


def test_a_refund_that_failed_before_stripe_booked_it_moved_nothing(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    steps.tell("refund.failed", refund_body("re_never", books.intent(order), 1000, "failed"))
    assert [kind for kind, _ in steps.ledger(order)][1:] == ["reversal", "refund"]
    assert books.prove(gateway).ok


def test_a_dispute_and_its_fee_are_compared_by_stripes_movement(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    movement = gateway.book(
        "dispute", -order.total_cents, fee_cents=2500, payment_intent_id=books.intent(order), source_id="dp_1"
    )
    books.prove(gateway)
    assert only().kind == "missing_in_ledger"
    for kind, cents in (
        (TransactionKind.DISPUTE, -order.total_cents),
        (TransactionKind.DISPUTE_FEE, -2500),
    ):
        ledger.enter(books.db.session(), ledger.Entry(order.id, kind, Money(cents, "AUD"), movement.id))
    books.db.session.commit()
    assert books.prove(gateway).ok
    books.tamper("DELETE FROM ledger_transaction WHERE kind = 'dispute_fee'")
    books.prove(gateway)
    assert only().kind == "missing_fee"


def test_invented_orders_of_the_demo_are_not_stripes_and_real_ones_with_such_a_name_are(
    gateway: FakeGateway,
) -> None:
    order = books.paid(gateway)
    gateway.balance.clear()
    rename = "UPDATE ledger_transaction SET stripe_id = 'demo_' || stripe_id WHERE kind = 'charge'"
    books.tamper(rename)
    books.tamper("UPDATE shop_order SET is_demo = true WHERE id = :id", id=order.id)
    assert books.prove(gateway).ok
    books.tamper("UPDATE shop_order SET is_demo = false WHERE id = :id", id=order.id)
    books.prove(gateway)
    assert set(books.kinds()) == {"missing_at_stripe", "charge_without_payment"}

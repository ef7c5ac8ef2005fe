"""Payments against charges, receipts against orders: each kind of difference is planted and found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bakery.payments.models import Payment
from bakery.payments.refund_states import Tender
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.payments import surplus_steps as surplus


def test_a_payment_that_succeeded_without_a_charge_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper("DELETE FROM ledger_transaction WHERE kind = 'charge' AND order_id = :id", id=order.id)
    books.prove(gateway)
    assert set(books.kinds()) == {
        "payment_without_charge",
        "missing_in_ledger",
        "held_differs",
        "paid_with_due",
    }


def test_a_charge_whose_payment_did_not_succeed_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.read(gateway)
    steps.latest(order).state = "EXPIRED"
    books.db.session.commit()
    books.prove(gateway)
    [difference] = books.found()
    assert (difference.kind, difference.subject) == (
        "charge_without_payment",
        f"payment:{steps.latest(order).id}",
    )


def test_a_charge_of_another_intent_or_amount_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    steps.latest(order).amount_cents = 100
    books.db.session.commit()
    books.prove(gateway)
    assert books.kinds() == ["charge_without_payment"]
    steps.latest(order).amount_cents = order.total_cents
    books.db.session.commit()
    assert books.prove(gateway).ok
    books.tamper("UPDATE ledger_transaction SET payment_id = NULL WHERE kind = 'charge'")
    books.prove(gateway)
    assert sorted(each.subject.split(":")[0] for each in books.found()) == ["charge", "payment"]


def test_a_payment_that_stands_in_the_ledger_twice_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper(
        "INSERT INTO ledger_transaction (order_id, payment_id, kind, amount_cents, currency, stripe_id, note, credits)"
        " SELECT order_id, payment_id, kind, amount_cents, currency, 'pi_again', '', false FROM ledger_transaction"
        " WHERE order_id = :id AND kind = 'charge'",
        id=order.id,
    )
    books.prove(gateway)
    assert set(books.kinds()) == {"double_in_ledger", "missing_at_stripe", "held_differs"}


def test_a_confirmed_order_without_a_receipt_after_an_hour_is_found(gateway: FakeGateway) -> None:
    order = steps.pending()
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    assert books.prove(gateway, after=timedelta(minutes=50)).found == 0
    books.prove(gateway)
    [difference] = books.found()
    assert (difference.kind, difference.fix, difference.order_id) == (
        "receipt_missing",
        "issue_receipt",
        order.id,
    )


def test_a_receipt_of_an_order_that_was_never_confirmed_is_found(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper("UPDATE shop_order SET confirmed_at = NULL WHERE id = :id", id=order.id)
    books.prove(gateway)
    assert books.kinds() == ["receipt_without_sale"]


def test_surplus_money_that_has_not_gone_back_within_a_day_is_found(gateway: FakeGateway) -> None:
    order = steps.pending()
    steps.open_page(order, gateway)
    books.tamper("UPDATE shop_order SET status = 'CANCELLED' WHERE id = :id", id=order.id)
    steps.pay(order, gateway)
    assert steps.latest(order).surplus
    assert books.prove(gateway).ok
    books.prove(gateway, after=timedelta(hours=25))
    [difference] = books.found()
    assert (difference.kind, difference.fix, difference.found_cents) == (
        "surplus_kept",
        "send_back",
        order.total_cents,
    )


@pytest.mark.parametrize("tender", [Tender.CASH, Tender.BANK_TRANSFER])
@pytest.mark.parametrize("paid", [surplus.late, surplus.twice])
def test_surplus_money_that_was_given_by_hand_is_no_difference(
    gateway: FakeGateway, paid: Callable[[FakeGateway], Payment], tender: Tender
) -> None:
    payment = paid(gateway)
    surplus.bounced(payment, gateway)
    books.prove(gateway, after=timedelta(hours=25))
    assert "surplus_kept" in books.kinds()
    surplus.give(payment, gateway, tender=tender)
    books.prove(gateway, after=timedelta(hours=25))
    # Nobody prints receipts in this test.
    assert set(books.kinds()) <= {"receipt_missing"}

"""The ledger: what the database itself refuses, whoever writes, and what it keeps of each order."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments.models import OWN_MONEY, Transaction, TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.operations.ledger import Entry
from tests.payments import steps

KIND = TransactionKind


def put(order: Order, kind: TransactionKind, cents: int, reference: str = "x", **more: object) -> bool:
    return ledger.enter(
        Session.object_session(order),
        Entry(order.id, kind, Money(cents, "AUD"), reference, **more),
    )


def kept(order: Order) -> tuple[int, int]:
    order = steps.reread(order)
    return order.held_cents, order.credited_cents


def test_what_an_order_holds_follows_each_movement(order: Order) -> None:
    put(order, KIND.CHARGE, 5000, "pi_1")
    put(order, KIND.CASH, 5550, "cash:1")
    put(order, KIND.FEE, -115, "txn_1")
    put(order, KIND.DISPUTE, -5000, "txn_2")
    assert kept(order) == (10_550, 0)
    put(order, KIND.REFUND, -1000, "re_1", credits=True)
    assert kept(order) == (9550, 1000)
    put(order, KIND.REVERSAL, 1000, "re_1", credits=True)
    put(order, KIND.REFUND, -550, "re_2")
    assert kept(order) == (10_000, 0)


def test_a_reference_is_entered_once_and_changes_nothing_the_second_time(order: Order) -> None:
    assert put(order, KIND.CHARGE, 5000, "pi_1")
    assert not put(order, KIND.CHARGE, 5000, "pi_1")
    assert kept(order) == (5000, 0)


@pytest.mark.parametrize(
    ("kind", "cents"),
    [
        (KIND.CHARGE, 0),
        (KIND.CHARGE, -1),
        (KIND.REFUND, 1),
        (KIND.REVERSAL, -1),
        (KIND.CASH, 0),
        (KIND.ADJUSTMENT, 0),
        (KIND.FEE, 0),
    ],
)
def test_a_sign_that_does_not_fit_its_kind_is_refused(
    order: Order, kind: TransactionKind, cents: int
) -> None:
    with pytest.raises(IntegrityError, match="sign_fits_kind"):
        put(order, kind, cents)


@pytest.mark.parametrize("kind", [KIND.REFUND, KIND.CASH, KIND.EXTERNAL_CARD, KIND.ADJUSTMENT])
def test_no_kind_gives_back_more_than_is_held(order: Order, kind: TransactionKind) -> None:
    put(order, KIND.CHARGE, 5000, "pi_1")
    with pytest.raises(IntegrityError, match="held_sane"):
        put(order, kind, -5001, "y")


def test_no_price_is_lowered_below_nothing(order: Order) -> None:
    put(order, KIND.CHARGE, 20_000, "pi_1")
    with pytest.raises(IntegrityError, match="credited_sane"):
        put(order, KIND.REFUND, -order.total_cents - 1, "re_1", credits=True)


def test_another_currency_than_the_orders_is_refused(order: Order, session: Session) -> None:
    with pytest.raises(IntegrityError, match="own currency"):
        ledger.enter(session, Entry(order.id, KIND.CHARGE, Money(5000, "EUR"), "pi_1"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_transaction SET amount_cents = 1",
        "DELETE FROM ledger_transaction",
        "TRUNCATE ledger_transaction CASCADE",
        "UPDATE shop_order SET held_cents = held_cents + 1",
        "UPDATE shop_order SET credited_cents = 1",
    ],
)
def test_nobody_edits_the_books(order: Order, session: Session, change: str) -> None:
    put(order, KIND.CHARGE, 5000, "pi_1")
    with pytest.raises(DBAPIError, match="append-only|kept by the ledger"):
        session.execute(text(change))


def test_every_kind_of_the_customers_money_is_counted_by_the_database(order: Order) -> None:
    """OWN_MONEY and the trigger say the same."""
    put(order, KIND.CHARGE, 10_000, "pi_0")
    counted = set()
    for number, kind in enumerate(KIND):
        before = kept(order)[0]
        put(order, kind, -10 if kind is KIND.REFUND else 10, f"each:{number}")
        if kept(order)[0] != before:
            counted.add(kind)
    assert counted == set(OWN_MONEY)


def test_a_refund_of_the_release_before_lowers_the_price_as_well(order: Order, session: Session) -> None:
    """Its workers run until they are restarted, and do not say whether a row credits."""
    put(order, KIND.CHARGE, 10_550, "pi_1")
    session.execute(
        text(
            "INSERT INTO ledger_transaction (order_id, kind, amount_cents, currency, stripe_id, note)"
            " VALUES (:order, 'refund', -1000, 'AUD', 're_old', '')"
        ),
        {"order": order.id},
    )
    assert kept(order) == (9550, 1000)


def test_who_entered_it_by_hand_is_kept(order: Order, session: Session) -> None:
    put(order, KIND.CASH, 100, "cash:1", actor=Actor(None, "counter@saffron.test"), note="rest in coins")
    row = session.query(Transaction).one()
    assert (row.actor_label, row.note) == ("counter@saffron.test", "rest in coins")

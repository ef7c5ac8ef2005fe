"""Orders against their ledgers: each kind of difference is planted, found, and proposed the right fix."""

from __future__ import annotations

import pytest

from bakery.orders import operations as orders
from bakery.payments.books.kinds import MEANINGS, DifferenceKind
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


def test_a_sale_as_it_should_be_has_no_difference(gateway: FakeGateway) -> None:
    books.paid(gateway)
    run = books.prove(gateway)
    assert (run.state, run.ok, run.found, books.found()) == ("DONE", True, 0, [])
    assert run.outcome == "Everything agrees."
    assert steps.alerts("books_differ") == []


@pytest.mark.parametrize(
    ("change", "kind", "expected", "seen"),
    [
        ("held_cents = held_cents - 1", "held_differs", 10_550, 10_549),
        ("credited_cents = 250", "credited_differs", 0, 250),
        ("total_cents = total_cents + 500", "paid_with_due", 0, 500),
        ("payment_status = 'UNPAID', released_at = now()", "unpaid_with_money", 0, 10_550),
        ("payment_status = 'REFUNDED'", "status_differs", None, 10_550),
    ],
)
def test_what_an_order_says_against_its_ledger_is_found(
    gateway: FakeGateway, change: str, kind: str, expected: int | None, seen: int
) -> None:
    order = books.paid(gateway)
    books.tamper(f"UPDATE shop_order SET {change} WHERE id = :id", id=order.id)
    run = books.prove(gateway)
    [difference] = books.found()
    assert (difference.kind, difference.subject, difference.order_id) == (kind, order.ref, order.id)
    assert (difference.expected_cents, difference.found_cents) == (expected, seen)
    assert difference.fix == "explain" and order.number in difference.words
    assert (run.ok, run.found, run.opened) == (False, 1, 1)
    assert [alert.kind for alert in steps.alerts()] == ["books_differ"]


def test_more_back_than_in_is_found_though_the_database_refuses_it(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper(
        "UPDATE ledger_transaction SET amount_cents = -20000, kind = 'refund' WHERE order_id = :id"
        " AND kind = 'charge'",
        id=order.id,
    )
    books.prove(gateway)
    assert {"more_back_than_in", "held_differs"} <= set(books.kinds())


def test_a_confirmed_order_without_money_is_found_unless_somebody_released_it(gateway: FakeGateway) -> None:
    order, released = steps.pending(), steps.pending()
    for each in (order, released):
        books.tamper(
            "UPDATE shop_order SET status = 'CONFIRMED', released_at = now() WHERE id = :id", id=each.id
        )
    session = books.db.session()
    orders._enter(session, released, "release", None, None, orders.SYSTEM, "a good customer")
    session.commit()
    books.prove(gateway)
    [difference] = books.found()
    assert (difference.kind, difference.order_id) == ("confirmed_without_money", order.id)


@pytest.mark.parametrize("status", ["PARTIALLY_REFUNDED", "DEPOSIT_PAID"])
def test_a_status_that_its_money_does_not_carry_is_found(gateway: FakeGateway, status: str) -> None:
    order = books.paid(gateway)
    books.refund(order, gateway, order.total_cents)
    assert books.prove(gateway).ok
    books.tamper(
        "UPDATE shop_order SET payment_status = :status, deposit_cents = 100 WHERE id = :id",
        id=order.id,
        status=status,
    )
    books.prove(gateway)
    assert books.kinds() == ["status_differs"]


def test_an_unpaid_order_that_waits_is_no_difference(gateway: FakeGateway) -> None:
    order = steps.pending()
    steps.open_page(order, gateway)
    assert books.prove(gateway).found == 0


def test_a_difference_that_is_found_again_is_counted_and_told_once(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper("UPDATE shop_order SET held_cents = 1 WHERE id = :id", id=order.id)
    first, second = books.prove(gateway), books.prove(gateway)
    [difference] = books.found()
    assert (difference.times, difference.first_run_id, difference.last_run_id) == (2, first.id, second.id)
    assert (first.opened, second.opened) == (1, 0)
    assert len(steps.owed("jobs.messages.send_staff_alert")) == 1


def test_a_difference_that_is_gone_is_closed_as_such_and_the_alert_with_it(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.tamper("UPDATE shop_order SET held_cents = 1 WHERE id = :id", id=order.id)
    books.prove(gateway)
    books.tamper("UPDATE shop_order SET held_cents = total_cents WHERE id = :id", id=order.id)
    run = books.prove(gateway)
    [difference] = books.found("FIXED")
    assert "gone" in difference.note and difference.ended_at is not None
    assert (run.ok, run.counts["gone"]) == (True, 1)
    assert steps.alerts("books_differ")[0].resolved_at is not None
    books.tamper("UPDATE shop_order SET held_cents = 1 WHERE id = :id", id=order.id)
    books.prove(gateway)
    assert [each.state for each in books.found("FIXED") + books.found()] == ["FIXED", "OPEN"]
    assert steps.alerts("books_differ")[0].resolved_at is None


def test_every_kind_has_words_and_a_fix() -> None:
    assert set(MEANINGS) == set(DifferenceKind)
    assert all(meaning.title and meaning.advice for meaning in MEANINGS.values())

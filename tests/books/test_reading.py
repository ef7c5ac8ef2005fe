"""Reading what Stripe booked: windows, pages, interruptions, and the fees that follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.payments.books import mirror
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


def ids() -> list[str]:
    return sorted(each.stripe_id for each in books.entries())


def fees(order: Any) -> list[int]:
    return [cents for kind, cents in steps.ledger(order) if kind == "fee"]


def test_what_stripe_booked_is_kept_whole(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    reading = books.read(gateway)
    assert (reading.listed, reading.stored, reading.fees) == (1, 1, 1)
    [entry] = books.entries()
    told = gateway.balance[0]
    assert (entry.stripe_id, entry.type, entry.category) == (told.id, "charge", "charge")
    assert (entry.source_id, entry.payment_intent_id) == (told.source_id, books.intent(order))
    assert (entry.order_number, entry.currency) == (order.number, "AUD")
    assert (entry.amount_cents, entry.fee_cents, entry.net_cents) == (10_550, 209, 10_341)
    assert (entry.created_at, entry.available_at) == (told.created, told.available_on)


def test_its_fee_is_entered_in_its_orders_ledger_once_and_changes_nothing_else(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.read(gateway)
    books.read(gateway)
    assert steps.ledger(order) == [("charge", 10_550), ("fee", -209)]
    assert (steps.reread(order).held_cents, order.payment_status) == (10_550, "PAID")


def test_a_fee_that_is_given_back_is_entered_the_other_way_round(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    body = {"id": "re_1", "payment_intent": books.intent(order), "amount": 500, "status": "succeeded"}
    gateway.book_refund(body, fee_cents=-8, net_cents=-492)
    books.read(gateway)
    assert sorted(fees(order)) == [-209, 8]


def test_a_fee_waits_until_its_payment_is_known(gateway: FakeGateway) -> None:
    order = steps.pending()
    payment = steps.open_page(order, gateway)
    page = gateway.pay(str(payment.session_id))
    assert books.read(gateway).fees == 0
    steps.tell("checkout.session.completed", page.raw)
    assert books.read(gateway).fees == 1
    assert fees(order) == [-209]


def test_nobody_edits_the_copy(gateway: FakeGateway, session: Session) -> None:
    gateway.book("payout", -9000)
    books.read(gateway)
    [entry] = books.entries()
    entry.amount_cents = 1
    with pytest.raises(DBAPIError, match="append-only"):
        session.flush()


def test_the_second_reading_begins_where_the_first_ended_with_an_hour_to_spare(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.paid(gateway)
    books.read(gateway)
    asked: list[Any] = []
    monkeypatch.setattr(
        gateway, "list_balance_transactions", lambda since, until: asked.append((since, until)) or iter(())
    )
    with clock.travel(clock.now() + timedelta(minutes=10)):
        until = clock.now()
        mirror.read_balance(gateway)
    [(since, to)] = asked
    assert timedelta(hours=1) <= to - since <= timedelta(hours=1, minutes=6)
    assert abs(to - until) <= timedelta(seconds=1)


def test_a_movement_that_shows_late_under_an_earlier_second_is_found(gateway: FakeGateway) -> None:
    books.read(gateway)
    late = gateway.book("payout", -100, created=clock.now().replace(microsecond=0) - timedelta(minutes=40))
    assert books.read(gateway).stored == 1
    assert ids() == [late.id]


def test_the_first_reading_begins_with_the_shops_first_payment(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.book("payout", -1, created=clock.now().replace(microsecond=0) - timedelta(days=90))
    steps.latest(order).created_at = clock.now() - timedelta(days=60)
    books.db.session.commit()
    early = gateway.book("payout", -2, created=clock.now().replace(microsecond=0) - timedelta(days=59))
    assert books.read(gateway).stored == 2
    assert early.id in ids()


def test_a_shop_that_never_sold_reads_nothing_of_the_account(gateway: FakeGateway) -> None:
    gateway.book("payout", -1, created=clock.now().replace(microsecond=0) - timedelta(days=90))
    assert books.read(gateway).listed == 0


def many(gateway: FakeGateway, number: int, days: int = 30) -> None:
    """Payouts, evenly over the last days; the first reading reaches back to them."""
    order = books.paid(gateway)
    steps.latest(order).created_at = clock.now() - timedelta(days=days + 1)
    books.db.session.commit()
    for at in range(number):
        created = clock.now().replace(microsecond=0) - timedelta(days=days) * (at + 1) / (number + 1)
        gateway.book("payout", -100 - at, created=created.replace(microsecond=0))


def test_pages_and_weeks_are_read_to_the_last_row(gateway: FakeGateway) -> None:
    gateway.PAGE = 7
    many(gateway, 60)
    reading = books.read(gateway)
    assert (reading.listed, reading.stored) == (61, 61)
    assert ids() == sorted(each.id for each in gateway.balance)
    assert books.read(gateway).stored == 0


def test_when_stripe_goes_away_half_way_what_was_read_stays_and_the_next_reading_ends_it(
    gateway: FakeGateway,
) -> None:
    gateway.PAGE = 5
    many(gateway, 40)
    pages = iter(range(1000))

    def go_away(_number: int) -> None:
        gateway.away = next(pages) == 4

    gateway.between_pages = go_away
    with pytest.raises(GatewayUnavailable):
        books.read(gateway)
    kept = len(books.entries())
    assert 0 < kept < 41
    gateway.away, gateway.between_pages = False, None
    gateway.calls.clear()
    reading = books.read(gateway)
    assert (reading.stored, ids()) == (41 - kept, sorted(each.id for each in gateway.balance))
    assert reading.listed < 41, "the weeks that were read are not read again"


def test_pages_that_come_out_of_order_and_twice_leave_each_row_once(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(gateway, 10, days=3)
    pages = list(
        gateway.list_balance_transactions(clock.now() - timedelta(days=9), clock.now() + books.LATER)
    )
    rows = pages[0]
    shuffled = [rows[5:], rows[:5], rows[3:8]]
    monkeypatch.setattr(gateway, "list_balance_transactions", lambda since, until: iter(shuffled))
    assert books.read(gateway).stored == 11
    assert ids() == sorted(each.id for each in gateway.balance)


def test_a_reader_that_dies_between_a_page_and_its_fees_leaves_them_to_the_next(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = books.paid(gateway)

    def die(_ids: list[int]) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bakery.payments.books.fees.enter_fees", die)
        with pytest.raises(KeyboardInterrupt):
            books.read(gateway)
    assert (len(books.entries()), fees(order)) == (1, [])
    assert books.read(gateway).fees == 1
    assert fees(order) == [-209]

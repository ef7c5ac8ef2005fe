"""Proofs as a whole: periods, the night, outages, many differences, and a book of hundreds of orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.infra.transaction import transaction
from bakery.payments.books import proof, runs
from bakery.payments.books.models import BooksRun
from tests.books import steps as books
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

OWNER = Actor(None, "Zahra")
ZONE = ZoneInfo("Australia/Sydney")


def missing_event(gateway: FakeGateway, days_ago: int) -> str:
    """Stripe booked a payment that many days ago, and nobody told."""
    order = steps.pending()
    created = clock.now().replace(microsecond=0) - timedelta(days=days_ago)
    return gateway.book_charge(f"pi_{order.id}", order.total_cents, order.number, created=created).id


def prove_days(gateway: FakeGateway, first: int, last: int) -> BooksRun:
    """A proof of the days from so many ago to so many ago."""
    today = clock.today("Australia/Sydney")
    period = (today - timedelta(days=first), today - timedelta(days=last))
    run_id = proof.prove(None, gateway, actor=OWNER, period=period)
    books.db.session.expire_all()
    return books.db.session.get_one(BooksRun, run_id)


def test_a_period_finds_what_happened_in_it_and_closes_nothing_else(gateway: FakeGateway) -> None:
    old, young = missing_event(gateway, 20), missing_event(gateway, 5)
    assert prove_days(gateway, 7, 0).opened == 1
    assert [each.subject for each in books.found()] == [young]
    run = prove_days(gateway, 25, 15)
    assert (run.found, run.counts["gone"]) == (1, 0)
    assert [each.subject for each in books.found()] == [young, old]
    gateway.balance = [each for each in gateway.balance if each.id != young]
    books.tamper("DELETE FROM balance_entry WHERE stripe_id = :id", id=young)
    assert prove_days(gateway, 25, 15).counts["gone"] == 0
    assert prove_days(gateway, 7, 0).counts["gone"] == 1
    assert [each.subject for each in books.found()] == [old]


def test_the_sums_stand_side_by_side_and_by_day(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    books.refund(order, gateway, 1000)
    books.paid(gateway)
    run = books.prove(gateway)
    sums = {line["key"]: line for line in run.sums}
    assert (sums["held"]["ledger"], sums["held"]["orders"]) == (20_100, 20_100)
    assert (sums["credited"]["ledger"], sums["credited"]["orders"]) == (1000, 1000)
    assert (sums["charge"]["ledger"], sums["charge"]["stripe"], sums["charge"]["rows"]) == (21_100, 21_100, 2)
    assert (sums["refund"]["ledger"], sums["refund"]["stripe"]) == (-1000, -1000)
    assert (sums["fee"]["ledger"], sums["fee"]["stripe"]) == (-418, -418)
    [day] = run.days
    assert (day["ledger"], day["stripe"]) == (19_682, 19_682)
    assert run.took_ms is not None


def test_money_of_the_last_second_of_a_day_belongs_to_the_day_on_which_stripe_booked_it(
    gateway: FakeGateway,
) -> None:
    midnight = datetime.combine(clock.today("Australia/Sydney"), datetime.min.time(), ZONE)
    with clock.travel(midnight + timedelta(minutes=2)):
        order = steps.pending()
        payment = steps.open_page(order, gateway)
        page = gateway.pay(str(payment.session_id))
        # Stripe's second is yesterday's last one; our own is today's.
        booked = (midnight - timedelta(seconds=1)).astimezone(UTC)
        gateway.balance[-1] = gateway.book_charge(
            f"pi_{payment.session_id}", order.total_cents, order.number, created=booked
        )
        gateway.balance.pop(-2)
        steps.tell("checkout.session.completed", page.raw)
        books.issue_receipt(order)
    with clock.travel(midnight + timedelta(hours=5)):
        run_id = proof.prove(None, gateway)
    run = books.db.session.get_one(BooksRun, run_id)
    assert run.ok
    yesterday = (midnight - timedelta(days=1)).date().isoformat()
    assert [(day["on"], day["ledger"] - day["stripe"]) for day in run.days] == [(yesterday, 0)]


def test_when_stripe_is_away_the_rest_is_proved_and_the_run_says_so(gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    assert books.prove(gateway).ok
    gateway.away = True
    books.tamper("UPDATE shop_order SET held_cents = 1 WHERE id = :id", id=order.id)
    run = books.prove(gateway)
    assert (run.state, run.ok, run.opened) == ("FAILED", None, 1)
    assert run.outcome.startswith("Stripe did not answer.") and "1 difference is open" in run.outcome
    assert books.kinds() == ["held_differs"]


def test_when_stripe_was_never_read_its_side_is_not_called_missing(gateway: FakeGateway) -> None:
    books.paid(gateway)
    gateway.away = True
    run = books.prove(gateway)
    assert (run.state, run.found) == ("FAILED", 0)
    assert "Only orders, payments and receipts" in run.outcome


def test_a_proof_that_breaks_off_says_so_and_the_next_one_runs(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise RuntimeError("no more memory")

    with monkeypatch.context() as patch:
        patch.setattr("bakery.payments.books.sums.add_up", break_off)
        with pytest.raises(RuntimeError):
            books.prove(gateway)
    [run] = books.db.session.query(BooksRun).all()
    assert (run.state, run.outcome) == ("FAILED", "It broke off: RuntimeError")
    assert books.prove(gateway).ok


def test_thousands_of_one_kind_are_counted_and_the_first_are_listed(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "MOST_OF_A_KIND", 3)
    for _ in range(5):
        missing_event(gateway, 2)
    run = prove_days(gateway, 9, 0)
    assert (run.found, run.opened, run.counts["missing_in_ledger"]) == (5, 3, 5)
    assert len(books.found()) == 3
    assert prove_days(gateway, 9, 0).counts["gone"] == 0, "the other two may stand behind the three"


def test_one_proof_at_a_time_is_asked_for(gateway: FakeGateway) -> None:
    run_id = runs.ask(OWNER)
    with pytest.raises(Conflict, match="waits for its worker"):
        runs.ask(OWNER)
    assert steps.owed("jobs.books.prove") == [[run_id]]
    assert proof.prove(run_id, gateway) == run_id
    assert proof.prove(run_id, gateway) is None, "a second worker finds it done"
    assert runs.ask(OWNER) != run_id


@pytest.mark.parametrize(("first", "last"), [(3, 5), (-1, 0)])
def test_a_period_that_cannot_be_is_refused(gateway: FakeGateway, first: int, last: int) -> None:
    today = clock.today("Australia/Sydney")
    with pytest.raises(Invalid) as refused:
        runs.ask(OWNER, today - timedelta(days=first), today - timedelta(days=last))
    assert refused.value.field == "from"


def test_the_night_is_asked_for_once_and_again_after_a_failure(gateway: FakeGateway) -> None:
    night = datetime.combine(clock.today("Australia/Sydney") + timedelta(days=1), runs.HOUR, ZONE)
    with clock.travel(night + timedelta(minutes=10)):
        assert runs.ask_nightly().startswith("asked for the night")
        assert runs.ask_nightly().startswith("done for the night")
        [[run_id]] = steps.owed("jobs.books.prove")
        gateway.away = True
        proof.prove(run_id, gateway)
        assert runs.ask_nightly().startswith("asked for the night")
    with clock.travel(night + timedelta(hours=23, minutes=50)):
        assert runs.ask_nightly().startswith("done for the night")
    with clock.travel(night + timedelta(days=1, minutes=1)):
        gateway.away = False
        proof.prove(steps.owed("jobs.books.prove")[-1][0], gateway)
        assert runs.ask_nightly().startswith("asked for the night")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-28T02:59", "2026-11-27T03:00"),
        ("2026-11-28T03:00", "2026-11-28T03:00"),
        # The clock goes forward at two: three o'clock is there all the same.
        ("2026-10-04T03:30", "2026-10-04T03:00"),
        ("2026-04-05T23:00", "2026-04-05T03:00"),
    ],
)
def test_a_night_begins_at_three_by_the_shops_clock(now: str, due: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    assert runs.last_due(at).replace(tzinfo=None) == datetime.fromisoformat(due)


def test_a_run_whose_worker_died_is_closed_when_the_next_is_asked_for(gateway: FakeGateway) -> None:
    run_id = runs.ask(OWNER)
    runs.begin(run_id, OWNER)
    with pytest.raises(Conflict, match="being proved"):
        runs.ask(OWNER)
    with clock.travel(clock.now() + timedelta(minutes=4)):
        runs.ask(OWNER)
    with transaction() as session:
        assert session.get_one(BooksRun, run_id).outcome == "Its process ended without a word."

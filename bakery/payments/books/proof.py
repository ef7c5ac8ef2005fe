"""Proving the books: read what Stripe booked, compare it with the ledger and the ledger with the orders, add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.balance_port import BalanceGateway
from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable
from bakery.payments.books import differences, mirror, runs, sums
from bakery.payments.books.check_orders import check_orders
from bakery.payments.books.check_papers import check_papers
from bakery.payments.books.check_refunds import check_refunds
from bakery.payments.books.check_stripe import Window, check_stripe
from bakery.payments.books.kinds import MEANINGS, DifferenceKind, Found, Part
from bakery.payments.books.models import BalanceEntry, BooksRun, BooksRunState
from bakery.payments.books.pieces import Tell as Share

log = structlog.get_logger(__name__)
Tell = Callable[[int, str], None]
# What is younger may still be on its way: an event in the queue, a movement that Stripe does not list yet.
SETTLED = timedelta(hours=1)
# Written down of one kind; all are counted. More than that is one trouble, not many.
MOST_OF_A_KIND = 200
_BATCH = 200
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class _Catch:
    """What the checks found: the first of each kind, and how many."""

    first: dict[DifferenceKind, dict[str, Found]] = field(default_factory=dict)
    counts: dict[DifferenceKind, int] = field(default_factory=dict)

    def take(self, found: Iterable[Found]) -> None:
        for each in found:
            self.counts[each.kind] = self.counts.get(each.kind, 0) + 1
            kept = self.first.setdefault(each.kind, {})
            if len(kept) < MOST_OF_A_KIND:
                kept.setdefault(each.subject, each)

    def all(self) -> list[Found]:
        return [each for kept in self.first.values() for each in kept.values()]

    @property
    def whole(self) -> list[DifferenceKind]:
        """Kinds of which everything is known."""
        return [kind for kind in DifferenceKind if self.counts.get(kind, 0) <= MOST_OF_A_KIND]


@dataclass(frozen=True)
class _Scope:
    """What of Stripe's side can be compared; `window` None: nothing, because Stripe was never read.

    `again_since`: from when on Stripe was asked once more for what we have a copy of.
    """

    window: Window | None
    again_since: datetime
    away: str = ""


def prove(
    run_id: int | None,
    gateway: BalanceGateway,
    tell: Tell = lambda percent, text: None,
    *,
    actor: Actor = SYSTEM,
    period: tuple[date | None, date | None] = (None, None),
) -> int | None:
    """Run one proof that was asked for, or a new one of `period` (`run_id` None); answers its id.

    None when it is over already. Refuses (Conflict) while another is under way. When Stripe is away, what is known
    of it so far is compared all the same, and the run is FAILED and says so.
    """
    with runs.alone():
        begun = runs.begin(run_id, actor, *period)
        if begun is None:
            return None
        try:
            _prove(begun, gateway, _telling(begun, tell))
        except Exception as error:
            runs.give_up(begun, f"It broke off: {type(error).__name__}")
            raise
        return begun


def _telling(run_id: int, tell: Tell) -> Tell:
    def told(percent: int, text: str) -> None:
        runs.note(run_id, percent, text)
        tell(percent, text)

    return told


def _share(tell: Tell, begin: int, end: int, text: str) -> Share:
    """A step of the proof that tells its own share as a part of the whole."""

    def told(done: float) -> None:
        tell(int(begin + (end - begin) * done), text)

    told(0)
    return told


def _prove(run_id: int, gateway: BalanceGateway, tell: Tell) -> None:
    with transaction() as session:
        run = session.get_one(BooksRun, run_id)
        first, last, zone = run.from_on, run.to_on, runs.zone_of(session)
    catch = _Catch()
    begin, end = _instants(first, last, zone)
    again_since = begin if first else min(end, clock.now()) - runs.READ_AGAIN
    reading, away = _read(gateway, again_since, _share(tell, 1, 30, "Reading what Stripe booked"))
    scope = _Scope(_window(begin, end), again_since, away)
    catch.take(_copies(reading))
    catch.take(check_orders(_share(tell, 30, 50, "Each order against its ledger")))
    if scope.window:
        catch.take(check_stripe(scope.window, _share(tell, 50, 75, "The ledger against Stripe")))
    catch.take(check_papers(_share(tell, 75, 87, "Payments and receipts")))
    catch.take(check_refunds(_share(tell, 87, 92, "Refunds and their credit notes")))
    tell(92, "Adding up")
    found = sums.add_up(scope.window or Window(begin, begin), clock.now(), zone)
    _end(run_id, catch, scope, found)


def _instants(first: date | None, last: date, zone: str) -> tuple[datetime, datetime]:
    """When the period's first day begins and its last one ends, by the shop's clock."""
    tz = ZoneInfo(zone)
    begin = datetime.combine(first, time(0), tz) if first else _LONG_AGO
    return begin, datetime.combine(last + timedelta(days=1), time(0), tz)


def _read(gateway: BalanceGateway, since: datetime, tell: Share) -> tuple[mirror.Reading, str]:
    try:
        return mirror.read_balance(gateway, since, tell), ""
    except GatewayUnavailable:
        return mirror.Reading(), "Stripe did not answer"
    except GatewayRefused as error:
        return mirror.Reading(), f"Stripe refused to be read ({error})"


def _window(begin: datetime, end: datetime) -> Window | None:
    """What of the period is old enough, and read from Stripe."""
    with transaction() as session:
        until = mirror.read_until(session)
    end = min(end, (until or _LONG_AGO) - SETTLED, clock.now() - SETTLED)
    return Window(begin, end) if begin < end else None


def _copies(reading: mirror.Reading) -> Iterable[Found]:
    """Entries of our copy that Stripe tells otherwise, or does not have."""
    said = {each: "says something else of" for each in reading.changed}
    said |= {each: "does not have" for each in reading.vanished}
    with transaction() as session:
        rows = session.scalars(select(BalanceEntry).where(BalanceEntry.stripe_id.in_(said))).all()
        entries = [(each.stripe_id, each.amount_cents, each.currency, each.created_at) for each in rows]
    for stripe_id, cents, currency, at in entries:
        sentence = f"Stripe {said[stripe_id]} the balance transaction {stripe_id} that we have a copy of."
        yield Found(
            DifferenceKind.COPY_DIFFERS,
            stripe_id,
            sentence,
            currency,
            found_cents=cents,
            stripe_id=stripe_id,
            about_at=at,
        )


def _end(run_id: int, catch: _Catch, scope: _Scope, found: sums.Sums) -> None:
    """Write down what differs, close what is gone, and tell."""
    opened, rest = 0, iter(catch.all())
    while batch := list(islice(rest, _BATCH)):
        with transaction() as session:
            opened += differences.record(session, run_id, batch)
    with transaction() as session:
        gone = _close_gone(session, run_id, catch, scope)
        still = differences.tell_staff(session)
        number = sum(catch.counts.values())
        state = BooksRunState.FAILED if scope.away else BooksRunState.DONE
        run = runs.end(session, run_id, state, _outcome(number, still, scope))
        run.ok = None if scope.away else still == 0
        run.found, run.opened = number, opened
        run.sums, run.days = found.lines, found.days
        run.counts = {"gone": gone, **{kind.value: count for kind, count in catch.counts.items()}}
    log.info("books_proved", run=run_id, found=number, opened=opened, open=still, gone=gone)


def _close_gone(session: Session, run_id: int, catch: _Catch, scope: _Scope) -> int:
    """What was compared this time, all of it, and not found any more."""
    copies = DifferenceKind.COPY_DIFFERS
    standing = [kind for kind in catch.whole if MEANINGS[kind].part != Part.STRIPE]
    gone = differences.close_gone(session, run_id, standing, _LONG_AGO, _LONG_AGO)
    if scope.window:
        moved = [kind for kind in catch.whole if MEANINGS[kind].part == Part.STRIPE and kind != copies]
        gone += differences.close_gone(session, run_id, moved, scope.window.begin, scope.window.end)
    if not scope.away and copies in catch.whole:
        gone += differences.close_gone(session, run_id, [copies], scope.again_since, clock.now())
    return gone


def _outcome(number: int, still: int, scope: _Scope) -> str:
    words = (
        "Everything agrees."
        if not still
        else f"{still} {'difference is' if still == 1 else 'differences are'} open."
    )
    if number > still:
        words += f" {number} were found; the rest is explained, or more of the same."
    if scope.away:
        words = f"{scope.away}. {words}"
    if scope.window is None:
        words += (
            " Only orders, payments and receipts were proved: nothing of Stripe's is old enough, or read."
        )
    elif scope.away:
        words += f" Stripe's side was compared until {scope.window.end:%Y-%m-%d %H:%M} UTC."
    return words

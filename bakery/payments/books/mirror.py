"""Reading Stripe's balance transactions into our copy, and entering the fees that they tell of.

Stripe is asked outside any transaction; each of its pages is committed by itself. A reader that is killed, or finds
Stripe away, keeps what it has, and the next one reads the same day again: what is here already is not written twice,
so any number of readers may be at it at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.balance_port import BalanceGateway, BalanceTransaction
from bakery.payments.books import fees
from bakery.payments.books.models import STRIPE, BalanceCursor, BalanceEntry
from bakery.payments.books.pieces import Tell
from bakery.payments.models import Payment

# Read in stretches, oldest first, so that a long way is not begun anew after each interruption.
STRETCH = timedelta(days=7)
# Stripe may show a movement a while after the second it is booked under.
OVERLAP = timedelta(hours=1)
# How far back a fee is entered by itself; an older one that is missing is a difference.
FEES_BACK = timedelta(days=3)
MOST_CHANGED = 100
_COMPARED = ("type", "category", "source_id", "amount_cents", "fee_cents", "currency", "created_at")


@dataclass
class Reading:
    """What a reader did. `changed` and `vanished`: entries of ours that Stripe tells otherwise, or no longer."""

    listed: int = 0
    stored: int = 0
    fees: int = 0
    changed: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.stored} of {self.listed} balance transactions new, {self.fees} fees entered"


def read_balance(
    gateway: BalanceGateway, since: datetime | None = None, tell: Tell = lambda done: None
) -> Reading:
    """Read what Stripe booked since the last time (or from `since` on, if that is earlier) and enter its fees.

    Raises GatewayUnavailable when Stripe is away; what was read until then stays.
    """
    until = clock.now().replace(microsecond=0)
    reading = Reading()
    first = _beginning(since, until)
    for begin, end in _stretches(first, until):
        _read_stretch(gateway, begin, end, reading)
        _move_cursor(end)
        tell((end - first) / (until - first))
    reading.fees += _enter_late_fees(until - FEES_BACK)
    return reading


def read_until(session: Session) -> datetime | None:
    """Until when Stripe's movements are here; None before the first reading."""
    return session.scalar(select(BalanceCursor.read_until).where(BalanceCursor.account == STRIPE))


def _beginning(since: datetime | None, until: datetime) -> datetime:
    """Where the last reading ended, and a little before; at first, where the shop's own payments begin."""
    with transaction() as session:
        known = read_until(session)
        if known is None:
            first = session.scalar(
                select(func.min(Payment.created_at)).where(Payment.payment_intent_id.is_not(None))
            )
            known = first or until
    begin = known - OVERLAP
    return (min(begin, since) if since else begin).replace(microsecond=0)


def _stretches(begin: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    while begin < until:
        end = min(begin + STRETCH, until)
        yield begin, end
        begin = end


def _read_stretch(gateway: BalanceGateway, begin: datetime, end: datetime, reading: Reading) -> None:
    seen: set[str] = set()
    for page in gateway.list_balance_transactions(begin, end):
        seen.update(each.id for each in page)
        _store(page, reading)
    with transaction() as session:
        ours = select(BalanceEntry.stripe_id).where(
            BalanceEntry.created_at >= begin, BalanceEntry.created_at < end
        )
        gone = [found for found in session.scalars(ours) if found not in seen]
    reading.vanished += gone[: MOST_CHANGED - len(reading.vanished)]


def _store(page: Sequence[BalanceTransaction], reading: Reading) -> None:
    """Write one page, and the fees of what is new in it."""
    # In one order everywhere, so that readers at once wait for each other and do not deadlock.
    rows = sorted((_row(each) for each in page), key=lambda row: str(row["stripe_id"]))
    with transaction() as session:
        new = session.execute(
            insert(BalanceEntry)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["stripe_id"])
            .returning(BalanceEntry.id)
        ).scalars()
        stored = list(new)
        reading.changed += _changed(session, rows)[: MOST_CHANGED - len(reading.changed)]
    reading.listed += len(rows)
    reading.stored += len(stored)
    reading.fees += fees.enter_fees(stored)


def _row(each: BalanceTransaction) -> dict[str, Any]:
    return {
        "stripe_id": each.id,
        "type": each.type,
        "category": each.reporting_category,
        "source_id": each.source_id,
        "payment_intent_id": each.payment_intent_id,
        "order_number": str(each.order_number)[:40] if each.order_number else None,
        "amount_cents": each.amount_cents,
        "fee_cents": each.fee_cents,
        "net_cents": each.net_cents,
        "currency": each.currency,
        "created_at": each.created,
        "available_at": each.available_on,
        "seen_at": clock.now(),
    }


def _changed(session: Session, rows: list[dict[str, Any]]) -> list[str]:
    """Entries that are not what Stripe says now. It never changes a movement: somebody changed the copy."""
    told = {row["stripe_id"]: row for row in rows}
    ours = session.scalars(select(BalanceEntry).where(BalanceEntry.stripe_id.in_(told)))
    return [
        each.stripe_id
        for each in ours
        if any(getattr(each, name) != told[each.stripe_id][name] for name in _COMPARED)
    ]


def _move_cursor(end: datetime) -> None:
    statement = insert(BalanceCursor).values(account=STRIPE, read_until=end)
    with transaction() as session:
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["account"],
                set_={"read_until": func.greatest(BalanceCursor.read_until, statement.excluded.read_until)},
            )
        )


def _enter_late_fees(since: datetime) -> int:
    """Fees of charges that Stripe booked before we knew whose they were."""
    with transaction() as session:
        waiting = fees.entries_without_fee(session, since)
    return sum(
        fees.enter_fees(waiting[at : at + fees.AT_ONCE]) for at in range(0, len(waiting), fees.AT_ONCE)
    )

"""What it all adds up to, side by side: the ledger, the orders, and Stripe.

A movement that both have is counted on the day on which Stripe booked it, so that a day's sums differ only when
something does. What is younger than the window is on neither side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.payments.books.check_stripe import ON_ITS_WAY, Window
from bakery.payments.models import OWN_MONEY

# Kept with a run: every day that differs, and the last ones that do not.
LAST_DAYS = 31
MOST_DAYS = 400

_LEDGER = text(
    """
    SELECT (coalesce(booked_at, at) AT TIME ZONE :zone)::date AS "on", kind, currency,
        count(*) AS rows, sum(amount_cents)::bigint AS cents
    FROM ledger_at_stripe
    WHERE coalesce(booked_at, at) >= :begin AND coalesce(booked_at, at) < :end
    GROUP BY 1, 2, 3
    """
)
_STRIPE = text(
    """
    WITH ours AS MATERIALIZED (
        SELECT (m.created_at AT TIME ZONE :zone)::date AS "on", m.kind, m.fee_kind, m.currency, m.amount_cents,
            m.fee_cents
        FROM balance_movement m
        WHERE m.order_id IS NOT NULL AND m.created_at >= :begin AND m.created_at < :end
            AND NOT (m.created_at > :on_its_way_since AND m.is_on_its_way AND NOT EXISTS (
                SELECT 1 FROM ledger_transaction l WHERE l.kind = 'refund' AND l.stripe_id = m.source_id))
    )
    SELECT "on", coalesce(kind, 'other') AS kind, currency, count(*) AS rows, sum(amount_cents)::bigint AS cents
    FROM ours GROUP BY 1, 2, 3
    UNION ALL
    SELECT "on", fee_kind, currency, count(*), -sum(fee_cents)::bigint FROM ours WHERE fee_cents <> 0 GROUP BY 1, 2, 3
    """
)
_OF_NO_ORDER = text(
    """
    SELECT CASE WHEN m.order_number ~ '^SC-[2-9A-Z]{4}-[2-9A-Z]{2}$' THEN 'lost' ELSE m.category END AS kind,
        m.currency, count(*) AS rows, sum(m.amount_cents - m.fee_cents)::bigint AS cents
    FROM balance_movement m
    WHERE m.order_id IS NULL AND m.created_at >= :begin AND m.created_at < :end
    GROUP BY 1, 2
    """
)
_PAST_STRIPE = text(
    """
    SELECT kind, currency, count(*) AS rows, sum(amount_cents)::bigint AS cents FROM ledger_transaction
    WHERE kind IN ('cash', 'external_card', 'adjustment', 'transfer') AND at >= :begin AND at < :end
    GROUP BY 1, 2
    """
)
_ORDERS = text(
    """
    SELECT o.currency, o.rows, o.held, o.credited, coalesce(l.held, 0) AS ledger_held,
        coalesce(l.credited, 0) AS ledger_credited
    FROM (
        SELECT currency, count(*) AS rows, sum(held_cents)::bigint AS held, sum(credited_cents)::bigint AS credited
        FROM shop_order GROUP BY 1
    ) o
    LEFT JOIN (
        SELECT currency, coalesce(sum(amount_cents) FILTER (WHERE kind = ANY(:own)), 0)::bigint AS held,
            coalesce(-sum(amount_cents) FILTER (WHERE credits), 0)::bigint AS credited
        FROM ledger_transaction GROUP BY 1
    ) l USING (currency)
    """
)


@dataclass(frozen=True, slots=True)
class Sums:
    """`lines`: {key, currency, ledger, orders, stripe, rows}, amounts in cents or None where that side has no say.
    `days`: {on, ledger, stripe} of Stripe's movements.
    """

    lines: list[dict[str, Any]]
    days: list[dict[str, Any]]


def add_up(window: Window, now: datetime, zone: str) -> Sums:
    """All sums of a window, in a few statements whose answers have a row a day at most."""
    values = {"begin": window.begin, "end": window.end}
    with transaction() as session:
        ledger = session.execute(_LEDGER, {**values, "zone": zone}).all()
        stripe = session.execute(
            _STRIPE, {**values, "zone": zone, "on_its_way_since": now - ON_ITS_WAY}
        ).all()
        lines = _whole(session)
        lines += _side_by_side(ledger, stripe)
        lines += [_line(row, row.kind, ledger=row.cents) for row in session.execute(_PAST_STRIPE, values)]
        lines += [
            _line(row, f"no_order:{row.kind}", stripe=row.cents)
            for row in session.execute(_OF_NO_ORDER, values)
        ]
    return Sums(lines, _days(ledger, stripe))


def _whole(session: Session) -> list[dict[str, Any]]:
    """Everything there ever was: the orders' own columns beside the ledger."""
    lines = []
    for row in session.execute(_ORDERS, {"own": [kind.value for kind in OWN_MONEY]}):
        lines.append(_line(row, "held", ledger=row.ledger_held, orders=row.held))
        lines.append(_line(row, "credited", ledger=row.ledger_credited, orders=row.credited))
    return lines


def _side_by_side(ledger: Sequence[Row[Any]], stripe: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for side, rows in (("ledger", ledger), ("stripe", stripe)):
        for row in rows:
            empty = {
                "key": row.kind,
                "currency": row.currency,
                "ledger": 0,
                "orders": None,
                "stripe": 0,
                "rows": 0,
            }
            line = sums.setdefault((row.kind, row.currency), empty)
            line[side] += row.cents
            line["rows"] += row.rows if side == "stripe" else 0
    return [sums[key] for key in sorted(sums)]


def _line(row: Row[Any], key: str, **sides: int) -> dict[str, Any]:
    empty = {"key": key, "currency": row.currency, "ledger": None, "orders": None, "stripe": None}
    return {**empty, "rows": row.rows, **sides}


def _days(ledger: Iterable[Row[Any]], stripe: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[date, str], dict[str, Any]] = {}
    for side, rows in (("ledger", ledger), ("stripe", stripe)):
        for row in rows:
            empty = {"on": row.on.isoformat(), "currency": row.currency, "ledger": 0, "stripe": 0}
            sums.setdefault((row.on, row.currency), empty)[side] += row.cents
    days = [sums[key] for key in sorted(sums, reverse=True)]
    return [day for at, day in enumerate(days) if at < LAST_DAYS or day["ledger"] != day["stripe"]][
        :MOST_DAYS
    ]

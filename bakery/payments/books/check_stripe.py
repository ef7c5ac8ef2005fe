"""The ledger against Stripe's balance transactions, both ways: by object, amount, currency and fee."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from bakery.core import clock
from bakery.core.ids import normalize_number
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.payments.books.kinds import DifferenceKind, Found
from bakery.payments.books.models import BalanceEntry
from bakery.payments.books.pieces import Tell, pieces, rows_of
from bakery.payments.models import Transaction

_D = DifferenceKind
KIND_WORDS = {
    "charge": "a payment",
    "refund": "a refund",
    "reversal": "a refund that came back",
    "fee": "a fee",
    "dispute": "a dispute",
    "dispute_fee": "a dispute's fee",
}


@dataclass(frozen=True, slots=True)
class Window:
    """What is compared: from `begin` to before `end`. What is younger may still be on its way to us."""

    begin: datetime
    end: datetime


# A refund that Stripe has booked and not yet made enters the ledger when it is made. It is given so long.
ON_ITS_WAY = timedelta(days=14)
_TOLD_OF_STRIPE = text(
    """
    SELECT m.*, o.number, l.id IS NOT NULL AS known, l.amount_cents AS row_cents, l.currency AS row_currency,
        l.order_id AS row_order_id, f.amount_cents AS row_fee_cents, f.currency AS row_fee_currency,
        twin.id IS NOT NULL AS is_double
    FROM balance_movement m
    LEFT JOIN shop_order o ON o.id = m.order_id
    LEFT JOIN ledger_transaction l ON l.kind = m.kind AND l.stripe_id = m.reference
    LEFT JOIN ledger_transaction f ON f.kind = m.fee_kind AND f.stripe_id = m.stripe_id
    LEFT JOIN LATERAL (
        SELECT t.id FROM balance_entry t WHERE t.id < m.id AND t.category = m.category
            AND (m.category = 'charge' AND t.payment_intent_id = m.payment_intent_id
                OR m.category IN ('refund', 'refund_failure') AND t.source_id = m.source_id) LIMIT 1
    ) twin ON true
    WHERE m.id > :after AND m.id <= :upto AND m.created_at >= :begin AND m.created_at < :end
        AND (m.order_id IS NOT NULL OR m.order_number IS NOT NULL)
        AND (m.kind IS NULL OR l.id IS NULL OR twin.id IS NOT NULL
            OR l.amount_cents <> m.amount_cents OR l.currency <> m.currency OR l.order_id <> m.order_id
            OR coalesce(f.amount_cents, 0) <> -m.fee_cents OR f.currency <> m.currency)
        AND NOT (l.id IS NULL AND m.created_at > :on_its_way_since AND m.is_on_its_way)
    ORDER BY m.id
    """
)

# A refund that failed before Stripe booked it has its two rows here, and nothing there: nothing moved.
_TOLD_OF_US = text(
    """
    SELECT l.*, o.number FROM ledger_at_stripe l JOIN shop_order o ON o.id = l.order_id
    WHERE l.id > :after AND l.id <= :upto AND l.booked_at IS NULL AND l.at >= :begin AND l.at < :end
        AND NOT (l.kind IN ('refund', 'reversal') AND 0 = (
            SELECT coalesce(sum(t.amount_cents), 1) FROM ledger_transaction t
            WHERE t.stripe_id = l.stripe_id AND t.kind IN ('refund', 'reversal')
                AND NOT EXISTS (SELECT 1 FROM balance_entry b WHERE b.source_id = t.stripe_id)))
    ORDER BY l.id
    """
)


def check_stripe(window: Window, tell: Tell) -> Iterator[Found]:
    """What Stripe moved and the ledger does not say so, then what the ledger says and Stripe does not."""
    values = {"begin": window.begin, "end": window.end}
    since = clock.now() - ON_ITS_WAY
    for piece in pieces(BalanceEntry):
        for row in rows_of(_TOLD_OF_STRIPE, piece, on_its_way_since=since, **values):
            yield from _of_stripe(row)
        tell(piece.done / 2)
    for piece in pieces(Transaction):
        for row in rows_of(_TOLD_OF_US, piece, **values):
            yield _of_us(row)
        tell(0.5 + piece.done / 2)


def _of_stripe(row: Row[Any]) -> Iterator[Found]:
    def amount(cents: int, currency: str = row.currency) -> str:
        return money(Money(cents, currency))

    if row.order_id is None:
        # Other products on the account may number their orders in other ways.
        if normalize_number(row.order_number) == row.order_number:
            sentence = (
                f"Stripe moved {amount(row.amount_cents)} for order {row.order_number}, which is not here."
            )
            yield _movement(row, _D.UNKNOWN_ORDER, sentence, None, row.amount_cents)
        return
    what = KIND_WORDS.get(row.kind, row.category.replace("_", " "))
    # The word says which way it went.
    about = f"Stripe booked {what} of {amount(abs(row.amount_cents))} for order {row.number}"
    if row.kind is None:
        sentence = f"{about}, which the ledger has no word for."
        yield _movement(row, _D.UNKNOWN_MOVEMENT, sentence, None, row.amount_cents)
    elif not row.known:
        sentence = f"{about}, and the ledger does not have it."
        yield _movement(row, _D.MISSING_IN_LEDGER, sentence, None, row.amount_cents)
    elif row.is_double:
        yield _movement(row, _D.DOUBLE_AT_STRIPE, f"{about}, for the second time.", None, row.amount_cents)
    else:
        yield from _of_row(row, about, amount)


def _of_row(row: Row[Any], about: str, amount: Callable[..., str]) -> Iterator[Found]:
    """Both have it: whether they say the same."""
    if row.row_currency != row.currency:
        sentence = f"{about}; the ledger has {amount(row.row_cents, row.row_currency)}."
        yield _movement(row, _D.CURRENCY_DIFFERS, sentence, row.row_cents, row.amount_cents)
        return
    if row.row_cents != row.amount_cents:
        sentence = f"{about}; the ledger has {amount(row.row_cents)}."
        yield _movement(row, _D.AMOUNT_DIFFERS, sentence, row.amount_cents, row.row_cents)
    if row.row_order_id != row.order_id:
        sentence = f"{about}; it stands in the ledger of another order."
        yield _movement(row, _D.ORDER_DIFFERS, sentence, None, row.amount_cents)
    fee = row.row_fee_cents
    if fee is None and row.fee_cents:
        sentence = f"{about} and kept {amount(row.fee_cents)} of it; the ledger does not have that fee."
        yield _movement(row, _D.MISSING_FEE, sentence, -row.fee_cents, None)
    elif fee is not None and (fee != -row.fee_cents or row.row_fee_currency != row.currency):
        kept = amount(-fee, row.row_fee_currency)
        sentence = f"{about} and kept {amount(row.fee_cents)} of it; the ledger says {kept}."
        yield _movement(row, _D.FEE_DIFFERS, sentence, -row.fee_cents, fee)


def _of_us(row: Row[Any]) -> Found:
    what, sum_ = KIND_WORDS[row.kind], money(Money(row.amount_cents, row.currency))
    return Found(
        _D.MISSING_AT_STRIPE,
        f"{row.kind}:{row.stripe_id}"[:120],
        f"The ledger of order {row.number} has {what} of {sum_} ({row.stripe_id}); Stripe does not.",
        row.currency,
        found_cents=row.amount_cents,
        order_id=row.order_id,
        about_at=row.at,
    )


def _movement(
    row: Row[Any], kind: DifferenceKind, sentence: str, expected: int | None, found: int | None
) -> Found:
    return Found(
        kind,
        row.stripe_id,
        sentence,
        row.currency,
        expected_cents=expected,
        found_cents=found,
        order_id=row.order_id,
        stripe_id=row.stripe_id,
        about_at=row.created_at,
    )

"""The sums of a proof of the books as its page shows them: in words, in order, with what they differ by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bakery.core.money import Money

# In the order of the page; what Stripe calls otherwise stands behind them.
TITLES = {
    "held": "Customers' money that we have",
    "credited": "Prices lowered by what went back",
    "charge": "Payments by card",
    "refund": "Refunds",
    "reversal": "Refunds that came back",
    "dispute": "Disputes",
    "fee": "Stripe's fees",
    "dispute_fee": "Fees of disputes",
    "other": "Other movements of orders",
    "cash": "Cash at the counter",
    "external_card": "Card terminal at the counter",
    "adjustment": "Corrections by hand",
    "transfer": "Shares of guest bakers",
    "no_order:lost": "Of orders that are not here",
    "no_order:charge": "Payments for something else than orders",
    "no_order:refund": "Refunds of something else than orders",
    "no_order:payout": "Payouts to the bank",
    "no_order:fee": "Stripe's own bills",
    "no_order:topup": "Top-ups of the Stripe account",
}
_PLACES = {key: place for place, key in enumerate(TITLES)}


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line: each side's sum where it has a say, and the difference where two have."""

    title: str
    rows: int
    counted: str
    ledger: Money | None
    orders: Money | None
    stripe: Money | None

    @property
    def difference(self) -> Money | None:
        other = self.orders or self.stripe
        return other - self.ledger if other is not None and self.ledger is not None else None


def sum_lines(sums: Iterable[dict[str, Any]]) -> list[SumLine]:
    """The lines of a run, those of every sale first, those of no order last."""
    known = sorted(
        sums, key=lambda line: (_PLACES.get(line["key"], len(_PLACES)), line["key"], line["currency"])
    )
    return [
        SumLine(
            _title(line["key"]),
            line["rows"],
            _counted(line),
            *(_side(line, side) for side in ("ledger", "orders", "stripe")),
        )
        for line in known
    ]


def _title(key: str) -> str:
    words = key.removeprefix("no_order:").replace("_", " ")
    return TITLES.get(key, f"Of no order: {words}")


def _counted(line: dict[str, Any]) -> str:
    what = "order" if line["orders"] is not None else "movement"
    return what if line["rows"] == 1 else f"{what}s"


def _side(line: dict[str, Any], side: str) -> Money | None:
    return None if line[side] is None else Money(line[side], line["currency"])

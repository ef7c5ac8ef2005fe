"""An order's money from the first line to the last: always adds up to nothing.

What was sold stands against what came in. A payment brings the balance nearer to nothing, a refund takes it away
again, and a price that was lowered is a line of its own. What is left at the end is said in the last line: due, owed
back, or no longer asked for. What the shop paid itself for it (fees, disputes) stands apart.

Nothing here reads or writes: rows in, lines out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.models import OWN_MONEY, PaymentKind, TransactionKind

_K = TransactionKind


class LineKind(StrEnum):
    SOLD = "sold"
    MOVEMENT = "movement"
    PRICE = "price"
    # The last line.
    DUE = "due"
    OWED_BACK = "owed_back"
    NOT_ASKED = "not_asked"
    MISSING = "missing"
    SETTLED = "settled"


class Row(Protocol):
    """A row of the ledger, as far as a timeline reads it."""

    @property
    def kind(self) -> str: ...
    @property
    def amount_cents(self) -> int: ...
    @property
    def credits(self) -> bool: ...
    @property
    def at(self) -> datetime: ...
    @property
    def payment_id(self) -> int | None: ...
    @property
    def stripe_id(self) -> str: ...
    @property
    def slip(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def actor_label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sale:
    """What was sold. `due`: what its state asks for now; `is_over`: it was called off, or all went back."""

    total: Money
    placed_at: datetime
    due: Money
    is_over: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line: towards the shop positive, and the balance after it (negative: the customer owes it).

    `reference`, `who` and `note` are for staff alone.
    """

    kind: LineKind
    words: str
    amount: Money
    balance: Money
    at: datetime | None = None
    reference: str = ""
    who: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`lines` add up to nothing; `own` are the shop's own costs, and `netted` is what is left to it of all."""

    lines: tuple[Line, ...]
    own: tuple[Line, ...]
    held: Money
    netted: Money

    @property
    def moved(self) -> bool:
        """Whether any money has moved at all."""
        return len(self.lines) > 2

    @property
    def closing(self) -> Line:
        return self.lines[-1]


def sale_of(order: Order) -> Sale:
    """An order, as far as its timeline reads it."""
    over = order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    return Sale(
        order.total, order.placed_at, order.due, over or order.payment_status == PaymentStatus.REFUNDED
    )


def tell(sale: Sale, ledger: Sequence[Row], kinds: dict[int, str]) -> Timeline:
    """The timeline of a sale, from its ledger's rows as they were entered; `kinds`: what each payment was for."""
    zero = Money(0, sale.total.currency)
    lines = [Line(LineKind.SOLD, "Ordered", zero - sale.total, zero - sale.total, sale.placed_at)]
    held = zero
    for row in ledger:
        if row.kind not in OWN_MONEY:
            continue
        amount = Money(row.amount_cents, sale.total.currency)
        held += amount
        lines.append(_movement(row, amount, lines[-1].balance, kinds))
        if row.credits:
            words = "Price lowered" if row.amount_cents < 0 else "Price as before"
            lowered = zero - amount
            lines.append(Line(LineKind.PRICE, words, lowered, lines[-1].balance + lowered, row.at))
    lines.append(_closing(sale, lines[-1].balance))
    own = _own(ledger, zero)
    netted = held
    for line in own:
        netted += line.amount
    return Timeline(tuple(lines), own, held, netted)


def _movement(row: Row, amount: Money, before: Money, kinds: dict[int, str]) -> Line:
    return Line(
        LineKind.MOVEMENT,
        _words(row, kinds),
        amount,
        before + amount,
        row.at,
        reference=row.slip or ("" if row.stripe_id.startswith("till:") else row.stripe_id),
        who=row.actor_label,
        note=row.note,
    )


_CHARGES = {
    PaymentKind.FULL: "Paid by card",
    PaymentKind.DEPOSIT: "Deposit paid by card",
    PaymentKind.BALANCE: "Rest paid by card",
}
# What came in, and what went out, in the same kind.
_WORDS: dict[str, tuple[str, str]] = {
    _K.REFUND: ("Sent back", "Sent back to the card"),
    _K.REVERSAL: ("Did not arrive, is here again", "Taken back"),
    _K.CASH: ("Paid in cash", "Given back in cash"),
    _K.EXTERNAL_CARD: ("Paid by card at the terminal", "Given back at the terminal"),
    _K.ADJUSTMENT: ("Corrected upwards", "Corrected downwards"),
    _K.FEE: ("Stripe's fee given back", "Stripe's fee"),
    _K.DISPUTE: ("Dispute won, money back", "Taken by the bank in a dispute"),
    _K.DISPUTE_FEE: ("Dispute's fee given back", "Fee of the dispute"),
    _K.TRANSFER: ("Taken back from the guest baker", "Share of the guest baker"),
}


def _words(row: Row, kinds: dict[int, str]) -> str:
    if row.kind == _K.CHARGE:
        return _CHARGES.get(PaymentKind(kinds.get(row.payment_id or 0, PaymentKind.FULL)), "Paid by card")
    # A correction is of no payment.
    given = row.credits or row.payment_id is not None
    if row.kind == _K.ADJUSTMENT and given and row.amount_cents < 0:
        return "Given back another way"
    came_in, went_out = _WORDS[row.kind]
    return came_in if row.amount_cents > 0 else went_out


def _closing(sale: Sale, balance: Money) -> Line:
    """What is left, said and brought to nothing."""
    zero = Money(0, sale.total.currency)
    rest = zero - balance
    if not balance.cents:
        kind, words = LineKind.SETTLED, "Nothing is due"
    elif zero < balance:
        kind, words = LineKind.OWED_BACK, "Still owed to the customer"
    elif sale.due == rest:
        kind, words = LineKind.DUE, "Still due"
    elif sale.is_over:
        kind, words = LineKind.NOT_ASKED, "No longer asked for"
    else:
        kind, words = LineKind.MISSING, "Missing, though its status says otherwise"
    return Line(kind, words, rest, zero)


def _own(ledger: Iterable[Row], zero: Money) -> tuple[Line, ...]:
    lines: list[Line] = []
    for row in ledger:
        if row.kind in OWN_MONEY:
            continue
        amount = Money(row.amount_cents, zero.currency)
        before = lines[-1].balance if lines else zero
        lines.append(_movement(row, amount, before, {}))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class PlainLine:
    """A line as its customer reads it: what they have to pay positive, what they paid negative."""

    words: str
    amount: Money
    at: datetime | None
    is_closing: bool = False


_PLAIN_CLOSING = {
    LineKind.DUE: "Still to be paid",
    LineKind.OWED_BACK: "On its way back to you",
    LineKind.SETTLED: "Nothing is left to pay",
    LineKind.MISSING: "Open: please ring us",
}
_PLAIN = {
    "Ordered": "Your order",
    "Sent back to the card": "Sent back to your card",
    "Did not arrive, is here again": "The refund did not arrive; we have it again",
    "Corrected upwards": "Correction",
    "Corrected downwards": "Correction",
    "Price lowered": "Taken off the price",
    "Price as before": "Back on the price",
}


def for_customer(timeline: Timeline) -> list[PlainLine]:
    """The same lines without what is the shop's own: no fees, no notes, no names, no numbers of Stripe's."""
    zero = Money(0, timeline.held.currency)
    lines = [
        PlainLine(_PLAIN.get(line.words, line.words), zero - line.amount, line.at)
        for line in timeline.lines[:-1]
    ]
    closing = timeline.closing
    if closing.kind in _PLAIN_CLOSING:
        left = closing.amount if closing.kind != LineKind.OWED_BACK else zero - closing.amount
        lines.append(PlainLine(_PLAIN_CLOSING[closing.kind], left, None, is_closing=True))
    return lines

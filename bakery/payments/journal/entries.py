"""Double entries, made from plain facts. Each one balances; docs/journal.md has an example of every kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bakery.payments.journal.accounts import SALES, Slot
from bakery.payments.journal.sharing import Shares
from bakery.payments.models import OWN_MONEY, TransactionKind

K = TransactionKind
# Where the money itself is; everything else moves at Stripe.
_MONEY = {K.CASH: Slot.CASH, K.EXTERNAL_CARD: Slot.TERMINAL, K.ADJUSTMENT: Slot.SUSPENSE}
# What stands against it, where it is not the customer's money.
_AGAINST = {
    K.FEE: Slot.FEES,
    K.DISPUTE: Slot.DISPUTED,
    K.DISPUTE_FEE: Slot.DISPUTE_FEES,
    K.TRANSFER: Slot.SELLERS,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One account's part of an entry; one of both amounts is 0. `tax_code` where it belongs to a tax class."""

    slot: str
    debit_cents: int
    credit_cents: int
    tax_code: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the books with its lines. `number` names it for ever: exported again, it is the same."""

    at: datetime
    number: str
    kind: str
    lines: tuple[Line, ...]
    currency: str
    order_number: str
    document: str = ""
    stripe_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A ledger row as the journal needs it. `shares`: what a refund takes off the sales, by tax class."""

    id: int
    at: datetime
    kind: TransactionKind
    cents: int
    currency: str
    order_number: str
    reference: str
    note: str
    document: str
    # It lowers what the order costs, or takes that back.
    credits: bool
    # It bought nothing, and goes back or went back.
    surplus: bool
    # The order has a tax invoice, and this row is one of the payments that stand on it.
    invoiced: bool
    on_invoice: bool
    shares: Shares | None = None


def of_movement(row: Movement) -> Entry:
    """Money that moved: what came in is debited to where it is now, and credited to what it is for."""
    money = _line(_MONEY.get(row.kind, Slot.STRIPE), row.cents)
    if row.kind in OWN_MONEY and row.credits:
        against = _sales_back(row.shares or {})
    else:
        slot = _customer(row) if row.kind in OWN_MONEY else _AGAINST[row.kind]
        against = (_line(slot, -row.cents),)
    by_stripe = row.kind not in _MONEY
    return Entry(
        at=row.at,
        number=f"L-{row.id}",
        kind=row.kind.value,
        lines=(money, *against),
        currency=row.currency,
        order_number=row.order_number,
        document=row.document,
        stripe_id=row.reference if by_stripe else "",
        note=row.note if by_stripe else f"{row.reference} {row.note}".strip(),
    )


def _customer(row: Movement) -> Slot:
    """A customer's money is a deposit until an invoice takes it; after that it pays what the invoice left open."""
    if row.surplus or row.on_invoice or not row.invoiced:
        return Slot.DEPOSITS
    return Slot.RECEIVABLE


@dataclass(frozen=True, slots=True)
class Invoice:
    """A tax invoice as the journal needs it: its sales by tax class, and what had been paid when it was issued."""

    at: datetime
    label: str
    currency: str
    order_number: str
    sales: Mapping[str, tuple[int, int]]
    paid_cents: int


def of_invoice(invoice: Invoice) -> Entry | None:
    """A sale: all its income and all its GST on the day of the invoice. None where nothing was charged."""
    total = sum(net + tax for net, tax in invoice.sales.values())
    if total == 0 and invoice.paid_cents == 0:
        return None
    lines = (
        _line(Slot.DEPOSITS, invoice.paid_cents),
        _line(Slot.RECEIVABLE, total - invoice.paid_cents),
        *(_line(f"{SALES}{code}", -net, code) for code, (net, _) in invoice.sales.items()),
        *(_line(Slot.GST, -tax, code) for code, (_, tax) in invoice.sales.items()),
    )
    return Entry(
        at=invoice.at,
        number=invoice.label,
        kind="invoice",
        lines=_moving(lines),
        currency=invoice.currency,
        order_number=invoice.order_number,
        document=invoice.label,
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ended without money moving: a sale that was called off, or a dispute that was lost."""

    at: datetime
    number: str
    currency: str
    order_number: str
    document: str = ""
    stripe_id: str = ""


def of_cancellation(ending: Ending, shares: Shares) -> Entry:
    """Invoiced, called off, and never to be paid: the open part of the sale is taken back."""
    open_cents = sum(net + tax for net, tax in shares.values())
    lines = (*_sales_back(shares), _line(Slot.RECEIVABLE, -open_cents))
    return _ended(ending, "cancellation", _moving(lines))


def of_lost_dispute(ending: Ending, cents: int) -> Entry:
    """What a bank took is gone."""
    return _ended(ending, "dispute_lost", (_line(Slot.DISPUTE_LOSSES, cents), _line(Slot.DISPUTED, -cents)))


def _ended(ending: Ending, kind: str, lines: tuple[Line, ...]) -> Entry:
    return Entry(
        at=ending.at,
        number=ending.number,
        kind=kind,
        lines=lines,
        currency=ending.currency,
        order_number=ending.order_number,
        document=ending.document,
        stripe_id=ending.stripe_id,
    )


def _sales_back(shares: Shares) -> tuple[Line, ...]:
    """A sale given back (or, with minus, not given back after all): net to refunds, tax off what is owed."""
    return _moving(
        line
        for code, (net, tax) in shares.items()
        for line in (_line(Slot.REFUNDS, net, code), _line(Slot.GST, tax, code))
    )


def _line(slot: str, cents: int, tax_code: str = "") -> Line:
    """A line: debited when positive, credited when negative."""
    return Line(slot, max(cents, 0), max(-cents, 0), tax_code)


def _moving(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.debit_cents or line.credit_cents)

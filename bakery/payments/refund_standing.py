"""Where an order stands as to giving money back: what is left of each line, and of the money of each payment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.money import Money
from bakery.orders.deposit_terms import promised
from bakery.orders.models import Order, OrderLine
from bakery.payments.dispute_queries import at_bank, is_disputed
from bakery.payments.models import OWN_MONEY, Payment, PaymentState, Transaction, TransactionKind
from bakery.payments.refund_models import RefundLine, RefundPart, RefundRequest
from bakery.payments.refund_states import ON_ITS_WAY, RefundSource, RefundState, Tender
from bakery.pricing.cancellation import Tiers
from bakery.pricing.refunds import Sold
from bakery.shop.models import RefundOrder, Shop
from bakery.stock.queries import bought

# Decided, so that nobody else may give the same money; a first approval decides as well.
_DECIDED = (RefundState.APPROVED, RefundState.PROCESSING, RefundState.SUCCEEDED, RefundState.FAILED)
_COUNTER = {Tender.CASH: TransactionKind.CASH, Tender.EXTERNAL_CARD: TransactionKind.EXTERNAL_CARD}


@dataclass(frozen=True, slots=True)
class Line:
    """A line, what has gone back of it, and how many of its units came off a shelf and are not back on it."""

    sold: Sold
    name: str
    size: str
    variant_id: int | None
    off_shelf: int


@dataclass(frozen=True, slots=True)
class Purse:
    """Money of an order that goes back one way: `left_cents` is there and not spoken for.

    `fee_cents`: what Stripe has taken of this payment; None where the ledger does not know it (yet).
    """

    tender: Tender
    payment_id: int | None
    kind: str
    paid_at: datetime
    left_cents: int
    fee_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What may go back of an order at most, and what decides how. Purses stand in the order in which they give.

    `alone_cents`: what one person alone has decided to give back of it; the limit counts it in, or it could be passed
    in portions.
    """

    order_id: int
    currency: str
    lines: tuple[Line, ...]
    purses: tuple[Purse, ...]
    available_cents: int
    disputed: bool
    over: bool
    limit_cents: int
    alone_cents: int
    tiers: Tiers | None
    kept_cents: int
    pickup_on: date
    today: date

    @property
    def available(self) -> Money:
        return Money(self.available_cents, self.currency)


def read_standing(
    session: Session, order: Order, *, but: int | None = None, with_bank: bool = False
) -> Standing:
    """The order's standing without its refund request `but`. Exact under the order's lock; for a page, as of now.

    `with_bank`: as if a bank that has not decided had returned what it took. For promises; nothing is sent by it.
    """
    shop = session.get_one(Shop, 1)
    away = at_bank(session, order.id).away if with_bank else {}
    on_its_way = _on_its_way(session, order.id, but)
    lines = _lines(session, order, decided(but))
    newest_first = shop.refund_order == RefundOrder.NEWEST
    purses = _purses(session, order, on_its_way, away, newest_first=newest_first)
    spoken_for = sum(on_its_way.values())
    available = min(
        sum(purse.left_cents for purse in purses),
        sum(line.sold.left_cents for line in lines),
        order.held_cents - spoken_for,
        order.total_cents - order.credited_cents - spoken_for,
    )
    return Standing(
        order_id=order.id,
        currency=order.currency,
        lines=lines,
        purses=purses,
        available_cents=max(0, available),
        disputed=is_disputed(session, order.id),
        over=order.status in ("CANCELLED", "EXPIRED", "COLLECTED"),
        limit_cents=shop.refund_limit_cents,
        alone_cents=_alone(session, order.id, but),
        tiers=promised(order.snapshot),
        kept_cents=int(order.snapshot.get("deposit_kept_cents") or 0),
        pickup_on=order.pickup_at.astimezone(ZoneInfo(order.time_zone)).date(),
        today=clock.today(order.time_zone),
    )


def left_of_payment(session: Session, payment_id: int) -> int:
    """Cents of a payment that the shop has: captured, less refunded, less what a bank took in a dispute."""
    rows = _by_payment(session, Transaction.payment_id == payment_id)
    return _held(rows.get(payment_id, {}))


def lines_gone(session: Session, order: Order) -> tuple[Line, ...]:
    """What is left of each line when only what has really gone counts, and nothing that is decided."""
    gone = or_(RefundRequest.state == RefundState.SUCCEEDED, RefundRequest.source == RefundSource.STRIPE)
    return _lines(session, order, gone)


def decided(but: int | None = None) -> ColumnElement[bool]:
    """Requests whose money is spoken for, or has gone."""
    taken = or_(
        RefundRequest.state.in_(_DECIDED),
        and_(RefundRequest.state == RefundState.REQUESTED, RefundRequest.first_by != ""),
    )
    return taken if but is None else and_(taken, RefundRequest.id != but)


def _on_its_way(session: Session, order_id: int, but: int | None) -> Counter[tuple[int | None, str]]:
    """Cents that are decided and have not gone, by payment; by their way where they are no payment's."""
    query = (
        select(RefundPart.payment_id, RefundPart.tender, func.sum(RefundPart.amount_cents))
        .join(RefundRequest, RefundRequest.id == RefundPart.request_id)
        .where(RefundRequest.order_id == order_id, decided(but), RefundPart.state.in_(ON_ITS_WAY))
        .group_by(RefundPart.payment_id, RefundPart.tender)
    )
    found: Counter[tuple[int | None, str]] = Counter()
    for payment_id, tender, cents in session.execute(query):
        found[payment_id, "" if payment_id else tender] += int(cents)
    return found


def _alone(session: Session, order_id: int, but: int | None) -> int:
    query = select(func.coalesce(func.sum(RefundRequest.amount_cents), 0)).where(
        RefundRequest.order_id == order_id,
        decided(but),
        RefundRequest.source != RefundSource.STRIPE,
        RefundRequest.second_by == "",
    )
    return int(session.scalars(query).one())


def _lines(session: Session, order: Order, counted: ColumnElement[bool]) -> tuple[Line, ...]:
    gone = {
        row.order_line_id: row
        for row in session.execute(
            select(
                RefundLine.order_line_id,
                func.sum(RefundLine.quantity).label("units"),
                func.sum(RefundLine.amount_cents).label("cents"),
                func.sum(RefundLine.tax_cents).label("tax"),
            )
            .join(RefundRequest, RefundRequest.id == RefundLine.request_id)
            .where(RefundRequest.order_id == order.id, counted)
            .group_by(RefundLine.order_line_id)
        )
    }
    shelf = bought(session, order.ref)
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    found = []
    for line in session.scalars(query):
        row = gone.get(line.id)
        sold = _sold(order, line, int(row.units), int(row.cents), int(row.tax)) if row else _sold(order, line)
        off_shelf = shelf.get(line.variant_id, 0) if line.variant_id else 0
        found.append(Line(sold, line.product_name, line.variant_name, line.variant_id, off_shelf))
    return tuple(found)


def _sold(order: Order, line: OrderLine, units: int = 0, cents: int = 0, tax: int = 0) -> Sold:
    """What was given back in Stripe's dashboard, past every cap, may be more than a line has; then nothing is left."""
    gross = line.total_cents if order.prices_include_tax else line.total_cents + line.tax_cents
    gone = min(cents, gross)
    return Sold(
        key=line.id,
        quantity=line.quantity,
        unit_price_cents=line.unit_price_cents,
        total_cents=line.total_cents,
        tax_cents=line.tax_cents,
        include_tax=order.prices_include_tax,
        rate_bp=line.tax_rate_bp,
        tax_code=line.tax_code,
        tax_name=line.tax_name,
        gone_units=min(units, line.quantity),
        gone_cents=gone,
        gone_tax_cents=min(max(tax, line.tax_cents - (gross - gone)), line.tax_cents),
    )


def _purses(
    session: Session,
    order: Order,
    on_its_way: Counter[tuple[int | None, str]],
    away: Mapping[int, int],
    *,
    newest_first: bool,
) -> tuple[Purse, ...]:
    rows = _by_payment(session, Transaction.order_id == order.id)
    payments = session.scalars(
        select(Payment).where(
            Payment.order_id == order.id,
            Payment.state == PaymentState.SUCCEEDED,
            # What bought nothing goes back by itself.
            Payment.surplus.is_(False),
        )
    )
    found = [
        Purse(
            tender=Tender.STRIPE,
            payment_id=payment.id,
            kind=payment.kind,
            paid_at=payment.ended_at or payment.created_at,
            left_cents=_held(rows.get(payment.id, {}), away.get(payment.id, 0)) - on_its_way[payment.id, ""],
            fee_cents=-rows[payment.id]["fee"] if "fee" in rows.get(payment.id, {}) else None,
        )
        for payment in payments
    ]
    found += _counter_purses(session, order, rows.get(None, {}), on_its_way)
    found.sort(key=lambda purse: (purse.paid_at, purse.payment_id or 0), reverse=newest_first)
    return tuple(purse for purse in found if purse.left_cents > 0)


def _counter_purses(
    session: Session, order: Order, sums: dict[str, int], on_its_way: Counter[tuple[int | None, str]]
) -> list[Purse]:
    """Money taken at the counter, past Stripe; it is given back by hand."""
    query = select(Transaction.kind, func.max(Transaction.at)).where(
        Transaction.order_id == order.id,
        Transaction.payment_id.is_(None),
        Transaction.kind.in_(_COUNTER.values()),
    )
    at = {kind: last for kind, last in session.execute(query.group_by(Transaction.kind))}
    return [
        Purse(tender, None, "", at[kind], sums.get(kind, 0) - on_its_way[None, tender])
        for tender, kind in _COUNTER.items()
        if kind in at
    ]


def _by_payment(session: Session, where: ColumnElement[bool]) -> dict[int | None, dict[str, int]]:
    """The ledger's sums by payment and kind."""
    found: dict[int | None, dict[str, int]] = {}
    query = select(Transaction.payment_id, Transaction.kind, func.sum(Transaction.amount_cents)).where(where)
    for payment_id, kind, cents in session.execute(query.group_by(Transaction.payment_id, Transaction.kind)):
        found.setdefault(payment_id, {})[kind] = int(cents)
    return found


def _held(sums: dict[str, int], away: int = 0) -> int:
    """What the shop has of it, or would have with what is `away`. A dispute that was won brings back what it took, and
    no more.
    """
    own = sum(cents for kind, cents in sums.items() if kind in OWN_MONEY)
    return own + min(0, sums.get(TransactionKind.DISPUTE, 0) + away)

"""An order as its customer sees it: what to do now, what has happened, what is still to come."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes.acceptance import find_request_of_order
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments import queries as payments
from bakery.payments.models import PaymentKind, PaymentState
from bakery.payments.queries import LastTry
from bakery.payments.timeline import PlainLine, for_customer
from bakery.storefront.words import allergen_pairs

# How long to wait for Stripe's word before saying that it takes longer than usual.
PATIENCE = timedelta(seconds=60)
_S = OrderStatus

ROAD = (_S.CONFIRMED, _S.IN_PRODUCTION, _S.READY, _S.COLLECTED)
WORDS = {
    _S.PENDING_PAYMENT: "Ordered",
    _S.CONFIRMED: "Paid and confirmed",
    _S.IN_PRODUCTION: "In our kitchen",
    _S.READY: "Ready for you",
    _S.COLLECTED: "Collected",
    _S.EXPIRED: "Not paid in time",
    _S.CANCELLED: "Cancelled",
}
_NOT_WHOLE = {
    PaymentStatus.DEPOSIT_PAID: "Deposit paid, confirmed",
    PaymentStatus.UNPAID: "Confirmed, not paid yet",
}
# How often the page asks, in seconds; an order that is over asks no more.
_ASK = {_S.PENDING_PAYMENT: 15, _S.CONFIRMED: 20, _S.IN_PRODUCTION: 20, _S.READY: 20}


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the timeline: `state` is done, current, upcoming or failed."""

    words: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an order stands for the person looking at it now."""

    status: str
    unpaid: bool
    waiting: bool
    late: bool
    out_of_time: bool
    failure: str
    receipt: bool
    # Where the bank waits for the owner of a saved card.
    bank_url: str
    ask_every: int | None
    since: int
    version: int
    # What would be asked for now, in cents, and whether it should have been paid.
    asks: int
    overdue: bool
    # Whether what the customer last went to pay is not paid: who paid it meanwhile is not told of a page they left.
    left_unpaid: bool

    @property
    def etag(self) -> str:
        """Changes when anything on the live part of the page does."""
        seen = (
            self.version,
            self.status,
            self.waiting,
            self.late,
            self.out_of_time,
            self.failure,
            self.receipt,
            self.bank_url,
            self.asks,
            self.overdue,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:20]


def money_lines(session: Session, order: Order) -> list[PlainLine]:
    """What was paid and what is left to pay, line by line; nothing while no money has moved."""
    told = payments.timeline(session, order)
    return for_customer(told) if told.moved else []


def progress(order: Order, *, paid: bool, since: int | None, last: LastTry, receipt: bool) -> Progress:
    """Where it stands. `paid`: the customer came back from paying, or a saved card was charged, at `since` (epoch).

    `last`: how their latest try to pay stands. One that has failed is waited for no longer.
    """
    now = clock.now()
    unpaid = order.status == _S.PENDING_PAYMENT and order.payment_status == PaymentStatus.UNPAID
    began = since if since is not None else int(now.timestamp())
    rest = last.kind == PaymentKind.BALANCE and order.due_later.cents > 0
    waiting = (unpaid and paid and not last.has_failed) or (rest and paid and last.is_open)
    waiting = waiting or ((unpaid or rest) and last.charged)
    late = waiting and now.timestamp() - began > PATIENCE.total_seconds()
    every = _ASK.get(OrderStatus(order.status))
    if waiting:
        every = 10 if late else 2
    return Progress(
        status=order.status,
        unpaid=unpaid,
        waiting=waiting,
        late=late,
        out_of_time=unpaid and min(order.hold_expires_at, order.pickup_at) <= now,
        failure=last.failure if not waiting and (unpaid or rest) else "",
        receipt=receipt,
        bank_url=last.bank_url if not waiting and (unpaid or rest) else "",
        ask_every=every,
        since=began,
        version=order.version,
        asks=order.due_later.cents or order.first_payment.cents,
        overdue=order.is_overdue,
        left_unpaid=(unpaid or rest) and last.state != PaymentState.SUCCEEDED,
    )


def timeline(order: Order, events: Sequence[OrderEvent]) -> list[Step]:
    """What happened, each status once, then what is still to come on the usual road."""
    steps = [Step(WORDS[_S.PENDING_PAYMENT], "done", order.placed_at)]
    reached = _reached(order, events)
    if order.status in (_S.EXPIRED, _S.CANCELLED):
        ended = next((e.at for e in reversed(events) if e.to_state == order.status), None)
        return [
            *steps,
            *_past(reached, order.status),
            Step(WORDS[OrderStatus(order.status)], "failed", ended),
        ]
    steps += [_of_deposit(step, order) for step in _past(reached, order.status)]
    if order.status == _S.PENDING_PAYMENT:
        steps.append(Step("Waiting for payment", "current"))
    ahead = ROAD[ROAD.index(OrderStatus(order.status)) + 1 :] if order.status in ROAD else ROAD
    return steps + [Step(WORDS[status], "upcoming") for status in ahead]


def _of_deposit(step: Step, order: Order) -> Step:
    """An order of which only the deposit is paid, or nothing at all, is not called paid."""
    words = _NOT_WHOLE.get(PaymentStatus(order.payment_status))
    return replace(step, words=words) if words and step.words == WORDS[_S.CONFIRMED] else step


def cake_of(session: Session, order: Order) -> str | None:
    """The number of the custom cake's request that this order was made for; None for what is on the menu."""
    made_for_one = any(line.product_id is None for line in order.lines)
    return find_request_of_order(session, order.id) if made_for_one else None


def line_allergens(line: OrderLine) -> list[tuple[str, str]]:
    """A line's allergens as they were declared when it was sold, in words."""
    declared: dict[str, dict[str, Any]] = line.allergens or {}
    triples = [
        (code, value.get("state", "unknown"), value.get("note", "")) for code, value in declared.items()
    ]
    return allergen_pairs(triples)


def _reached(order: Order, events: Sequence[OrderEvent]) -> dict[str, datetime]:
    """When each status on the road was last entered, for those not gone back from."""
    entered = {e.to_state: e.at for e in events if e.kind == "status" and e.to_state in ROAD}
    if order.status in ROAD:
        index = ROAD.index(OrderStatus(order.status))
        return {status: entered[status] for status in ROAD[: index + 1] if status in entered}
    return {str(status): at for status, at in entered.items()}


def _past(reached: dict[str, datetime], status: str) -> list[Step]:
    steps = []
    for passed in ROAD:
        if passed in reached:
            state = "current" if passed == status and passed != _S.COLLECTED else "done"
            steps.append(Step(WORDS[passed], state, reached[passed]))
    return steps

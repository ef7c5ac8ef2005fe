"""Calling an order off, and what comes back of it: by the promise made with the order, or as staff say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.core.money import Money, round_half_up
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.dispute_queries import at_bank
from bakery.payments.operations import attempts, ledger, refund_moves
from bakery.payments.operations.refund_moves import Opened
from bakery.payments.refund_simulation import Choice, Simulation, by_policy, policy_percent, simulate
from bakery.payments.refund_standing import Standing, read_standing
from bakery.payments.refund_states import RefundKind, RefundSource
from bakery.payments.services.refund_requests import tell_asked, words_of
from bakery.pricing.cancellation import share_of

_TOO_LATE = {
    OrderStatus.PENDING_PAYMENT: "This order is not paid. On its page you can change it, or let it go.",
    OrderStatus.IN_PRODUCTION: "We are making your order already. Please ring us: we will do what we can.",
    OrderStatus.READY: "Your order is made. Please ring us: we will do what we can.",
    OrderStatus.COLLECTED: "This order has been collected.",
    OrderStatus.EXPIRED: "This order was never paid, so there is nothing to cancel.",
    OrderStatus.CANCELLED: "This order is cancelled already.",
}
_PAST = "The time to collect this order has come. Please ring us."


@dataclass(frozen=True, slots=True)
class Back:
    """What comes back when an order is cancelled now. `percent` None: nothing was promised, so a person decides.

    `simulation` None: nothing comes back. `share` is the promise's part of `paid` before what is `kept` bounds it.
    `with_bank` of what is paid a bank took and has not decided on (or not returned): what was promised of it waits for
    that. `bank_gave` its customer has back from a bank for good; it is no part of `paid`.
    """

    paid: Money
    amount: Money
    percent: int | None
    kept: Money
    share: Money
    frozen: bool
    with_bank: Money
    bank_gave: Money
    simulation: Simulation | None

    @property
    def fingerprint(self) -> str:
        """Equal figures have equal fingerprints."""
        figures = self.simulation.fingerprint if self.simulation else ""
        text = f"{self.paid}{self.amount}{self.percent}{self.with_bank}{self.bank_gave}{self.frozen}{figures}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class OtherTerms(Conflict):
    """What would come back is not what was shown: `now` is."""

    def __init__(self, now: Back) -> None:
        super().__init__(
            "What comes back has changed since you looked. Nothing was cancelled; please look again."
        )
        self.now = now


def why_not_cancelled(order: Order) -> str:
    """Why its customer cannot call this order off by themselves, in a sentence; empty when they can."""
    if order.status != OrderStatus.CONFIRMED:
        return _TOO_LATE[OrderStatus(order.status)]
    return _PAST if order.pickup_at <= clock.now() else ""


def read_back(session: Session, order: Order) -> Back:
    """What comes back of an order when it is cancelled now, by what was promised."""
    return _back(session, order, read_standing(session, order, with_bank=True), None)


def cancel_own(order_id: int, actor: Actor, seen: str) -> int | None:
    """Call off one's own order, and ask for what was promised; a person decides on it. Answers the refund's id.

    Refuses an order that is made or over (Conflict), and what is not what was shown (OtherTerms).
    """
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if refusal := why_not_cancelled(order):
            raise Conflict(refusal)
        back = read_back(session, order)
        if seen != back.fingerprint:
            raise OtherTerms(back)
        return _cancel(session, order, back, actor, "cancelled by the customer", source=RefundSource.POLICY)


def cancel_with_refund(
    order_id: int,
    actor: Actor,
    reason: str,
    *,
    share: int | None = None,
    amount_cents: int | None = None,
    restock: bool = False,
) -> int | None:
    """Call an order off, paid or not, and ask for what is to come back of it. Answers the refund's id; None where
    nothing comes back.

    How much: `amount_cents`, else `share` hundredths of what is paid, else what was promised with the order; where
    nothing was promised, all of it. A person decides on the request. Refuses an order that is over, no reason, and
    more than was paid.
    """
    reason = words_of(reason, "Say why the order is cancelled; the customer may ask.", "reason")
    if share is not None and not 0 <= share <= 100:
        raise ValueError("a share is 0 to 100 hundredths")
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        standing = read_standing(session, order, with_bank=True)
        if amount_cents is None and share is not None:
            amount_cents = round_half_up(Fraction(standing.available_cents * share, 100))
        back = _back(session, order, standing, amount_cents)
        by_person = amount_cents is not None and share is None
        source = RefundSource.STAFF if by_person else RefundSource.POLICY
        return _cancel(session, order, back, actor, reason, source=source, restock=restock)


def cancel_by_policy(session: Session, order: Order, actor: Actor, reason: str) -> int | None:
    """Call a paid order off inside the caller's transaction and under the order's lock, and ask for what was promised
    with it. Answers the refund's id; None where nothing comes back.
    """
    return _cancel(session, order, read_back(session, order), actor, reason, source=RefundSource.POLICY)


def _back(session: Session, order: Order, standing: Standing, amount_cents: int | None) -> Back:
    """What was promised is reckoned of all that was paid, also of what a bank has while it decides: the request for it
    waits, and whoever decides on it finds what is left by then.
    """
    cents, bank = amount_cents, at_bank(session, order.id)
    if cents is None:
        promised = by_policy(standing)
        cents = standing.available_cents if promised is None else promised
    if cents < 0 or (cents and not standing.available_cents):
        raise Invalid("Nothing is paid of this order, so nothing comes back.", field="amount")
    choice = Choice(RefundKind.CANCELLATION, amount_cents=cents)
    currency, percent = standing.currency, policy_percent(standing) if amount_cents is None else None
    here = read_standing(session, order).available_cents if bank.away else standing.available_cents
    return Back(
        paid=standing.available,
        amount=Money(cents, currency),
        percent=percent,
        kept=Money(min(standing.kept_cents, standing.available_cents), currency),
        share=Money(share_of(standing.available_cents, percent or 0), currency),
        frozen=standing.disputed,
        with_bank=Money(standing.available_cents - here, currency),
        bank_gave=Money(bank.gave_cents, currency),
        simulation=simulate(standing, choice) if cents else None,
    )


def _cancel(  # noqa: PLR0913 which, how much, who, why
    session: Session,
    order: Order,
    back: Back,
    actor: Actor,
    reason: str,
    *,
    source: RefundSource,
    restock: bool = False,
) -> int | None:
    """In one breath: the order is over, its slot free, its open page closed, and what comes back is asked for."""
    orders.call_off(session, order, actor, reason, restock=restock)
    # A payment page that is still open would take money for nothing.
    attempts.owe_closing_others(session, order.id)
    if order.payment_status == PaymentStatus.PARTIALLY_REFUNDED and not order.held_cents:
        # All that was paid had gone back before, and nothing more is asked for.
        ledger.settle_refunds(session, order, "cancelled")
    if back.simulation is None:
        return None
    by = Opened(source, reason, f"cancelled:{order.id}", actor)
    request = refund_moves.open_request(session, order, back.simulation, by)
    tell_asked(session, order, request)
    return request.id

"""An attempt to collect: which one counts, beginning one, ending one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.errors import Conflict
from bakery.infra import outbox, queue
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.facts import FailureFacts, IntentFacts, SessionFacts
from bakery.payments.models import Payment, PaymentChannel, PaymentKind, PaymentState

# Stripe lets a page live from half an hour to a day; one minute is for the way there and slow clocks.
SESSION = timedelta(minutes=31)
LONGEST = timedelta(hours=23, minutes=50)
# What is held outlives the page, so that a bank's question answered in its last second is in time.
GRACE = timedelta(minutes=4)
# Trying again keeps cake and slot for the customer, but not for ever.
PATIENCE = timedelta(hours=3)
OPEN_STATES = (PaymentState.CREATED, PaymentState.OPEN)
CLOSE = "jobs.payments.close_session"


@dataclass(frozen=True, slots=True)
class CardOnFile:
    """A card that its owner has saved, by Stripe's names for it and for its owner."""

    customer_id: str
    payment_method_id: str


@dataclass(frozen=True, slots=True)
class Keep:
    """What is to become of the card that pays, and whose it is at Stripe: kept for later, charged for the rest."""

    customer_id: str | None = None
    save: bool = False
    rest: bool = False


NOT_KEPT = Keep()


@dataclass(frozen=True, slots=True)
class CardAttempt:
    """How a saved card is charged; `off_session`: its owner is not there to answer their bank."""

    card: CardOnFile
    off_session: bool = False

    def is_of(self, payment: Payment) -> bool:
        """Whether an attempt is this very one, so that asking Stripe again asks word for word the same."""
        return (payment.customer_id, payment.payment_method_id, payment.off_session) == (
            self.card.customer_id,
            self.card.payment_method_id,
            self.off_session,
        )


class NotPayable(Conflict):
    """The order is not waiting for money (any more)."""


_WHY_NOT = {
    OrderStatus.EXPIRED: "This order was not paid in time, so what was held for it is free again. "
    "Please order anew.",
    OrderStatus.CANCELLED: "This order was cancelled.",
}
_NOT_ACCEPTED = "Please accept the offer and its terms first: then you can pay for it."
_OUT_OF_TIME = "The time to pay for this order has run out. Please order anew."
_OFFER_OVER = "The time to pay for this offer has run out. Nothing was charged."
_PICKUP_TOO_NEAR = (
    "Your pickup time is too near to open another payment page. Press “Change the order”: "
    "everything goes back into your cart, and you choose a later time."
)


def why_not_payable(order: Order) -> str:
    """Why nobody may pay for this order (any more), in a sentence; empty when one may.

    What is due of a confirmed order may be paid at any time, also after it was collected.
    """
    if order.due_later.cents:
        return ""
    if order.status != OrderStatus.PENDING_PAYMENT:
        return _WHY_NOT.get(OrderStatus(order.status), "This order is already paid.")
    if order.awaits_acceptance:
        return _NOT_ACCEPTED
    # Nobody pays at noon for a loaf that was to be collected at ten.
    return _OUT_OF_TIME if min(order.hold_expires_at, order.pickup_at) <= clock.now() else ""


def check_payable(order: Order) -> None:
    """Refuse an order that is paid, over, out of time, or that its customer has not agreed to."""
    if refusal := why_not_payable(order):
        raise NotPayable(refusal)


def fresh(session: Session, payment_id: int) -> Payment:
    """A payment as it is now; the order's lock is what guards it."""
    return session.scalars(
        select(Payment).where(Payment.id == payment_id).execution_options(populate_existing=True)
    ).one()


def waiting(session: Session, order_id: int) -> Payment | None:
    """The order's one attempt that is begun or open."""
    return session.scalars(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.state.in_(OPEN_STATES))
        .execution_options(populate_existing=True)
    ).one_or_none()


def asked_first(order: Order) -> tuple[PaymentKind, int]:
    """What is asked for to order it, and how many cents that is: the deposit while that is enough, else all."""
    kind = PaymentKind.DEPOSIT if order.asks_deposit else PaymentKind.FULL
    return kind, order.first_payment.cents


def asked(order: Order) -> tuple[PaymentKind, int]:
    """What is asked for now: what is due of a confirmed order, else what orders it."""
    rest = order.due_later.cents
    return (PaymentKind.BALANCE, rest) if rest else asked_first(order)


def kept_before(session: Session, order: Order) -> Keep:
    """What the customer last wanted to become of their card, when they were asked for the same."""
    last = session.scalars(
        select(Payment).where(Payment.order_id == order.id).order_by(Payment.id.desc()).limit(1)
    ).one_or_none()
    if last is None or last.kind != asked(order)[0] or last.channel == PaymentChannel.CARD:
        return NOT_KEPT
    return kept_by(last)


def kept_by(payment: Payment) -> Keep:
    """What is to become of the card that pays this attempt."""
    return Keep(payment.customer_id, payment.save_card, payment.charge_rest)


def begin(
    session: Session,
    order: Order,
    until: datetime | None = None,
    by_card: CardAttempt | None = None,
    keep: Keep = NOT_KEPT,
    tried_from: str = "",
) -> Payment:
    """A new attempt for what the order asks for now, on a page or `by_card`.

    What is held for an unpaid order outlives its page; a confirmed one holds nothing, and its page stays open for
    as long as Stripe allows.

    A page ends before the pickup. Stripe keeps one open for half an hour at least, so a further page is
    refused when the pickup is nearer; an order's first page is not, and is closed at the pickup instead.
    Refuses, too, once the customer has been trying for `PATIENCE`.

    `until`: an offer's own end, in place of all that. No page outlives it: one that Stripe would keep open for
    longer is closed by us at that moment. Refuses once it has come.
    """
    made = Payment(
        channel=PaymentChannel.CARD if by_card else PaymentChannel.PAGE,
        customer_id=by_card.card.customer_id if by_card else keep.customer_id,
        payment_method_id=by_card.card.payment_method_id if by_card else None,
        off_session=by_card is not None and by_card.off_session,
        save_card=keep.save,
        charge_rest=keep.rest,
        tried_from=tried_from,
    )
    if order.due_later.cents:
        return _write(session, order, _whole_second(clock.now() + LONGEST), made)
    now = clock.now()
    closes_at = min(until or order.pickup_at, order.pickup_at)
    if until is None:
        expires_at = _page_end(session, order, now)
    elif closes_at <= now:
        raise NotPayable(_OFFER_OVER)
    else:
        expires_at = _whole_second(max(now + SESSION, min(closes_at, now + LONGEST)))
    # A page of an offer is closed at its end, so no more than that is held.
    hold_until = (expires_at if until is None else min(expires_at, closes_at)) + GRACE
    if hold_until > order.hold_expires_at:
        if until is None and now > order.placed_at + PATIENCE:
            raise NotPayable(_OUT_OF_TIME)
        orders.extend_hold(session, order, hold_until)
    payment = _write(session, order, expires_at, made)
    if expires_at > closes_at:
        outbox.owe(
            session,
            CLOSE,
            payment.id,
            on=queue.DEFAULT,
            key=f"payment:{payment.id}:close-in-time",
            not_before=closes_at,
        )
    return payment


def _write(session: Session, order: Order, expires_at: datetime, payment: Payment) -> Payment:
    payment.order_id = order.id
    payment.kind, payment.amount_cents = asked(order)
    payment.currency = order.currency
    payment.idempotency_key = f"checkout-{order.number}-{ids.new_secret()[:16]}"
    payment.expires_at = expires_at
    payment.created_at = clock.now()
    session.add(payment)
    session.flush()
    return payment


def _page_end(session: Session, order: Order, now: datetime) -> datetime:
    """When the page of an order that customers place themselves ends."""
    shortest = now + SESSION
    if shortest > order.pickup_at and _had_a_page(session, order.id):
        raise NotPayable(_PICKUP_TOO_NEAR)
    wanted = min(order.hold_expires_at - GRACE, order.pickup_at, now + LONGEST)
    return _whole_second(max(shortest, wanted))


def _had_a_page(session: Session, order_id: int) -> bool:
    """Whether Stripe has opened a page for this order before. A try that failed on the way is none."""
    opened = select(Payment.id).where(Payment.order_id == order_id, Payment.session_id.is_not(None))
    return session.scalar(opened.limit(1)) is not None


def end(payment: Payment, state: PaymentState, failure: str = "") -> None:
    """Close an attempt; keeps an earlier reason when there is no new one."""
    payment.state = state
    payment.ended_at = clock.now()
    payment.failure = failure[:300] or payment.failure


def owe_closing_others(session: Session, order_id: int, but: int | None = None) -> None:
    """Close the order's other open pages at Stripe, so that nobody pays there."""
    query = select(Payment.id).where(Payment.order_id == order_id, Payment.state.in_(OPEN_STATES))
    for payment_id in session.scalars(query):
        if payment_id != but:
            outbox.owe(session, CLOSE, payment_id, on=queue.DEFAULT, key=f"payment:{payment_id}:close")


def owe_closing(session: Session, payment_id: int, session_id: str) -> None:
    """Close one page at Stripe, also one that opened when its attempt had been ended already."""
    outbox.owe(
        session, CLOSE, payment_id, on=queue.DEFAULT, key=f"payment:{payment_id}:close:{session_id}"[:120]
    )


def of_session(session: Session, facts: SessionFacts) -> Payment | None:
    """The attempt that a Checkout Session belongs to: by its own id, else by the id it carries.

    The second way finds the attempt whose answer was lost on the way to us.
    """
    found = None
    if facts.session_id:
        found = session.scalar(select(Payment).where(Payment.session_id == facts.session_id))
    if found is None and facts.payment_id is not None:
        found = session.get(Payment, facts.payment_id)
    return found


def of_charge(session: Session, facts: IntentFacts) -> Payment | None:
    """The attempt that a payment intent belongs to: by its own id, else by the id it carries."""
    found = of_intent(session, facts.payment_intent_id)
    if found is None and facts.payment_id is not None:
        found = session.get(Payment, facts.payment_id)
    return found


def of_intent(session: Session, intent_id: str | None) -> Payment | None:
    """The attempt that a payment intent belongs to, when we know."""
    if not intent_id:
        return None
    return session.scalar(select(Payment).where(Payment.payment_intent_id == intent_id).order_by(Payment.id))


def of_failure(session: Session, facts: FailureFacts) -> Payment | None:
    """The attempt that a failed payment intent belongs to. The order's number must agree."""
    conditions = [Payment.payment_intent_id == facts.payment_intent_id]
    if facts.payment_id is not None:
        conditions.append(Payment.id == facts.payment_id)
    query = select(Payment).join(Order, Order.id == Payment.order_id).where(or_(*conditions))
    if facts.order_numbers:
        query = query.where(Order.number.in_(facts.order_numbers))
    return session.scalars(query.order_by(Payment.id)).first()


def _whole_second(at: datetime) -> datetime:
    # Stripe counts in whole seconds, and a second try with the same key must say the same.
    return at.replace(microsecond=0)

"""Steps of an order's life inside somebody else's transaction. The caller holds the order's row lock.

Locks are taken in one order everywhere: cart or order, then (placing) the email address, then stock levels by
variant, then the slot, then the days of the kitchen's stations by date and station.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.infra import outbox, queue
from bakery.infra.formats import money
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import ORDER, PAYMENT, OrderStatus, PaymentStatus
from bakery.people import audit
from bakery.scheduling import operations as scheduling
from bakery.scheduling.steps import agreed_need, read_steps
from bakery.stock import operations as stock

EVIDENCE_AFTER = timedelta(minutes=2)


def lock_order(session: Session, order_id: int) -> Order:
    """Lock an order's row and answer it fresh. Raises NotFound."""
    order = session.scalar(
        select(Order)
        .where(Order.id == order_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound("There is no such order.")
    return order


def change_status(
    session: Session, order: Order, to: OrderStatus, actor: Actor = SYSTEM, reason: str = ""
) -> None:
    """Move the order to another status, with its row of history. Refuses a move the table does not name."""
    current = OrderStatus(order.status)
    ORDER.check(current, to)
    order.status = to
    _enter(session, order, "status", current, to, actor, reason)
    if to == OrderStatus.COLLECTED:
        _owe_evidence(session, order, "handover", f"handover:{order.version}")


def change_payment_status(
    session: Session, order: Order, to: PaymentStatus, actor: Actor = SYSTEM, reason: str = ""
) -> None:
    """Move the order's payment status, with its row of history. Refuses a move the table does not name."""
    current = PaymentStatus(order.payment_status)
    PAYMENT.check(current, to)
    order.payment_status = to
    _enter(session, order, "payment_status", current, to, actor, reason)


def check_handover(order: Order, owing_cents: int) -> str:
    """Refuse to hand over an order of which something is due, unless this very amount was said. Answers what the
    history says of it: `, $52.75 not paid`, or nothing.
    """
    due = order.due_later
    if not due.cents:
        return ""
    if owing_cents != due.cents:
        raise Conflict(
            f"{money(due)} of this order is still to be paid. Take it first, or press the button that says so."
        )
    return f", {money(due)} not paid"


def add_note(session: Session, order: Order, text: str, actor: Actor) -> None:
    """Add what staff want to remember; never shown to the customer."""
    _enter(session, order, "note", None, None, actor, text)


def release(session: Session, order: Order, actor: Actor, reason: str) -> None:
    """Let the kitchen have an order that is not paid; `confirm` is the next step. For all to see in its history."""
    order.released_at = clock.now()
    _enter(session, order, "release", None, None, actor, reason)


def confirm(session: Session, order: Order, actor: Actor = SYSTEM, reason: str = "") -> None:
    """The order is paid, or has nothing to pay: sell what it held, and owe mail, SMS and tickets.

    Refuses an order that is not waiting for payment, or expired and not retaken.
    """
    change_status(session, order, OrderStatus.CONFIRMED, actor, reason)
    order.confirmed_at = clock.now()
    stock.consume(session, order.ref)
    scheduling.consume(session, order.ref)
    outbox.owe(session, "jobs.orders.send_confirmation", order.id, key=f"{order.ref}:confirmation")
    if order.has_cake:
        outbox.owe(
            session, "jobs.orders.send_staff_sms", order.id, on=queue.URGENT, key=f"{order.ref}:staff-sms"
        )
    outbox.owe(session, "jobs.production.open_tickets", order.id, on=queue.URGENT, key=f"{order.ref}:tickets")
    _owe_evidence(session, order, "sale", "sale")
    if order.is_bespoke:
        outbox.owe(
            session, "jobs.custom_cakes.follow_order", order.id, on=queue.URGENT, key=f"{order.ref}:request"
        )


def extend_hold(session: Session, order: Order, until: datetime) -> None:
    """Keep stock and slot for the customer until later. Never shortens; refuses an order that is not unpaid."""
    if order.status != OrderStatus.PENDING_PAYMENT:
        raise Conflict("This order holds nothing any more.")
    order.hold_expires_at = max(order.hold_expires_at, until)
    stock.extend(session, order.ref, until)
    scheduling.extend(session, order.ref, until)


def release_holds(session: Session, order: Order, actor: Actor = SYSTEM, reason: str = "") -> None:
    """Give stock and slot of an unpaid order to others."""
    stock.release(session, order.ref, actor, reason)
    scheduling.release(session, order.ref)


def cancel(session: Session, order: Order, actor: Actor, reason: str) -> None:
    """Call the order off and free what it held, paid or not; what was sold stays sold. Refuses one that is over."""
    change_status(session, order, OrderStatus.CANCELLED, actor, reason)
    stock.release(session, order.ref, actor, reason)
    scheduling.give_back(session, order.ref)


def call_off(
    session: Session, order: Order, actor: Actor, reason: str, *, restock: bool = False
) -> OrderStatus:
    """Call the order off and owe what follows: no tickets, and a mail to who counts on it. Answers what it was before.

    What was sold goes back on the shelf only with `restock`: baked goods of a cancelled order rarely can be sold
    again. What was paid is for payments to give back. Refuses an order that is over, and one without a reason.
    """
    if not reason.strip():
        raise Invalid("Say why the order is cancelled.", field="reason")
    before = OrderStatus(order.status)
    cancel(session, order, actor, reason)
    if restock:
        stock.give_back(session, order.ref, actor, reason)
    if before != OrderStatus.PENDING_PAYMENT:
        outbox.owe(
            session, "jobs.production.void_tickets", order.id, on=queue.URGENT, key=f"{order.ref}:void"
        )
        outbox.owe(
            session,
            "jobs.orders.send_cancellation",
            order.id,
            on=queue.DEFAULT,
            key=f"{order.ref}:cancelled",
        )
    audit.record(
        session,
        actor,
        "order.cancel",
        "order",
        order.number,
        before={"status": before.value},
        after={"status": order.status},
        reason=reason,
    )
    return before


def retake_or_none(session: Session, order: Order) -> Order | None:
    """Sell an expired order again what it held, for a payment that came late: all of it, or nothing.

    None when stock, slot or a station's minutes went to others, when the slot has begun, or when the order is
    not expired; then nothing has changed. `confirm` is the next step. Lead time and cut-off count from when it
    was placed.
    """
    if order.status != OrderStatus.EXPIRED:
        return None
    lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
    units: Counter[int] = Counter()
    for line in lines:
        if line.variant_id is not None:
            units[line.variant_id] += line.quantity
    need = agreed_need(
        sum(line.make_minutes for line in lines), [step for line in lines for step in read_steps(line.steps)]
    )
    try:
        with session.begin_nested():
            stock.retake(session, order.ref, units)
            if order.slot_id is not None:
                scheduling.retake(session, order.ref, order.pickup_at, need, as_of=order.placed_at)
    except (stock.OutOfStock, scheduling.SlotGone):
        return None
    return order


def _owe_evidence(session: Session, order: Order, kind: str, occasion: str) -> None:
    """Write down what is known of the order now, should anybody ever dispute it; once its mails have gone out."""
    outbox.owe(
        session,
        "jobs.evidence.store",
        order.id,
        kind,
        occasion,
        on=queue.LOW,
        key=f"{order.ref}:evidence:{occasion}",
        not_before=clock.now() + EVIDENCE_AFTER,
    )


def _enter(  # noqa: PLR0913 who, what, from, to, why
    session: Session,
    order: Order,
    kind: str,
    from_state: str | None,
    to_state: str | None,
    actor: Actor,
    reason: str,
) -> None:
    order.version += 1
    session.add(
        OrderEvent(
            order_id=order.id,
            at=clock.now(),
            kind=kind,
            from_state=from_state,
            to_state=to_state,
            reason=reason[:500],
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )
    session.flush()

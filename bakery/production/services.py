"""Tickets: opened when an order is paid, moved on by one tap, undone by another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, NotFound
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import OrderStatus
from bakery.people import audit
from bakery.production.models import TICKET, Ticket, TicketEvent, TicketState
from bakery.production.opening import list_tickets

IN_KITCHEN = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a tap did: enough to say it and to undo it."""

    ticket_id: int
    order_number: str
    product: str
    before: TicketState
    after: TicketState


def open_tickets(order_id: int) -> int:
    """One ticket for each line of a paid order, or for each of its steps. Run again, it opens none, also where
    the steps would fall on other days by now. Answers how many are new.
    """
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if order.status not in IN_KITCHEN:
            return 0
        opened = select(Ticket.order_line_id).where(Ticket.order_id == order_id)
        lines = session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id == order_id, OrderLine.id.not_in(opened))
            .order_by(OrderLine.position)
        ).all()
        if not lines:
            return 0
        made = session.execute(
            insert(Ticket)
            .values(list_tickets(session, order, lines))
            .on_conflict_do_nothing(index_elements=["order_line_id", "step"])
            .returning(Ticket.id)
        ).scalars()
        ids = list(made)
        session.add_all(
            TicketEvent(ticket_id=i, to_state=TicketState.TO_DO, actor_label=SYSTEM.label) for i in ids
        )
        return len(ids)


def void_tickets(order_id: int) -> int:
    """Call off what is not made of a cancelled order; the board shows it as VOID until somebody takes it off."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if order.status != OrderStatus.CANCELLED:
            return 0
        return _set_all(session, _lock_tickets(session, order_id), TicketState.VOID, SYSTEM)


def follow_order(order_id: int) -> int:
    """Bring the tickets in line with an order that staff moved in the back office. Answers how many moved."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        tickets = _lock_tickets(session, order_id)
        if order.status in (OrderStatus.READY, OrderStatus.COLLECTED):
            return _set_all(session, tickets, TicketState.DONE, SYSTEM)
        if order.status == OrderStatus.CONFIRMED:
            return _set_all(session, tickets, TicketState.TO_DO, SYSTEM)
        if order.status == OrderStatus.IN_PRODUCTION and all(t.state == TicketState.DONE for t in tickets):
            return _set_all(session, tickets, TicketState.IN_PROGRESS, SYSTEM)
        return 0


def move_ticket(ticket_id: int, to: TicketState, expected: TicketState | None, actor: Actor) -> Moved:
    """Move a ticket, and its order with it: in production with the first, ready with the last.

    Refuses a ticket that another screen has moved meanwhile (`expected` is what this screen showed), one of
    an order that is collected or cancelled, a move the table does not name, and a step that would be done before
    the steps it builds on.
    """
    with transaction() as session:
        order_id = session.scalar(select(Ticket.order_id).where(Ticket.id == ticket_id))
        if order_id is None:
            raise NotFound("There is no such ticket.")
        # The order first, then its tickets: two screens on one order take their turns.
        order = orders.lock_order(session, order_id)
        tickets = _lock_tickets(session, order_id)
        ticket = next(t for t in tickets if t.id == ticket_id)
        before = TicketState(ticket.state)
        if expected is not None and before != expected:
            raise Conflict("Another screen has moved this ticket already.")
        if order.status not in IN_KITCHEN:
            raise Conflict("This order is not in the kitchen any more.")
        _check_steps(ticket, [t for t in tickets if t.order_line_id == ticket.order_line_id], to)
        _set(session, ticket, to, actor)
        _carry_order(session, order, tickets, actor)
        audit.record(
            session,
            actor,
            "kitchen.move",
            "ticket",
            ticket.id,
            before={"state": before.value},
            after={"state": to.value, "order": order.number, "status": str(order.status)},
        )
        product = session.scalars(
            select(OrderLine.product_name).where(OrderLine.id == ticket.order_line_id)
        ).one()
        what = f"{ticket.step_name}: {product}" if ticket.station else product
        return Moved(ticket.id, order.number, what, before, to)


def collect_order(order_id: int, actor: Actor, *, owing_cents: int = 0) -> None:
    """The customer has it. Refuses an order that is not ready, and one of which something is due, unless the tap said
    how much (`owing_cents`).
    """
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        before = order.status
        owed = orders.check_handover(order, owing_cents)
        orders.change_status(session, order, OrderStatus.COLLECTED, actor, f"handed over{owed}")
        _audit_order(session, order, actor, "kitchen.hand over", before)


def undo_collect(order_id: int, actor: Actor) -> None:
    """It was a mis-tap: the order waits on the shelf again. Refuses an order that is not collected."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if order.status != OrderStatus.COLLECTED:
            raise Conflict("This order has not been handed over, so there is nothing to take back.")
        orders.change_status(session, order, OrderStatus.READY, actor, "undone")
        _audit_order(session, order, actor, "kitchen.take back", OrderStatus.COLLECTED)


def acknowledge_void(order_id: int, actor: Actor) -> None:
    """Somebody saw that it is called off: its VOID tickets leave the board. Twice is once."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        unseen = [
            t
            for t in _lock_tickets(session, order_id)
            if t.state == TicketState.VOID and t.printed_at is None
        ]
        for ticket in unseen:
            ticket.printed_at = clock.now()
        if unseen:
            audit.record(session, actor, "kitchen.void seen", "order", order.number)


def note_printed(ticket_ids: Iterable[int]) -> None:
    """Remember that tickets went to paper: the next print says REPRINT."""
    with transaction() as session:
        ids = sorted(set(ticket_ids))
        query = select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update()
        for ticket in session.scalars(query):
            ticket.printed_at = ticket.printed_at or clock.now()


def _lock_tickets(session: Session, order_id: int) -> Sequence[Ticket]:
    return session.scalars(
        select(Ticket)
        .where(Ticket.order_id == order_id)
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _check_steps(ticket: Ticket, line: Sequence[Ticket], to: TicketState) -> None:
    """Refuse to finish a step before an earlier one, and to take one back on which a later one was built.

    A step may be begun early: sugar flowers need no sponge.
    """
    done = {t.step: t for t in line if t.state == TicketState.DONE}
    if to == TicketState.DONE:
        missing = [
            t for t in line if t.step < ticket.step and t.step not in done and t.state != TicketState.VOID
        ]
        if missing:
            first = min(missing, key=lambda t: t.step)
            raise Conflict(f"{first.step_name} comes first, and is not done yet on this board.")
    elif ticket.state == TicketState.DONE:
        later = [t for step, t in done.items() if step > ticket.step]
        if later:
            last = max(later, key=lambda t: t.step)
            raise Conflict(f"{last.step_name} is done already. Take that back first.")


def _set(session: Session, ticket: Ticket, to: TicketState, actor: Actor) -> None:
    before = TicketState(ticket.state)
    TICKET.check(before, to)
    ticket.state, ticket.state_at = to, clock.now()
    if to == TicketState.VOID:
        # Paper is out there: the board must say so until somebody has seen it.
        ticket.printed_at = None
    session.add(
        TicketEvent(
            ticket_id=ticket.id, from_state=before, to_state=to, actor_id=actor.id, actor_label=actor.label
        )
    )


def _set_all(session: Session, tickets: Iterable[Ticket], to: TicketState, actor: Actor) -> int:
    moved = [t for t in tickets if t.state != to and to in TICKET.allowed(TicketState(t.state))]
    for ticket in moved:
        _set(session, ticket, to, actor)
    return len(moved)


def _audit_order(session: Session, order: Order, actor: Actor, action: str, before: str) -> None:
    audit.record(
        session,
        actor,
        action,
        "order",
        order.number,
        before={"status": str(before)},
        after={"status": str(order.status)},
    )


def _carry_order(session: Session, order: Order, tickets: Sequence[Ticket], actor: Actor) -> None:
    """The order follows its tickets, one allowed step at a time."""
    states = {TicketState(t.state) for t in tickets} - {TicketState.VOID}
    if states == {TicketState.DONE}:
        target = OrderStatus.READY
    elif states == {TicketState.TO_DO}:
        target = OrderStatus.CONFIRMED
    else:
        target = OrderStatus.IN_PRODUCTION
    current = OrderStatus(order.status)
    if current == OrderStatus.READY and target == OrderStatus.CONFIRMED:
        orders.change_status(session, order, OrderStatus.IN_PRODUCTION, actor, "kitchen, undone")
        current = OrderStatus.IN_PRODUCTION
    if current != target:
        orders.change_status(session, order, target, actor, "kitchen")

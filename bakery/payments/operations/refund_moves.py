"""The steps of a refund request: opened, decided, moved on, each with its row of history. Under the order's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.core.errors import NotFound
from bakery.infra import outbox, queue
from bakery.messages.models import StaffAlert
from bakery.messages.operations import raise_alert, resolve_alert
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.refund_models import RefundEvent, RefundLine, RefundPart, RefundRequest
from bakery.payments.refund_simulation import Choice, Simulation
from bakery.payments.refund_standing import Standing
from bakery.payments.refund_states import REFUND, PartState, RefundKind, RefundSource, RefundState, Tender

EXECUTE = "jobs.refunds.execute"
# Where a person gives it, no call follows.
BY_HAND = (Tender.CASH, Tender.EXTERNAL_CARD, Tender.BANK_TRANSFER)


@dataclass(frozen=True, slots=True)
class Opened:
    """Who asks for what, and why."""

    source: RefundSource
    reason: str
    key: str
    actor: Actor


def lock(session: Session, request_id: int) -> tuple[Order, RefundRequest]:
    """The order of a request, locked, and the request as it is now. Raises NotFound."""
    order_id = session.scalar(select(RefundRequest.order_id).where(RefundRequest.id == request_id))
    if order_id is None:
        raise NotFound("There is no such refund.")
    order = orders.lock_order(session, order_id)
    return order, fresh(session, request_id)


def fresh(session: Session, request_id: int) -> RefundRequest:
    """A request as it is now; the order's lock is what guards it."""
    query = select(RefundRequest).where(RefundRequest.id == request_id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def parts_of(session: Session, request_id: int) -> Sequence[RefundPart]:
    """A request's parts as they are now, the replaced ones too."""
    query = select(RefundPart).where(RefundPart.request_id == request_id).order_by(RefundPart.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def lines_of(session: Session, request_id: int) -> Sequence[RefundLine]:
    query = select(RefundLine).where(RefundLine.request_id == request_id).order_by(RefundLine.id)
    return session.scalars(query).all()


def choice_of(session: Session, request: RefundRequest) -> Choice:
    """What a request asks for, as it would be chosen anew."""
    kind = RefundKind(request.kind)
    units = {}
    if kind == RefundKind.LINES:
        units = {line.order_line_id: line.quantity for line in lines_of(session, request.id)}
    asks_amount = kind in (RefundKind.AMOUNT, RefundKind.CANCELLATION)
    return Choice(kind, units, request.amount_cents if asks_amount else None, request.restock)


def choice_now(session: Session, request: RefundRequest, standing: Standing) -> Choice:
    """What a request asks for, as it can be given now. What was promised with a cancellation was promised of what is
    still there: where money has gone back another way meanwhile, the rest of it is given.
    """
    choice = choice_of(session, request)
    if choice.kind != RefundKind.CANCELLATION or choice.amount_cents is None:
        return choice
    return replace(choice, amount_cents=min(choice.amount_cents, standing.available_cents))


def open_request(session: Session, order: Order, simulation: Simulation, by: Opened) -> RefundRequest:
    """A new request for what was simulated."""
    now = clock.now()
    request = RefundRequest(
        order_id=order.id,
        source=by.source,
        kind=simulation.kind,
        reason=by.reason,
        amount_cents=simulation.amount_cents,
        tax_cents=simulation.tax_cents,
        currency=simulation.currency,
        restock=simulation.restock,
        ask_key=by.key,
        asked_by_id=by.actor.id,
        asked_by=by.actor.label,
        asked_at=now,
    )
    session.add(request)
    session.flush()
    write_lines(session, request, simulation)
    note(session, order, request, by.actor, by.reason, before=None)
    return request


def owe_declined(session: Session, request: RefundRequest) -> None:
    """The customer is told, once, that nothing (more) comes back, and why."""
    outbox.owe(
        session, "jobs.refunds.send_declined", request.id, on=queue.DEFAULT, key=f"{request.ref}:declined"
    )


def write_lines(session: Session, request: RefundRequest, simulation: Simulation) -> None:
    """What goes back of each line, in place of what stood there; the request's amounts follow."""
    session.execute(delete(RefundLine).where(RefundLine.request_id == request.id))
    session.add_all(
        RefundLine(
            request_id=request.id,
            order_line_id=line.order_line_id,
            quantity=line.units,
            amount_cents=line.cents,
            tax_cents=line.tax_cents,
            discount_cents=line.discount_cents,
        )
        for line in simulation.lines
    )
    request.amount_cents, request.tax_cents = simulation.amount_cents, simulation.tax_cents
    session.flush()


def write_parts(session: Session, request: RefundRequest, simulation: Simulation) -> None:
    """By which ways it goes. Each has its idempotency key before anybody is asked."""
    for part in simulation.parts:
        add_part(session, request, part.tender, part.payment_id, part.cents)


def add_part(
    session: Session, request: RefundRequest, tender: Tender, payment_id: int | None, cents: int
) -> RefundPart:
    part = RefundPart(
        request_id=request.id,
        tender=tender,
        payment_id=payment_id,
        amount_cents=cents,
        state=PartState.WAITING,
        idempotency_key=f"refund-{request.id}-{ids.new_secret()[:24]}",
        created_at=clock.now(),
    )
    session.add(part)
    session.flush()
    return part


def move(
    session: Session, order: Order, request: RefundRequest, to: RefundState, actor: Actor, why: str
) -> None:
    """Move a request on, with its row of history. Refuses a move the table does not name."""
    current = RefundState(request.state)
    REFUND.check(current, to)
    request.state = to
    over = to in (RefundState.SUCCEEDED, RefundState.REJECTED)
    request.ended_at = clock.now() if over else None
    note(session, order, request, actor, why, before=current)


def note(
    session: Session,
    order: Order,
    request: RefundRequest,
    actor: Actor,
    why: str,
    *,
    before: RefundState | None,
) -> None:
    """One row of a request's history. What polls the order compares its version."""
    order.version += 1
    session.add(
        RefundEvent(
            request_id=request.id,
            at=clock.now(),
            from_state=before,
            to_state=request.state,
            reason=why[:500],
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )
    session.flush()


def begin(session: Session, order: Order, request: RefundRequest, actor: Actor) -> None:
    """Decided: owe what Stripe is to do, and leave to people what they give by hand."""
    parts = parts_of(session, request.id)
    for part in parts:
        if part.tender in BY_HAND:
            part.state = PartState.TO_GIVE
    if any(part.tender == Tender.STRIPE for part in parts):
        owe_run(session, request, "first")
    else:
        move(session, order, request, RefundState.PROCESSING, actor, "to be given by hand")


def count_steps(session: Session, request_id: int, to: RefundState) -> int:
    """How often a request came to a state."""
    query = select(func.count()).where(
        RefundEvent.request_id == request_id,
        RefundEvent.to_state == to,
        RefundEvent.from_state.is_distinct_from(to),
    )
    return session.scalar(query) or 0


def owe_run(session: Session, request: RefundRequest, which: str) -> None:
    """Have what waits sent to Stripe."""
    outbox.owe(session, EXECUTE, request.id, on=queue.DEFAULT, key=f"{request.ref}:run:{which}")


def tell_staff(session: Session, order: Order, request: RefundRequest, kind: str, text: str) -> None:
    """Something about a refund that a person has to look at; settled again by `settle`."""
    raise_alert(session, kind=kind, key=f"{request.ref}:{kind}", text=text, subject_ref=order.ref)


def settle(session: Session, request: RefundRequest, *kinds: str, user_id: int | None = None) -> None:
    """What staff were told of a refund is done."""
    keys = [f"{request.ref}:{kind}" for kind in kinds]
    for alert in session.scalars(select(StaffAlert).where(StaffAlert.unique_key.in_(keys)).with_for_update()):
        resolve_alert(session, alert, user_id)

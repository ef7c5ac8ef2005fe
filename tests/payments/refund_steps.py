"""The steps of a refund, as sentences for tests."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import select

from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import PaymentStatus
from bakery.payments import services
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.models import Payment, TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.refund_models import CreditNote, RefundEvent, RefundLine, RefundPart, RefundRequest
from bakery.payments.refund_simulation import Choice, Simulation, simulate
from bakery.payments.refund_standing import read_standing
from bakery.payments.refund_states import RefundKind
from bakery.payments.services import refund_requests
from bakery.payments.services.refund_requests import Ask, Asked
from bakery.people.models import Role
from tests.factories.people import UserFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

ALL = Choice(RefundKind.ALL)
_keys = itertools.count(1)


def who(role: Role = Role.MANAGER, name: str = "Zohra") -> Actor:
    """Somebody of the staff, from somewhere."""
    user = UserFactory(role=role, name=name)
    return Actor(user.id, user.name, "203.0.113.7")


def amount(cents: int) -> Choice:
    return Choice(RefundKind.AMOUNT, amount_cents=cents)


def units(order: Order, *counts: int, restock: bool = False) -> Choice:
    """So many of each line, in the order's order."""
    ids = db.session.scalars(
        select(OrderLine.id).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    )
    return Choice(RefundKind.LINES, dict(zip(ids, counts, strict=False)), restock=restock)


def paid(gateway: FakeGateway, **changes: Any) -> Order:
    """One walnut cake (86.00) and three naan (6.50 each), paid by card."""
    order = steps.pending(**changes)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def at_counter(order: Order, cents: int, kind: TransactionKind = TransactionKind.CASH) -> None:
    """Money is taken over the counter, past Stripe."""
    with transaction() as session:
        row = orders.lock_order(session, order.id)
        entry = ledger.Entry(order.id, kind, Money(cents, "AUD"), f"till:{next(_keys)}")
        ledger.enter(session, entry)
        if row.payment_status == PaymentStatus.UNPAID:
            orders.change_payment_status(session, row, PaymentStatus.PAID, reason="at the counter")
            orders.confirm(session, row)


def wish(order: Order, choice: Choice = ALL, **changes: Any) -> Ask:
    values: dict[str, Any] = {"reason": "The icing had melted", "key": f"page-{next(_keys):08}"}
    return Ask(**{"order_id": order.id, "choice": choice} | values | changes)


def ask(order: Order, choice: Choice = ALL, **changes: Any) -> Asked:
    if "actor" not in changes:
        changes["actor"] = who(Role.COUNTER, "Omar")
    return refund_requests.ask(wish(order, choice, **changes))


def approved(order: Order, choice: Choice = ALL, *, by: Actor | None = None, **changes: Any) -> int:
    """Asked for and decided, by two people where it has to be two."""
    asked = ask(order, choice, actor=by or who(), approve=True, **changes)
    if asked.awaits_second:
        refund_requests.approve(asked.id, who(Role.OWNER, "Farid"))
    return asked.id


def refunded(order: Order, gateway: FakeGateway, choice: Choice = ALL, **changes: Any) -> int:
    """Decided, and Stripe has done it."""
    request_id = approved(order, choice, **changes)
    services.run_refund(request_id, gateway)
    return request_id


def shown(order: Order, choice: Choice = ALL) -> Simulation:
    """What the page shows before anybody confirms."""
    db.session.rollback()
    found = simulate(read_standing(db.session(), steps.reread(order)), choice)
    db.session.rollback()
    return found


def available(order: Order) -> int:
    db.session.rollback()
    return read_standing(db.session(), steps.reread(order)).available_cents


def row(request_id: int) -> RefundRequest:
    db.session.expire_all()
    return db.session.get_one(RefundRequest, request_id)


def parts(request_id: int) -> list[RefundPart]:
    db.session.expire_all()
    query = select(RefundPart).where(RefundPart.request_id == request_id).order_by(RefundPart.id)
    return list(db.session.scalars(query))


def lines(request_id: int) -> list[tuple[int, int, int]]:
    """(units, cents, tax) of each line."""
    query = select(RefundLine).where(RefundLine.request_id == request_id).order_by(RefundLine.id)
    return [(line.quantity, line.amount_cents, line.tax_cents) for line in db.session.scalars(query)]


def road(request_id: int) -> list[str]:
    """The states it went through."""
    query = select(RefundEvent).where(RefundEvent.request_id == request_id).order_by(RefundEvent.id)
    return [event.to_state for event in db.session.scalars(query)]


def notes(order: Order) -> list[CreditNote]:
    query = select(CreditNote).where(CreditNote.order_id == order.id).order_by(CreditNote.id)
    return list(db.session.scalars(query))


def dispute(order: Order, state: DisputeState = DisputeState.NEEDS_RESPONSE) -> Dispute:
    """The customer has asked their bank for the money."""
    payment = db.session.scalars(select(Payment).where(Payment.order_id == order.id)).first()
    opened = Dispute(
        stripe_id=f"dp_{next(_keys)}",
        order_id=order.id,
        payment_id=payment.id,
        state=state,
        reason="fraudulent",
        amount_cents=payment.amount_cents,
        currency="AUD",
        opened_at=payment.created_at,
    )
    db.session.add(opened)
    db.session.commit()
    return opened

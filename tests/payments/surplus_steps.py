"""A payment that bought nothing, and what becomes of it, as sentences for tests."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.operations.surplus import JOB
from bakery.payments.refund_states import Tender
from bakery.payments.surplus_queries import Surplus, surplus_of
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

WHY = "The card is closed"


def late(gateway: FakeGateway) -> Payment:
    """An order that was cancelled while its customer was paying: 105.50 bought nothing."""
    order = steps.pending()
    steps.open_page(order, gateway)
    db.session.get_one(Order, order.id).status = "CANCELLED"
    db.session.commit()
    steps.pay(order, gateway)
    return steps.latest(order)


def twice(gateway: FakeGateway) -> Payment:
    """An order that is confirmed, and was paid once more on a page that was believed closed."""
    order = steps.pending()
    pages = []
    for _ in range(2):
        page = steps.open_page(order, gateway)
        pages.append(str(page.session_id))
        page.state = "EXPIRED"
        db.session.commit()
    for page_id in pages:
        steps.tell("checkout.session.completed", gateway.pay(page_id).raw)
    return steps.latest(order)


def work(payment: Payment, gateway: FakeGateway) -> None:
    """Workers do what is owed for a payment."""
    query = select(Outbox).where(Outbox.job == JOB, Outbox.done_at.is_(None)).order_by(Outbox.id)
    for row in db.session.scalars(query).all():
        row_id, args = row.id, list(row.args)
        if args[0] == payment.id:
            services.refund_late_payment(args[0], gateway, *args[1:])
            finish(row_id)


def finish(row_id: int) -> None:
    """The worker has closed its row."""
    db.session.execute(update(Outbox).where(Outbox.id == row_id).values(done_at=clock.now()))
    db.session.commit()


def refused(payment: Payment, gateway: FakeGateway) -> None:
    """Stripe would not take it on."""
    gateway.refusing = "declined"
    work(payment, gateway)
    gateway.refusing = ""


def given_up(payment: Payment) -> None:
    """Stripe did not answer for as long as the job was tried."""
    for row_id in db.session.scalars(select(Outbox.id).where(Outbox.job == JOB)).all():
        services.report_failed_refund(payment.id, "GatewayUnavailable: away", payment.refund_try)
        finish(row_id)


def bounced(payment: Payment, gateway: FakeGateway) -> None:
    """It was sent, and the bank sent it back days later."""
    work(payment, gateway)
    refund_id = list(gateway.refunds.values())[-1].id
    steps.tell("refund.failed", gateway.settle(refund_id, "failed", "expired_or_canceled_card").raw)


def retry(payment: Payment, gateway: FakeGateway, who: Actor | None = None) -> None:
    services.retry_surplus(payment.id, who or refunds.who(), gateway)


def give(
    payment: Payment,
    gateway: FakeGateway,
    who: Actor | None = None,
    tender: Tender = Tender.CASH,
    why: str = WHY,
) -> bool:
    return services.give_surplus(payment.id, who or refunds.who(), tender, why, gateway)


def both(payment: Payment, gateway: FakeGateway) -> list[Callable[[], object]]:
    """Both things that may be done about it."""
    return [lambda: retry(payment, gateway), lambda: give(payment, gateway)]


def shown(payment: Payment) -> list[Surplus]:
    """What the order's page says of it."""
    db.session.rollback()
    found = list(surplus_of(db.session(), db.session.get_one(Order, payment.order_id)))
    db.session.rollback()
    return found


def ledger(payment: Payment) -> list[tuple[str, int]]:
    return steps.ledger(db.session.get_one(Order, payment.order_id))

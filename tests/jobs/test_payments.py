"""The payment jobs, as the outbox and the clock call them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox
from bakery.infra.db import db
from bakery.infra.models import JobRun, Outbox
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import services
from jobs import orders, payments
from jobs.outbox import handler, run
from tests.payments import steps


def run_owed(job: str) -> None:
    """What a worker does with every row of this job that is due."""
    for row_id in db.session.scalars(select(Outbox.id).where(Outbox.job == job)).all():
        run(row_id)


def test_every_payment_job_that_is_owed_exists() -> None:
    for name in ("apply_event", "refund_late_payment", "close_session"):
        assert callable(handler(f"jobs.payments.{name}"))


def test_an_owed_event_is_applied_by_its_job(session: Session, outside: Adapters) -> None:
    order = steps.pending()
    payment = steps.open_page(order, outside.gateway)
    page = outside.gateway.pay(str(payment.session_id))
    services.record_event(steps.an_event("checkout.session.completed", page.raw))
    run_owed("jobs.payments.apply_event")
    assert steps.reread(order).status == "CONFIRMED"
    done = session.scalars(select(Outbox).where(Outbox.job == "jobs.payments.apply_event")).one()
    assert done.done_at is not None


def test_a_refund_that_fails_for_good_is_told_to_the_staff_by_its_order(
    session: Session, outside: Adapters
) -> None:
    order = steps.pending()
    steps.open_page(order, outside.gateway)
    session.get_one(Order, order.id).status = "CANCELLED"
    session.commit()
    steps.pay(order, outside.gateway)
    outside.gateway.away = True
    start = clock.now()
    for day in range(outbox.MAX_ATTEMPTS):
        assert steps.alerts("refund_failed") == []
        with clock.travel(start + timedelta(days=day)):
            run_owed("jobs.payments.refund_late_payment")
    [alert] = steps.alerts("refund_failed")
    assert order.number in alert.text and alert.subject_ref == order.ref


def test_the_clock_reconciles_and_notes_it(session: Session, outside: Adapters) -> None:
    order = steps.pending()
    payment = steps.open_page(order, outside.gateway)
    outside.gateway.pay(str(payment.session_id))
    payments.reconcile()
    assert steps.reread(order).status == "CONFIRMED"
    noted = session.scalars(select(JobRun).where(JobRun.name == "reconcile")).one()
    assert noted.ok and "1 payments" in noted.detail


def test_the_clock_ends_orders_that_nobody_paid_and_spares_one_whose_payment_is_stored(
    session: Session, outside: Adapters
) -> None:
    unpaid, paying = steps.pending(), steps.pending()
    payment = steps.open_page(paying, outside.gateway)
    page = outside.gateway.pay(str(payment.session_id))
    services.record_event(steps.an_event("checkout.session.completed", page.raw))
    with clock.travel(clock.now() + timedelta(hours=1)):
        orders.expire_holds()
    assert steps.reread(unpaid).status == "EXPIRED"
    assert steps.reread(paying).status == "PENDING_PAYMENT"

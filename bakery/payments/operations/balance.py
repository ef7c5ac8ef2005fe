"""The rest of an order inside the caller's transaction, under the order's lock: where it stands, the steps taken."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra import outbox, queue
from bakery.infra.formats import date_long, datetime_shop, money
from bakery.messages.operations import raise_alert
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments import queries
from bakery.payments.balance_models import BalanceEvent, BalanceStep
from bakery.payments.balance_plan import Done, Rest, next_step, time_to_pay
from bakery.payments.dispute_queries import is_disputed
from bakery.payments.models import PaymentChannel, PaymentState
from bakery.payments.operations import attempts
from bakery.shop.models import Shop

_S = BalanceStep
# What has been handed over is not written about any more: a till may have taken its money.
WAITING = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY)
# Steps that are told to the customer by mail.
TOLD_BY_MAIL = (
    _S.REMIND_BEFORE,
    _S.REMIND_ON_DAY,
    _S.ANNOUNCE_CHARGE,
    _S.CHARGE_REFUSED,
    _S.BANK_ASKS,
    _S.OVERDUE,
)
SEND = "jobs.balance.send_news"


def read_rest(session: Session, order: Order, *, has_card: bool) -> Rest | None:
    """Where the rest of an order stands; None where nothing is due of it, or no day was said."""
    if order.status not in WAITING or not order.due_later.cents or order.balance_due_at is None:
        return None
    shop = session.get_one(Shop, 1)
    return Rest(
        due_at=order.balance_due_at,
        zone=order.time_zone,
        confirmed_at=order.confirmed_at or order.placed_at,
        remind_days=shop.balance_remind_days,
        grace=timedelta(hours=shop.balance_grace_hours),
        # Whose money has all gone back is asked for the rest, and never charged for it by itself.
        has_card=has_card and order.held_cents > 0,
        paying=_is_paying(session, order),
        may_cancel=_may_cancel(session, order),
        done={
            BalanceStep(row.step): Done(row.at, row.until)
            for row in steps_of(session, order)
            if row.due_on == order.balance_due_on
        },
    )


def steps_of(session: Session, order: Order) -> list[BalanceEvent]:
    """Every step that was taken for an order, oldest first."""
    query = select(BalanceEvent).where(BalanceEvent.order_id == order.id).order_by(BalanceEvent.id)
    return list(session.scalars(query))


def plan(session: Session, order: Order, *, has_card: bool) -> BalanceStep | None:
    """The step whose time has come."""
    rest = read_rest(session, order, has_card=has_card)
    return next_step(rest, clock.now()) if rest else None


def take(session: Session, order: Order, rest: Rest, step: BalanceStep) -> None:
    """Write a step down, once for the day on which the rest is due, and owe what goes with it."""
    until = time_to_pay(rest, clock.now()) if step == _S.OVERDUE else None
    enter(session, order, step, Done(clock.now(), until))
    if step == _S.TOLD:
        _tell_staff(session, order)


def enter(session: Session, order: Order, step: BalanceStep, done: Done, note: str = "") -> bool:
    """One row, and the mail about it owed. False when it is there already."""
    row_id = session.execute(
        insert(BalanceEvent)
        .values(
            order_id=order.id,
            due_on=order.balance_due_on,
            step=step,
            at=done.at,
            until=done.until,
            note=note[:300],
        )
        .on_conflict_do_nothing(index_elements=["order_id", "due_on", "step"])
        .returning(BalanceEvent.id)
    ).scalar()
    if row_id is None:
        return False
    # What polls the order compares its version.
    order.version += 1
    if step in TOLD_BY_MAIL:
        outbox.owe(session, SEND, row_id, on=queue.DEFAULT, key=f"balance:{row_id}:mail")
    return True


def _is_paying(session: Session, order: Order) -> bool:
    """Whether money is on its way that nobody has to ask for again: told of and not applied, or a card's charge that
    Stripe has begun. An open page is no promise.
    """
    if queries.is_paying(session, order.id):
        return True
    waiting = attempts.waiting(session, order.id)
    return (
        waiting is not None
        and waiting.channel == PaymentChannel.CARD
        and waiting.state == PaymentState.OPEN
        and waiting.payment_intent_id is not None
    )


def _may_cancel(session: Session, order: Order) -> bool:
    only_deposit = order.payment_status == PaymentStatus.DEPOSIT_PAID
    return order.status == OrderStatus.CONFIRMED and only_deposit and not is_disputed(session, order.id)


def _tell_staff(session: Session, order: Order) -> None:
    due = Money(order.due_later.cents, order.currency)
    since = date_long(order.balance_due_on) if order.balance_due_on else ""
    why = "" if order.status == OrderStatus.CONFIRMED else " The kitchen has begun it."
    raise_alert(
        session,
        kind="balance_overdue",
        key=f"{order.ref}:balance:{order.balance_due_on}",
        text=f"{money(due)} of order {order.number} was due on {since} and is not paid.{why} It is not cancelled by "
        f"itself: ring the customer, or decide. Pickup {datetime_shop(order.pickup_at, order.time_zone)}.",
        subject_ref=order.ref,
    )

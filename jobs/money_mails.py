"""Mails about what is due of an order and what came in of it, as drafts. True when they are rendered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.formats import date_long, date_near, datetime_shop, money
from bakery.integrations.mail.port import Attachment
from bakery.messages.drafts import Email
from bakery.orders import operations as orders
from bakery.orders.deposit_terms import kept_words, promised
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.balance_models import BalanceEvent, BalanceStep
from bakery.payments.balance_plan import AGAIN
from bakery.payments.operations.balance import WAITING
from bakery.payments.receipts import ReceiptPdf
from jobs import mails

REMINDER, RECEIVED, DEPOSIT = "balance_reminder", "payment_received", "deposit_asked"
_S = BalanceStep


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail says."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]


_RING = "Questions? Ring us on {phone} and name the order number."


def balance_news(order: Order, step: BalanceEvent, charge_at: datetime | None) -> Email:
    """What is due of an order, by the step that was taken. Suppressed once nothing is, or the step was overtaken."""
    said = _SAID[BalanceStep(step.step)](order, step, charge_at)
    said = replace(said, paragraphs=(*said.paragraphs, _RING.format(phone=mails.shop().phone)))
    button = (f"Pay {money(order.due_later)} now", mails.order_link(order))
    draft = _draft(REMINDER, order, step.id, said, button)
    return replace(draft, consent=lambda session: _still_so(session, step))


def payment_received(order: Order, transaction_id: int, amount: Money, receipt: ReceiptPdf) -> Email:
    """A payment towards what was due has come in, with its own receipt."""
    due = order.due_later
    first = order.held_cents == amount.cents
    what = "your payment" if first else "a part of the rest" if due.cents else "the rest"
    if due.cents:
        by = f" by {date_long(order.balance_due_on)}" if order.balance_due_on and not order.is_overdue else ""
        then = f"{money(due)} is still to be paid{by}."
    else:
        then = "Your order is paid in full: there is nothing more to pay."
    said = Said(
        f"we have received {what}",
        f"We have received {what}.",
        (
            f"{money(amount)} for your order {order.number} has arrived. {then}",
            "Its receipt is attached as a PDF.",
        ),
    )
    draft = _draft(RECEIVED, order, transaction_id, said, ("See your order", mails.order_link(order)))
    return replace(draft, attachments=[Attachment(receipt.name, "application/pdf", receipt.data)])


def deposit_asked(order: Order, version: int, cake_link: str) -> Email:
    """An order that is not paid yet can be ordered with its deposit. `cake_link` leads to a custom cake's offer."""
    held = "" if cake_link else f" We keep it for you until {_when(order.hold_expires_at, order)}."
    terms = order.deposit_wording or f"You pay {money(order.total)}, all of it at once."
    first = money(order.first_payment)
    said = Said(
        f"{first} to order it",
        "This is how you can pay for your order.",
        (terms, f"It is ordered once you have paid {first}.{held}"),
    )
    button = ("Look at our offer", cake_link) if cake_link else (f"Pay {first}", mails.order_link(order))
    draft = _draft(DEPOSIT, order, version, said, button)
    return replace(draft, consent=lambda session: _waits(session, order.id))


def _before(order: Order, _step: BalanceEvent, _at: datetime | None) -> Said:
    due, on = money(order.due_later), _due_on(order)
    what = f"Of your order {order.number}, {due} is still to be paid, by {on}."
    return Said(f"{due} is due on {on}", f"The rest of your order is due on {on}.", (what,))


def _on_day(order: Order, _step: BalanceEvent, _at: datetime | None) -> Said:
    due = money(order.due_later)
    what = f"Of your order {order.number}, {due} is still to be paid, by the end of today."
    return Said(f"{due} is due today", "The rest of your order is due today.", (what,))


def _announced(order: Order, _step: BalanceEvent, at: datetime | None) -> Said:
    due = money(order.due_later)
    when = _when(at, order) if at else _due_on(order)
    return Said(
        f"we charge {due} to your card soon",
        "We are about to charge the rest.",
        (
            f"As you agreed, we charge {due}, the rest of your order {order.number}, to your saved card on {when}. "
            "You need not do anything.",
            "To pay with another card, use the link before then. If you do not want us to charge it, take that back on "
            "your order's page.",
        ),
    )


def _refused(order: Order, step: BalanceEvent, _at: datetime | None) -> Said:
    due = money(order.due_later)
    return Said(
        "your card could not be charged",
        "Your card could not be charged.",
        (
            f"We tried to charge {due}, the rest of your order {order.number}. {step.note}",
            f"We try once more on {_when(step.at + AGAIN, order)}. You can also pay now, with any card.",
        ),
    )


def _bank_asks(order: Order, _step: BalanceEvent, _at: datetime | None) -> Said:
    due = money(order.due_later)
    return Said(
        "your bank asks for you",
        "Your bank wants to hear from you.",
        (
            f"We tried to charge {due}, the rest of your order {order.number}, to your saved card. Your bank wants to "
            "check first that it is you.",
            f"Please pay it yourself by {_due_on(order)}: your bank asks you on the way.",
        ),
    )


def _overdue(order: Order, step: BalanceEvent, _at: datetime | None) -> Said:
    due = money(order.due_later)
    what = f"{due} of your order {order.number} was due on {_due_on(order)}, and has not arrived."
    if step.until is None or order.status != OrderStatus.CONFIRMED or order.is_unpaid:
        return Said(f"{due} is overdue", f"{due} is overdue.", (what, "Please pay it now."))
    end = _when(step.until, order)
    kept = Money(order.deposit_kept_cents, order.currency)
    return Said(
        f"{due} is overdue",
        f"{due} is overdue.",
        (
            what,
            f"Please pay it by {end}. If it is not here by then, we have to cancel your order: its time in our kitchen "
            "goes to others.",
            *([kept_words(order.deposit, kept, promised(order.snapshot))] if kept.cents else []),
        ),
    )


_SAID: dict[BalanceStep, Callable[[Order, BalanceEvent, datetime | None], Said]] = {
    _S.REMIND_BEFORE: _before,
    _S.REMIND_ON_DAY: _on_day,
    _S.ANNOUNCE_CHARGE: _announced,
    _S.CHARGE_REFUSED: _refused,
    _S.BANK_ASKS: _bank_asks,
    _S.OVERDUE: _overdue,
}


def _still_so(session: Session, step: BalanceEvent) -> bool:
    """Whether a word about what is due is still true, by the order as it stands under its lock."""
    order = orders.lock_order(session, step.order_id)
    if order.status not in WAITING or not order.due_later.cents or order.balance_due_on != step.due_on:
        return False
    today = clock.today(order.time_zone)
    return {
        _S.REMIND_BEFORE: today < step.due_on,
        _S.REMIND_ON_DAY: not order.is_overdue,
        _S.ANNOUNCE_CHARGE: clock.now() < step.at + timedelta(days=3),
    }.get(BalanceStep(step.step), True)


def _waits(session: Session, order_id: int) -> bool:
    """Whether an order still waits for the payment that a mail speaks of."""
    order = orders.lock_order(session, order_id)
    return order.status == OrderStatus.PENDING_PAYMENT and order.hold_expires_at > clock.now()


def _due_on(order: Order) -> str:
    return date_near(order.balance_due_on) if order.balance_due_on else "the day you collect it"


def _when(at: datetime, order: Order) -> str:
    return datetime_shop(at, order.time_zone)


def _draft(template: str, order: Order, version: int, said: Said, button: tuple[str, str]) -> Email:
    return mails.draft(
        template,
        to=order.contact_email,
        subject=f"Order {order.number}: {said.subject}",
        subject_ref=order.ref,
        version=version,
        order=order,
        first_name=mails.first_name(order),
        pickup=mails.local_words(order.pickup_at, order.time_zone),
        heading=said.heading,
        paragraphs=said.paragraphs,
        button=button,
    )

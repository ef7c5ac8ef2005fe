"""Money taken at the counter, past Stripe, and corrections of an order's ledger: entered by a person, who is named.

Under the order's lock, like everything that moves its money: whoever pays on Stripe's page at the same moment is
either first, and nothing is due here any more, or second, and what they paid bought nothing and goes back by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.core.money import Money
from bakery.core.states import words
from bakery.infra.formats import money
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.models import PAST_STRIPE, Transaction, TransactionKind
from bakery.payments.operations import attempts, ledger
from bakery.payments.queries import is_paying
from bakery.people import audit

TENDERS = (TransactionKind.CASH, TransactionKind.EXTERNAL_CARD)
TENDER_WORDS = {TransactionKind.CASH: "in cash", TransactionKind.EXTERNAL_CARD: "by card at the terminal"}
# More than any cake costs: somebody's finger stayed on a key.
MOST_CENTS = 10_000_000
_KEY = re.compile(r"[A-Za-z0-9_-]{8,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Taking:
    """What somebody took. `key` is the form's own: sent twice, it is one taking. `slip`: the number on the paper."""

    key: str
    tender: TransactionKind
    cents: int
    slip: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction: what we hold is more (positive) or less. `lowers_price`: what the order costs falls by as much
    as went back, or that is taken back.
    """

    key: str
    cents: int
    reason: str
    lowers_price: bool = False


def may_take(order: Order) -> bool:
    """Whether anything may be taken for an order now."""
    return order.due.cents > 0 and not attempts.why_not_payable(order)


def take_money(order_id: int, taking: Taking, actor: Actor) -> bool:
    """Enter what was taken for an order, and close its open page at Stripe. False when this form was sent before.

    An order that waits for its first payment is confirmed by it. Refuses more than is due, less than orders it,
    an order that nobody may pay for (NotPayable), and one whose money is just arriving from Stripe (Conflict).
    """
    _check_taking(taking)
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if _is_repeated(session, order, taking.key, taking.tender, taking.cents):
            return False
        _check_due(session, order, taking)
        before = {"held_cents": order.held_cents, "payment_status": order.payment_status}
        was_waiting = order.status == OrderStatus.PENDING_PAYMENT
        _enter(session, order, taking, actor)
        if not was_waiting:
            _owe_thanks(session, taking)
        _move(session, order, f"{money(_amount(order, taking.cents))} {TENDER_WORDS[taking.tender]}", actor)
        attempts.owe_closing_others(session, order.id)
        audit.record(
            session,
            actor,
            "order.take_money",
            "order",
            order.number,
            before=before,
            after={
                "held_cents": order.held_cents,
                "payment_status": order.payment_status,
                "tender": taking.tender,
                "slip": taking.slip,
            },
            reason=taking.note,
        )
        return True


def adjust(order_id: int, adjustment: Adjustment, actor: Actor) -> bool:
    """Correct what an order's ledger says, with the reason. False when this form was sent before.

    Refuses a correction without a reason or of nothing, of an order that nothing was paid for, and one that would
    leave less than nothing.
    """
    _check_adjustment(adjustment)
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if _is_repeated(session, order, adjustment.key, TransactionKind.ADJUSTMENT, adjustment.cents):
            return False
        _check_room(order, adjustment)
        before = _figures(order)
        ledger.enter(
            session,
            ledger.Entry(
                order.id,
                TransactionKind.ADJUSTMENT,
                _amount(order, adjustment.cents),
                _reference(adjustment.key),
                note=adjustment.reason,
                credits=adjustment.lowers_price,
                actor=actor,
            ),
        )
        target = ledger.standing(session, order)
        if target != order.payment_status:
            orders.change_payment_status(session, order, target, actor, f"corrected: {adjustment.reason}")
        order.version += 1
        audit.record(
            session,
            actor,
            "order.adjust",
            "order",
            order.number,
            before=before,
            after=_figures(order),
            reason=adjustment.reason,
        )
        return True


def _check_taking(taking: Taking) -> None:
    if taking.tender not in TENDERS:
        raise Invalid("Choose cash or the card terminal.", field="tender")
    if not 0 < taking.cents <= MOST_CENTS:
        raise Invalid("Write how much you took.", field="amount")
    if taking.tender == TransactionKind.EXTERNAL_CARD and not taking.slip.strip():
        raise Invalid(
            "Write the number on the terminal's slip: it is how the payment is found again.", field="slip"
        )
    if len(taking.slip) > 60 or len(taking.note) > 300:
        raise Invalid(
            "Write it a little shorter: 60 characters for the slip, 300 for the note.", field="note"
        )
    _check_key(taking.key)


def _check_adjustment(adjustment: Adjustment) -> None:
    if adjustment.cents == 0 or abs(adjustment.cents) > MOST_CENTS:
        raise Invalid(
            "Write by how much the ledger is wrong, with a minus where we have less.", field="amount"
        )
    if not 5 <= len(adjustment.reason.strip()) <= 300:
        raise Invalid("Say in a sentence (up to 300 characters) what was wrong.", field="reason")
    _check_key(adjustment.key)


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise Invalid("This form is not whole. Please load the page again.", field="key")


def _check_due(session: Session, order: Order, taking: Taking) -> None:
    if order.awaits_acceptance and order.status == OrderStatus.PENDING_PAYMENT:
        raise attempts.NotPayable(
            "The customer has not accepted this offer and its terms yet. They do that on their cake's page; "
            "then the money can be taken."
        )
    attempts.check_payable(order)
    if is_paying(session, order.id):
        raise Conflict("Stripe is just telling us of a payment of this order. Look again in a minute.")
    if taking.cents > order.due.cents:
        raise Invalid(f"Only {money(order.due)} is due. Give the rest back to the customer.", field="amount")
    if order.payment_status == PaymentStatus.UNPAID:
        _check_first(order, taking)


def _check_first(order: Order, taking: Taking) -> None:
    """What comes first is the deposit or the whole price, of an order that staff let through unpaid as well: no
    payment status says of a part that it is less than either.
    """
    if order.status == OrderStatus.PENDING_PAYMENT:
        if taking.cents < order.first_payment.cents:
            least = money(order.first_payment)
            raise Invalid(f"It takes {least} to order this. Take at least that.", field="amount")
    elif taking.cents < (order.deposit_cents or order.due.cents):
        all_of_it = f"Take all of it: {money(order.due)} is due"
        least = (
            f"{all_of_it}, or at least its deposit of {money(order.deposit)}"
            if order.deposit_cents
            else all_of_it
        )
        raise Invalid(f"{least}.", field="amount")


def _check_room(order: Order, adjustment: Adjustment) -> None:
    if order.payment_status == PaymentStatus.UNPAID:
        raise Conflict(
            "Nothing was paid for this order, so there is nothing to correct. Take the money at the counter."
        )
    if order.held_cents + adjustment.cents < 0:
        raise Invalid(
            f"We hold {money(order.held)} for this order: it cannot be less than nothing.", field="amount"
        )
    credited = order.credited_cents - (adjustment.cents if adjustment.lowers_price else 0)
    if not 0 <= credited <= order.total_cents:
        lowered = money(_amount(order, order.credited_cents))
        raise Invalid(
            f"This order costs {money(order.total)}, of which {lowered} was taken back: that leaves no room for "
            "this correction of its price.",
            field="lowers_price",
        )


def _is_repeated(session: Session, order: Order, key: str, kind: TransactionKind, cents: int) -> bool:
    """Whether this very form was sent before. Refuses the same form with something else in it."""
    known = session.scalars(
        select(Transaction).where(Transaction.kind.in_(PAST_STRIPE), Transaction.stripe_id == _reference(key))
    ).first()
    if known is None:
        return False
    if (known.order_id, known.kind, known.amount_cents) != (order.id, kind, cents):
        raise Conflict("This form was sent already, with something else in it. Please load the page again.")
    return True


def _enter(session: Session, order: Order, taking: Taking, actor: Actor) -> None:
    entry = ledger.Entry(
        order.id,
        taking.tender,
        _amount(order, taking.cents),
        _reference(taking.key),
        note=taking.note.strip(),
        actor=actor,
        slip=taking.slip.strip(),
    )
    if not ledger.enter(session, entry):
        # The same form at the same moment, for another order.
        raise Conflict("This form was sent already, with something else in it. Please load the page again.")


def _owe_thanks(session: Session, taking: Taking) -> None:
    """What orders it is told with the confirmation; what comes later by itself."""
    row = ledger.find(session, taking.tender, _reference(taking.key))
    if row is not None:
        ledger.owe_thanks(session, row.id, f"{_reference(taking.key)}:received")


def _move(session: Session, order: Order, reason: str, actor: Actor) -> None:
    """What the order does with the money: its payment status, and its confirmation where it waited for that."""
    target = _got(order) if order.payment_status == PaymentStatus.UNPAID else ledger.standing(session, order)
    if target != order.payment_status:
        orders.change_payment_status(session, order, target, actor, reason)
    if order.status == OrderStatus.PENDING_PAYMENT:
        orders.confirm(session, order, actor, f"{words(target)} at the counter")
    # What polls the order compares its version.
    order.version += 1


def _got(order: Order) -> PaymentStatus:
    whole = order.held_cents >= order.total_cents - order.credited_cents
    return PaymentStatus.PAID if whole else PaymentStatus.DEPOSIT_PAID


def _figures(order: Order) -> dict[str, object]:
    return {
        "held_cents": order.held_cents,
        "credited_cents": order.credited_cents,
        "payment_status": order.payment_status,
    }


def _amount(order: Order, cents: int) -> Money:
    return Money(cents, order.currency)


def _reference(key: str) -> str:
    return f"till:{key}"

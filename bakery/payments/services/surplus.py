"""What people do about money that bought nothing and did not go back by itself: send it again, or give it another way.

Stripe is asked first whether it has it after all. A person decides on nothing here but the way: it is the customer's,
so no limit and no second person stands before it.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound, Unavailable
from bakery.core.money import Money
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import refund_words
from bakery.payments.dispute_queries import is_disputed, stops_surplus
from bakery.payments.facts import refund_facts
from bakery.payments.models import PAST_STRIPE, EventOutcome, Payment, Transaction, TransactionKind
from bakery.payments.operations import attempts, fraud_warnings, given_back, ledger, surplus
from bakery.payments.refund_standing import left_of_payment
from bakery.payments.refund_states import Tender
from bakery.payments.refund_words import WAYS
from bakery.payments.services.refund_requests import FROZEN, is_own, words_of
from bakery.payments.services.refund_rescue import AWAY, GIVEN_AS, GONE, SENT_AFTER_ALL
from bakery.payments.surplus_queries import is_owed
from bakery.people import audit
from bakery.people.rights import Right
from bakery.people.trust import require

BEING_SENT = "It is being sent. Look again in a minute."
ON_ITS_WAY = "Stripe has it, and it is on its way to the customer. Nothing more was done."
OWN = "This is your own order: somebody else has to give you this."
BOUGHT = "This payment bought something: it goes back by a refund of its order."


def retry_surplus(payment_id: int, actor: Actor, gateway: Gateway) -> None:
    """Send a payment that bought nothing to its card once more, with a key that Stripe has not seen.

    Refuses who may not refund (Forbidden), an open dispute, what is being sent, what Stripe has sent or has on its
    way, and money that is gone (Conflict); and while Stripe does not answer (Unavailable).
    """
    _look_first(payment_id, actor, gateway)
    with transaction() as session:
        order, payment = _open(session, payment_id, actor)
        if stops_surplus(session, payment):
            raise Conflict(FROZEN)
        cents, before = _left(session, payment), payment.refund_failure
        surplus.owe_again(session, payment)
        surplus.settle(session, payment, actor.id)
        order.version += 1
        _audit(session, actor, "surplus.retry", order, payment, cents, before)


def give_surplus(payment_id: int, actor: Actor, tender: Tender, why: str, gateway: Gateway) -> bool:
    """Enter that a person has given all that is left of it another way. It lowers no price. False when the same
    person has entered it already.

    Refuses no reason, and back to the card (Invalid); who may not refund, and for what goes out of the till who may
    take no money (Forbidden); the customer of this very order, and any open dispute (Conflict); otherwise what
    `retry_surplus` refuses.
    """
    why = words_of(why, "Say why it goes another way.", "why")
    if tender not in GIVEN_AS:
        raise Invalid("Choose how it is given.", field="tender")
    _look_first(payment_id, actor, gateway)
    with transaction() as session:
        order, payment = _open(session, payment_id, actor)
        if tender != Tender.BANK_TRANSFER:
            require(session, actor, Right.TAKE_MONEY)
        if is_own(session, order, actor.id):
            raise Conflict(OWN)
        last = _last_row(session, payment)
        if last.kind in PAST_STRIPE and last.actor_id == actor.id:
            return False
        if is_disputed(session, order.id):
            raise Conflict(FROZEN)
        cents = _left(session, payment)
        entry = ledger.Entry(
            order.id,
            GIVEN_AS[tender],
            Money(-cents, payment.currency),
            f"surplus:{payment.id}:{last.id}",
            payment_id=payment.id,
            note=f"given back {WAYS[tender]}: {why}",
            actor=actor,
        )
        ledger.enter(session, entry)
        ledger.settle_refunds(session, order, f"given back {WAYS[tender]}")
        fraud_warnings.settle_refunded(session, payment)
        surplus.conclude(session, payment, actor.id)
        order.version += 1
        _audit(session, actor, "surplus.give", order, payment, cents, why, tender)
        return True


def _look_first(payment_id: int, actor: Actor, gateway: Gateway) -> None:
    """Take what Stripe has of it into the books. What has gone, or is on its way, is not given again (Conflict)."""
    with transaction() as session:
        _, payment = _open(session, payment_id, actor)
        intent_id = str(payment.payment_intent_id)
    try:
        found = gateway.list_refunds_of(intent_id)
    except (GatewayUnavailable, GatewayRefused) as error:
        raise Unavailable(AWAY) from error
    with transaction() as session:
        order, payment = _open(session, payment_id, actor)
        said = [_take(session, order, payment, made) for made in reversed(found)]
    for words in filter(None, said):
        raise Conflict(words)


def _take(session: Session, order: Order, payment: Payment, made: GatewayRefund) -> str:
    """Take one refund as Stripe has it now. Answers why nothing else may go; empty where it stands against nothing."""
    if ledger.entered(session, TransactionKind.REVERSAL, made.id):
        return ""
    failed = made.status in given_back.FAILED
    if ledger.entered(session, TransactionKind.REFUND, made.id) and not failed:
        return ""
    result = given_back.take_refund(session, order, payment, refund_facts(made.raw))
    if failed:
        return ""
    if result.outcome == EventOutcome.FLAGGED:
        return refund_words.not_in_books(result.note)
    return ON_ITS_WAY if made.status in given_back.ON_ITS_WAY else SENT_AFTER_ALL


def _open(session: Session, payment_id: int, actor: Actor) -> tuple[Order, Payment]:
    """The payment as it is now, under its order's lock, for somebody who may see to it."""
    found = session.get(Payment, payment_id)
    if found is None:
        raise NotFound("There is no such payment.")
    order = orders.lock_order(session, found.order_id)
    require(session, actor, Right.REFUND)
    payment = attempts.fresh(session, payment_id)
    if not payment.surplus:
        raise Conflict(BOUGHT)
    return order, payment


def _left(session: Session, payment: Payment) -> int:
    """Cents of it that are here and that nobody is sending."""
    left = left_of_payment(session, payment.id)
    if left <= 0:
        raise Conflict(GONE)
    if is_owed(session, payment.id):
        raise Conflict(BEING_SENT)
    return left


def _last_row(session: Session, payment: Payment) -> Transaction:
    """The latest row of its ledger: what is given after it is given once."""
    last = select(func.max(Transaction.id)).where(Transaction.payment_id == payment.id)
    return session.scalars(select(Transaction).where(Transaction.id == last.scalar_subquery())).one()


def _audit(  # noqa: PLR0913 who, what, of which, how much, why, how
    session: Session,
    actor: Actor,
    action: str,
    order: Order,
    payment: Payment,
    cents: int,
    reason: str,
    tender: Tender = Tender.STRIPE,
) -> None:
    after = {"order": order.number, "amount_cents": cents, "tender": tender, "try": payment.refund_try}
    audit.record(session, actor, action, "payment", payment.id, after=after, reason=reason)

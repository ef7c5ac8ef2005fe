"""Charging a saved card for what an order asks for: what orders it, or what is due of it.

As with a page, the attempt and its idempotency key are committed first, Stripe is asked outside any transaction, and
only its event (or the reconciler asking) marks anything paid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from bakery.core.errors import Unavailable
from bakery.infra.transaction import end_read, transaction
from bakery.integrations.gateway.card_port import CardCharge, ChargeResult
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.orders import operations as orders
from bakery.payments import declines
from bakery.payments.facts import FailureFacts, failure_facts
from bakery.payments.models import Payment, PaymentState
from bakery.payments.operations import attempts, failed, kept, nudges, tries
from bakery.payments.operations.attempts import CardAttempt, CardOnFile
from bakery.payments.operations.payer import NOBODY, Payer
from bakery.payments.services.closing import close_attempt, paid_meanwhile

log = structlog.get_logger(__name__)
AWAY = "Your card cannot be charged right now. Nothing was charged: please try again in a minute."
_ASKED_FIRST = "authentication_required"


class ChargeOutcome(StrEnum):
    """CHARGED: the bank said yes (its event makes the order paid). AUTHENTICATE: the owner has to answer their bank.
    DECLINED: the bank said no.
    """

    CHARGED = "charged"
    AUTHENTICATE = "authenticate"
    DECLINED = "declined"


@dataclass(frozen=True)
class Charged:
    """What became of a charge. `url`: where the owner answers their bank; `why`: a bank's no in plain words."""

    outcome: ChargeOutcome
    payment_id: int
    url: str | None = None
    why: str = ""


def charge_saved_card(
    order_id: int,
    card: CardOnFile,
    gateway: Gateway,
    base_url: str,
    *,
    off_session: bool = False,
    payer: Payer = NOBODY,
) -> Charged:
    """Charge a saved card, once however often it is asked while the first charge is not decided.

    `off_session`: its owner is not there (an agreed charge of the rest). Then a bank that asks for them is
    AUTHENTICATE without a `url`: send them a link to pay. Refuses (NotPayable) an order that asks for no money, a card
    that was removed, and off session one without a mandate in force; and says so when Stripe does not answer
    (Unavailable): the next call with the same card finishes what this one began.
    """
    end_read()
    if paid := paid_meanwhile(order_id, gateway):
        # Stripe has the money and has not told yet: the card is not charged as well.
        return Charged(ChargeOutcome.CHARGED, paid)
    charge = _prepare(order_id, card, base_url, off_session, payer)
    try:
        result = gateway.charge_card(charge)
    except GatewayUnavailable as error:
        log.warning("stripe_away", payment=charge.payment_id, error=str(error))
        raise Unavailable(AWAY) from error
    except GatewayRefused as error:
        if not _is_of_the_card(error.code):
            # Our own mistake, or the account's: no bank has said no, and another card would not help.
            close_attempt(charge.payment_id, PaymentState.FAILED, alert=str(error))
            raise Unavailable(AWAY) from error
        return _record(charge, ChargeResult("", "requires_payment_method", code=error.code))
    return _record(charge, result)


def _prepare(order_id: int, card: CardOnFile, base_url: str, off_session: bool, payer: Payer) -> CardCharge:
    """First transaction: the attempt that counts. An open page, or another card's charge, gives way to it."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        attempts.check_payable(order)
        if not off_session:
            tries.refuse_too_many(session, order, payer.tried_from)
        by_card = CardAttempt(card, off_session)
        kept.check_card(session, order, by_card)
        keep = replace(kept.wanted(session, order, payer, card.customer_id), save=False)
        payment = attempts.waiting(session, order_id)
        if payment is not None and not _is_same(payment, by_card, attempts.asked(order)[1], keep.rest):
            attempts.owe_closing_others(session, order_id)
            attempts.end(payment, PaymentState.EXPIRED)
            payment = None
            session.flush()
        if payment is None:
            payment = attempts.begin(session, order, payer.until, by_card, keep, payer.tried_from)
            kept.agree(session, order, payment, payer)
            nudges.owe(session, order, nudges.AFTER_A_PAGE)
        return CardCharge(
            order_number=order.number,
            payment_id=payment.id,
            amount_cents=payment.amount_cents,
            currency=payment.currency,
            customer_id=card.customer_id,
            payment_method_id=card.payment_method_id,
            off_session=off_session,
            return_url=f"{base_url}/orders/{order.number}?paid=1",
            idempotency_key=payment.idempotency_key,
        )


def _is_of_the_card(code: str) -> bool:
    """Whether Stripe means that the card is gone, or not this customer's: then another one may do."""
    return code == "resource_missing" or code.startswith(("payment_method", "card"))


def _is_same(payment: Payment, by_card: CardAttempt, cents: int, rest: bool) -> bool:
    return by_card.is_of(payment) and (payment.amount_cents, payment.charge_rest) == (cents, rest)


def _record(charge: CardCharge, result: ChargeResult) -> Charged:
    """Second transaction: what Stripe answered. A yes waits for its event; the order page says so meanwhile."""
    refused = result.status in ("requires_payment_method", "canceled")
    why = declines.plain_words(result.code, result.decline_code) if refused else ""
    with transaction() as session:
        payment = session.get_one(Payment, charge.payment_id)
        order = orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, charge.payment_id)
        if payment.state in attempts.OPEN_STATES:
            payment.payment_intent_id = result.intent_id or payment.payment_intent_id
            payment.state, payment.url = PaymentState.OPEN, result.url
            if refused:
                attempts.end(payment, PaymentState.FAILED, why)
                failed.refused(session, order, payment, _facts(result))
                order.version += 1
        elif payment.state != PaymentState.SUCCEEDED and not refused:
            # Ended meanwhile; what Stripe did all the same is known by its intent, and goes back by its event.
            payment.payment_intent_id = payment.payment_intent_id or result.intent_id
    return replace(_outcome(charge, result), why=why)


def _facts(result: ChargeResult) -> FailureFacts:
    return replace(failure_facts(result.raw), code=result.code, decline_code=result.decline_code)


def _outcome(charge: CardCharge, result: ChargeResult) -> Charged:
    if result.status == "requires_action" or _ASKED_FIRST in (result.code, result.decline_code):
        return Charged(ChargeOutcome.AUTHENTICATE, charge.payment_id, result.url)
    if result.status in ("succeeded", "processing"):
        return Charged(ChargeOutcome.CHARGED, charge.payment_id)
    return Charged(ChargeOutcome.DECLINED, charge.payment_id)

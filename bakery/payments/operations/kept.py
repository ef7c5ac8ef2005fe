"""What becomes of the card that pays: what was agreed when the attempt began, and what follows once it has paid."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bakery.infra import outbox, queue
from bakery.integrations.gateway.card_port import CardOnHand
from bakery.orders.models import Order
from bakery.payments import mandates
from bakery.payments.card_models import SavedCard
from bakery.payments.models import Payment, PaymentChannel, PaymentKind
from bakery.payments.operations import attempts, cards
from bakery.payments.operations.attempts import CardAttempt, Keep, NotPayable
from bakery.payments.operations.payer import Payer

KEEP = "jobs.cards.keep_card"
GONE = "This card was removed from your account. Nothing was charged: please choose another way to pay."
NO_YES = "Nobody has agreed that this card is charged while they are away."


def wanted(session: Session, order: Order, payer: Payer, customer_id: str | None) -> Keep:
    """What this payer wants to become of their card: as before when nobody asked them now."""
    if not payer.asked:
        return attempts.kept_before(session, order)
    # Only a deposit has a rest to be charged.
    rest = payer.charge_rest is not None and attempts.asked(order)[0] == PaymentKind.DEPOSIT
    save = payer.save is not None and payer.user_id is not None
    return Keep(customer_id if save or rest else None, save, rest)


def agree(session: Session, order: Order, payment: Payment, payer: Payer) -> None:
    """Keep what the payer of a new attempt said to the boxes beside the button, with words, time and address."""
    if not payer.asked:
        return
    if payment.save_card and payer.save is not None:
        cards.consent(session, payer, payer.save, granted=True, order_id=order.id)
    if payment.charge_rest and payer.charge_rest is not None and payment.customer_id is not None:
        mandates.agree(session, order, payment.customer_id, payer.charge_rest, payer)
    elif payment.kind == PaymentKind.DEPOSIT:
        # They left the box alone this time.
        mandates.revoke(session, order, payer)


def check_card(session: Session, order: Order, by_card: CardAttempt) -> None:
    """Refuse a card that its owner has removed, and one that nobody agreed to charge while they are away.

    The caller holds the order's lock; from here on the customer's is held too, so nobody removes the card now.
    """
    card = by_card.card
    if by_card.off_session and mandates.find(session, order.id) != card:
        raise NotPayable(NO_YES)
    cards.lock_named(session, card.customer_id)
    saved = cards.named(session, card.payment_method_id)
    if saved is not None and saved.removed_at is not None and not by_card.off_session:
        raise NotPayable(GONE)


def follow(session: Session, order: Order, payment: Payment) -> None:
    """The attempt has paid: its card is kept as agreed. Which card a page got, a job asks Stripe."""
    if payment.channel == PaymentChannel.PAGE and (payment.save_card or payment.charge_rest):
        outbox.owe(session, KEEP, payment.id, on=queue.DEFAULT, key=f"payment:{payment.id}:keep-card")
    elif payment.charge_rest and payment.payment_method_id is not None:
        saved = cards.named(session, payment.payment_method_id)
        if saved is not None and payment.customer_id is not None:
            mandates.fill(session, order, _on_hand(saved, payment.customer_id))


def _on_hand(card: SavedCard, customer_id: str) -> CardOnHand:
    return CardOnHand(
        card.payment_method_id,
        customer_id,
        card.brand,
        card.last_four,
        card.expiry_month,
        card.expiry_year,
        card.fingerprint,
    )

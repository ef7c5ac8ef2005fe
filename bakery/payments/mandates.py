"""The agreement to charge the rest of an order to the card that paid its deposit. The order's lock guards it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.integrations.gateway.card_port import CardOnHand
from bakery.orders.models import Order
from bakery.payments import card_words
from bakery.payments.card_models import CardConsent, CardMandate, ConsentKind
from bakery.payments.card_words import Wording
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.operations.payer import Payer

LET_GO = "jobs.cards.let_go"


def find(session: Session, order_id: int) -> CardOnFile | None:
    """The card that may be charged for the rest of an order while its owner is away; None without a yes in force."""
    mandate = in_force(session, order_id)
    if mandate is None or mandate.payment_method_id is None:
        return None
    return CardOnFile(mandate.customer_id, mandate.payment_method_id)


def in_force(session: Session, order_id: int) -> CardMandate | None:
    """The agreement that was not taken back; its card may not be known yet."""
    return session.scalars(
        select(CardMandate)
        .where(CardMandate.order_id == order_id, CardMandate.revoked_at.is_(None))
        .execution_options(populate_existing=True)
    ).one_or_none()


def agree(session: Session, order: Order, customer_id: str, words: Wording, payer: Payer) -> None:
    """Write down that the rest of this order may be charged. Said again, it is agreed anew: the latest word counts."""
    now = clock.now()
    said = {
        "customer_id": customer_id,
        "payment_method_id": None,
        "brand": "",
        "last_four": "",
        "wording": words.text,
        "wording_version": words.version,
        "agreed_at": now,
        "ip": payer.ip,
        "revoked_at": None,
        "released_at": None,
    }
    session.execute(
        insert(CardMandate)
        .values(order_id=order.id, **said)
        .on_conflict_do_update(index_elements=["order_id"], set_=said)
    )
    _enter(session, order, payer, words, granted=True)


def fill(session: Session, order: Order, card: CardOnHand) -> bool:
    """The deposit is paid with this card: it is the one. False when nobody agreed, or took it back meanwhile."""
    mandate = in_force(session, order.id)
    if mandate is None or mandate.customer_id != card.customer_id:
        return False
    mandate.payment_method_id = card.payment_method_id
    mandate.brand, mandate.last_four = card.brand, card.last_four
    order.version += 1
    return True


def revoke(session: Session, order: Order, payer: Payer, words: Wording = card_words.REVOKED) -> bool:
    """Nothing is charged by itself any more. False when nothing would have been."""
    mandate = in_force(session, order.id)
    if mandate is None:
        return False
    mandate.revoked_at = clock.now()
    order.version += 1
    _enter(session, order, payer, words, granted=False)
    outbox.owe(session, LET_GO, order.id, on=queue.DEFAULT, key=f"{order.ref}:let-go:{mandate.revoked_at}")
    return True


def orders_charged_to(session: Session, payment_method_id: str) -> list[int]:
    """The orders whose rest is to be charged to this card, in the order of their locks."""
    return list(
        session.scalars(
            select(CardMandate.order_id)
            .where(CardMandate.payment_method_id == payment_method_id, CardMandate.revoked_at.is_(None))
            .order_by(CardMandate.order_id)
        )
    )


def orders_of_customer(session: Session, customer_id: str) -> list[int]:
    """The orders whose rest is to be charged to a card of this customer, in the order of their locks."""
    return list(
        session.scalars(
            select(CardMandate.order_id)
            .where(CardMandate.customer_id == customer_id, CardMandate.revoked_at.is_(None))
            .order_by(CardMandate.order_id)
        )
    )


def _enter(session: Session, order: Order, payer: Payer, words: Wording, *, granted: bool) -> None:
    session.add(
        CardConsent(
            kind=ConsentKind.CHARGE_REST,
            granted=granted,
            user_id=payer.user_id,
            order_id=order.id,
            wording=words.text,
            wording_version=words.version,
            ip=payer.ip,
            at=clock.now(),
        )
    )

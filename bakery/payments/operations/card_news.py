"""What Stripe tells of cards and customers: one was saved, taken off, renewed by its bank, or deleted."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.orders import operations as orders
from bakery.payments import card_words, mandates
from bakery.payments.card_models import CardSetup, SetupState, StripeCustomer
from bakery.payments.facts import Body
from bakery.payments.operations import cards, forgetting, tries
from bakery.payments.operations.payer import Payer
from bakery.payments.operations.results import Result, applied, ignored

KEEP = "jobs.cards.keep_set_up_card"
CLOSE = "jobs.cards.close_card_setup"
_WAITING = (SetupState.CREATED, SetupState.OPEN)


def is_setup(body: Body) -> bool:
    """Whether a Checkout Session only saves a card."""
    return body.get("mode") == "setup"


def set_up(session: Session, body: Body) -> Result:
    """Somebody added a card: which one, a job asks Stripe."""
    setup = _setup_of(session, body)
    if setup is None:
        return ignored("a card for a page that is not ours")
    setup.session_id = setup.session_id or str(body.get("id"))
    outbox.owe(session, KEEP, setup.id, on=queue.URGENT, key=f"card_setup:{setup.id}:keep")
    return applied("a card was added")


def setup_expired(session: Session, body: Body) -> Result:
    """Nobody typed a card there."""
    setup = _setup_of(session, body)
    if setup is None or setup.state not in _WAITING:
        return ignored("a page for a card that is not open here")
    setup.state = SetupState.EXPIRED
    return applied("the page closed without a card")


def setup_failed(session: Session, body: Body) -> Result:
    """A card was refused on a page that adds one. The page stays open for another, up to a limit."""
    setup = _setup_of(session, body, lock=False)
    if setup is None:
        return ignored("a refused card for a page that is not ours")
    # All pages of an account count together: its lock first, then the page's.
    cards.lock_user(session, setup.user_id)
    session.refresh(setup, with_for_update={"key_share": True})
    setup.refused_cards += 1
    setup.refused_at = clock.now()
    session.flush()
    if tries.count_setup(session, setup):
        if setup.state in _WAITING:
            setup.state = SetupState.EXPIRED
        outbox.owe(session, CLOSE, setup.id, on=queue.URGENT, key=f"card_setup:{setup.id}:close")
    return applied("a card that was to be added was refused")


def detached(session: Session, body: Body) -> Result:
    """A card can be charged no more; by our own wish, it is off the list already."""
    method_id = str(body.get("id") or "")
    taken_back = [
        mandates.revoke(session, orders.lock_order(session, order_id), Payer(), card_words.REMOVED)
        for order_id in mandates.orders_charged_to(session, method_id)
    ]
    card = cards.named(session, method_id)
    if card is not None:
        cards.lock_user(session, card.user_id)
        session.refresh(card)
    if card is None or card.removed_at is not None:
        return applied("charged by itself no more") if any(taken_back) else ignored("no card of ours")
    cards.take_off(session, card)
    return applied("the card is gone")


def renewed(session: Session, body: Body) -> Result:
    """A bank gave a card new dates or digits."""
    card, told = cards.named(session, str(body.get("id") or "")), body.get("card")
    if card is None or not isinstance(told, dict):
        return ignored("no card of ours")
    cards.lock_user(session, card.user_id)
    session.refresh(card)
    month, year, digits = told.get("exp_month"), told.get("exp_year"), str(told.get("last4") or "")
    if card.removed_at is not None or type(month) is not int or type(year) is not int:
        return ignored("nothing new about a card")
    card.expiry_month, card.expiry_year, card.last_four = month, year, digits
    return applied("the card was renewed")


def customer_deleted(session: Session, body: Body) -> Result:
    """Somebody deleted a customer in Stripe's dashboard; by our own wish, they are forgotten already."""
    row = session.scalars(
        select(StripeCustomer).where(StripeCustomer.customer_id == str(body.get("id") or ""))
    ).one_or_none()
    if row is None or row.removed_at is not None:
        return ignored("no customer of ours")
    forgetting.lose(session, row)
    return applied("the customer and their cards are gone")


def _setup_of(session: Session, body: Body, *, lock: bool = True) -> CardSetup | None:
    """By the page's own id, else by the reference it carries: our record of it may have been cut short."""
    metadata = body.get("metadata")
    reference = metadata.get("reference") if isinstance(metadata, dict) else None
    query = select(CardSetup).where(
        or_(
            CardSetup.session_id == str(body.get("id") or ""),
            CardSetup.idempotency_key == str(reference or ""),
        )
    )
    return session.scalars(query.with_for_update(key_share=True) if lock else query).first()


HANDLERS = {
    "setup_intent.setup_failed": setup_failed,
    "payment_method.detached": detached,
    "payment_method.updated": renewed,
    "payment_method.automatically_updated": renewed,
    "customer.deleted": customer_deleted,
}

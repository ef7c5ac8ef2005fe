"""Adding a card without buying anything: a page of Stripe's that only saves it.

As with a payment, the page's row and idempotency key are committed first, Stripe is asked outside any transaction, and
its event (or asking Stripe) puts the card on the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select

from bakery.core import clock, ids
from bakery.core.errors import Unavailable
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.card_port import SetupPage, SetupRequest
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.payments import card_words
from bakery.payments.card_models import CardSetup, SetupState
from bakery.payments.operations import cards, tries
from bakery.payments.operations.payer import Payer
from bakery.payments.services.customers import AWAY, customer_of_user

log = structlog.get_logger(__name__)
LIFE = timedelta(minutes=31)
# Nobody is sent to a page that closes while they look for their card.
ROOM = timedelta(minutes=2)
WAITING = (SetupState.CREATED, SetupState.OPEN)
# Stripe is given a moment to tell before it is asked.
PATIENCE = timedelta(minutes=2)


@dataclass(frozen=True)
class _Setup:
    setup_id: int
    request: SetupRequest
    session_id: str | None


def start_card_setup(payer: Payer, gateway: Gateway, base_url: str) -> str:
    """The address where somebody adds a card to their account. Refuses when Stripe does not answer (Unavailable), and
    for a while after many refused cards (TooManyTries).
    """
    assert payer.user_id is not None
    customer_id = customer_of_user(payer.user_id, gateway)
    try:
        setup = _prepare(payer, customer_id, base_url)
        if setup.session_id is not None:
            page = gateway.get_card_setup(setup.session_id)
            if page.status == "open" and page.url is not None:
                return page.url
            _close(setup.setup_id)
            setup = _prepare(payer, customer_id, base_url)
        page = gateway.open_card_setup(setup.request)
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("no_card_page", error=str(error))
        if isinstance(error, GatewayRefused):
            _close(setup.setup_id)
        raise Unavailable(AWAY) from error
    return _record(setup, page)


def keep_set_up_card(setup_id: int, gateway: Gateway) -> None:
    """Put the card that was typed on a page on its owner's list, once."""
    with transaction() as session:
        setup = session.get_one(CardSetup, setup_id, populate_existing=True)
        session_id, user_id, done = setup.session_id, setup.user_id, setup.state == SetupState.DONE
    if done or session_id is None:
        return
    page = gateway.get_card_setup(session_id)
    if page.status == "expired":
        _close(setup_id)
    if page.payment_method_id is None:
        return
    card = gateway.get_card(page.payment_method_id)
    with transaction() as session:
        customer = cards.lock_user(session, user_id)
        setup = session.get_one(CardSetup, setup_id, populate_existing=True)
        if customer is None or customer.removed_at is not None or card.customer_id != customer.customer_id:
            setup.state = SetupState.EXPIRED
            return
        if setup.state != SetupState.DONE:
            setup.state = SetupState.DONE
            cards.keep(session, user_id, card)


def close_card_setup(setup_id: int, gateway: Gateway) -> None:
    """Close a page at Stripe on which too many cards were refused. A card that was saved there meanwhile is kept."""
    with transaction() as session:
        session_id = session.get_one(CardSetup, setup_id, populate_existing=True).session_id
    if session_id is None:
        return
    try:
        gateway.expire_card_setup(session_id)
    except GatewayRefused:
        # Over already: by its time, or by a card.
        keep_set_up_card(setup_id, gateway)


def follow_card_setups(gateway: Gateway) -> int:
    """Ask Stripe about pages of which it has told nothing; answers how many."""
    with transaction() as session:
        query = select(CardSetup.id).where(
            CardSetup.state.in_(WAITING), CardSetup.created_at < clock.now() - PATIENCE
        )
        waiting = session.scalars(query.order_by(CardSetup.id)).all()
    for setup_id in waiting:
        try:
            keep_set_up_card(setup_id, gateway)
        except GatewayRefused as error:
            log.error("card_setup_unknown_at_stripe", setup=setup_id, error=str(error))
            _close(setup_id)
    _close_those_never_opened()
    return len(waiting)


def _close_those_never_opened() -> None:
    with transaction() as session:
        lost = select(CardSetup).where(
            CardSetup.state.in_(WAITING), CardSetup.session_id.is_(None), CardSetup.expires_at < clock.now()
        )
        for setup in session.scalars(lost.with_for_update(key_share=True)):
            setup.state = SetupState.EXPIRED


def _prepare(payer: Payer, customer_id: str, base_url: str) -> _Setup:
    """The page that counts, begun if there is none. The customer's lock makes a double click find the first one's."""
    assert payer.user_id is not None
    with transaction() as session:
        cards.lock_user(session, payer.user_id)
        tries.refuse_too_many_setups(session, payer.user_id, payer.tried_from)
        setup = session.scalars(
            select(CardSetup)
            .where(CardSetup.user_id == payer.user_id, CardSetup.state.in_(WAITING))
            .execution_options(populate_existing=True)
        ).one_or_none()
        if setup is not None and setup.expires_at < clock.now() + ROOM:
            setup.state, setup = SetupState.EXPIRED, None
            session.flush()
        if setup is None:
            setup = CardSetup(
                user_id=payer.user_id,
                idempotency_key=f"setup-{ids.new_secret()[:24]}",
                expires_at=(clock.now() + LIFE).replace(microsecond=0),
                created_at=clock.now(),
                tried_from=payer.tried_from,
            )
            session.add(setup)
            cards.consent(session, payer, card_words.ADD, granted=True)
            session.flush()
        return _Setup(setup.id, _request(setup, customer_id, base_url), setup.session_id)


def _request(setup: CardSetup, customer_id: str, base_url: str) -> SetupRequest:
    return SetupRequest(
        customer_id=customer_id,
        reference=setup.idempotency_key,
        success_url=f"{base_url}/account/cards?added={setup.id}",
        cancel_url=f"{base_url}/account/cards",
        expires_at=setup.expires_at,
        idempotency_key=setup.idempotency_key,
    )


def _record(setup: _Setup, page: SetupPage) -> str:
    with transaction() as session:
        row = session.get_one(CardSetup, setup.setup_id, with_for_update=True, populate_existing=True)
        if row.state == SetupState.CREATED:
            row.state = SetupState.OPEN
        row.session_id, row.url = page.id, page.url
    if page.url is None:
        raise Unavailable(AWAY)
    return page.url


def _close(setup_id: int) -> None:
    with transaction() as session:
        setup = session.get_one(CardSetup, setup_id, with_for_update=True, populate_existing=True)
        if setup.state in WAITING:
            setup.state = SetupState.EXPIRED

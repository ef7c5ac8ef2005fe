"""Paying, wherever somebody does it: with a card they have saved, in two taps, or on Stripe's page.

The same part of a form everywhere (`storefront/paying/_ways.html`): which card, and the boxes about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from bakery.core.errors import NotFound
from bakery.infra.db import db
from bakery.infra.limits import address
from bakery.integrations.adapters import adapters
from bakery.orders.models import Order
from bakery.payments import card_queries, card_words
from bakery.payments.card_models import SavedCard
from bakery.payments.card_words import Wording
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.operations.payer import Payer
from bakery.payments.services import ChargeOutcome, charge_saved_card, start_checkout

# The button's name for a card that is typed on Stripe's page.
ANOTHER = "another"


@dataclass(frozen=True, slots=True)
class Ways:
    """What stands beside a button that pays. `save` and `rest` are the words of the boxes, where there are any."""

    cards: list[SavedCard]
    chosen: str
    save: Wording | None
    rest: Wording | None
    save_ticked: bool = False
    rest_ticked: bool = False

    @property
    def note(self) -> str:
        """What happens when the button is pressed."""
        if not self.cards:
            return "You pay on Stripe's secure page."
        return (
            "A saved card is charged at once; some banks ask you first. "
            "Another card is typed on Stripe's secure page."
        )


def ways(session: Session, order: Order | None = None) -> Ways:
    """The ways to pay that this visitor has, as they last chose; `order`: what is paid, once it is placed."""
    signed_in = current_user.is_authenticated
    cards = card_queries.list_cards(session, current_user.id) if signed_in else []
    good = next((card for card in cards if not card.expired), None)
    return Ways(
        cards=cards,
        chosen=request.form.get("pay_with", str(good.id) if good else ANOTHER),
        save=card_words.SAVE if signed_in else None,
        rest=_rest(order),
        save_ticked="save_card" in request.form,
        rest_ticked="charge_rest" in request.form,
    )


def pay_for(order: Order, until: datetime | None = None) -> str:
    """Pay for an order as the form says; answers where to go on: Stripe, the bank, or the order's own page.

    Raises a DomainError that says why nothing was charged. `until`: when the offer behind the order ends.
    """
    order_id, number, costs = order.id, order.number, order.total_cents > 0
    payer, card = _payer(order, until), _chosen_card(db.session()) if costs else None
    gateway, base_url = adapters().gateway, current_app.config["SETTINGS"].base_url
    if card is None:
        return start_checkout(order_id, gateway, base_url, until, payer)
    charged = charge_saved_card(order_id, card, gateway, base_url, payer=payer)
    if charged.outcome == ChargeOutcome.AUTHENTICATE and charged.url:
        return charged.url
    if charged.outcome == ChargeOutcome.CHARGED:
        return url_for("orders.show", number=number, paid=1)
    return url_for("orders.show", number=number)


def visitor_as_payer() -> Payer:
    """Whoever is looking, when nobody asks about their card."""
    user_id = current_user.id if current_user.is_authenticated else None
    return Payer(user_id=user_id, ip=request.remote_addr, tried_from=address()[:64])


def _payer(order: Order, until: datetime | None) -> Payer:
    """What was ticked, each with the words beside it."""
    known = visitor_as_payer()
    return Payer(
        user_id=known.user_id,
        ip=known.ip,
        tried_from=known.tried_from,
        asked="pay_asked" in request.form,
        save=card_words.SAVE if "save_card" in request.form else None,
        charge_rest=_rest(order) if "charge_rest" in request.form else None,
        until=until,
    )


def _rest(order: Order | None) -> Wording | None:
    """The words about the rest of an order whose deposit is paid now."""
    if order is None or not order.asks_deposit or order.due_later.cents:
        return None
    return card_words.charge_rest(order)


def _chosen_card(session: Session) -> CardOnFile | None:
    """The saved card that was chosen; None for another one. Raises NotFound for one that is not this visitor's."""
    chosen = request.form.get("pay_with", ANOTHER)
    if chosen == ANOTHER:
        return None
    card = None
    if current_user.is_authenticated and chosen.isascii() and chosen.isdigit() and len(chosen) < 18:
        card = card_queries.find_card(session, current_user.id, int(chosen))
    on_file = card_queries.on_file(session, card) if card else None
    if on_file is None:
        raise NotFound(
            "That card is not in your account any more. Nothing was charged: choose another way to pay."
        )
    return on_file

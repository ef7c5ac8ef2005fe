"""/account/cards: the cards that somebody has saved, which comes first, and what is charged by itself."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.core.errors import DomainError, NotFound
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.payments import card_queries, card_words, services
from bakery.payments.card_models import SavedCard
from bakery.storefront.paying import visitor_as_payer

blueprint = Blueprint("cards", __name__, url_prefix="/account/cards")
PAGE = "/account/cards"


@blueprint.after_request
def keep_nowhere(response: Response) -> Response:
    """Nothing of a person stays in a shared computer's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The list. `added`: somebody comes back from Stripe's page, and its word about the card may be on its way."""
    session = db.session()
    context = {
        "cards": card_queries.list_cards(session, current_user.id),
        "charges": card_queries.agreed_charges(session, current_user.id),
        "added": request.args.get("added", ""),
        "awaited": _is_awaited(request.args.get("added", "")),
        "add_words": card_words.ADD,
    }
    if htmx.wants_fragment():
        return make_response(render_template("storefront/account/_cards.html", **context))
    return make_response(render_template("storefront/account/cards.html", **context))


@blueprint.post("")
@limiter.limit("10 per minute; 30 per hour")
def add() -> ResponseReturnValue:
    """On to Stripe's page that saves a card and charges nothing."""
    payer, base_url = visitor_as_payer(), current_app.config["SETTINGS"].base_url
    end_read()
    try:
        url = services.start_card_setup(payer, adapters().gateway, base_url)
    except DomainError as error:
        flash(error.message, "warning")
        url = PAGE
    return redirect(url, 303)


@blueprint.post("/<int:card_id>/default")
def make_default(card_id: int) -> ResponseReturnValue:
    """Offer this card first."""
    services.set_default_card(current_user.id, card_id)
    flash("This card is offered first from now on.", "success")
    return redirect(PAGE, 303)


@blueprint.route("/<int:card_id>/remove", methods=["GET", "POST"])
def remove(card_id: int) -> ResponseReturnValue:
    """Ask once, and say what the card was to pay by itself; then it is gone."""
    session = db.session()
    card = _own(card_id, removed=request.method == "POST")
    if request.method == "POST":
        payer, name = visitor_as_payer(), card.name
        end_read()
        services.remove_card(card_id, payer)
        flash(f"{name} is removed.", "success")
        return redirect(PAGE, 303)
    charges = [
        charge
        for charge in card_queries.agreed_charges(session, current_user.id)
        if charge.payment_method_id == card.payment_method_id
    ]
    return make_response(render_template("storefront/account/card_remove.html", card=card, charges=charges))


def _own(card_id: int, *, removed: bool) -> SavedCard:
    card = card_queries.find_card(db.session(), current_user.id, card_id, removed=removed)
    if card is None:
        raise NotFound("There is no such card in your account.")
    return card


def _is_awaited(added: str) -> bool:
    if not (added.isascii() and added.isdigit() and len(added) < 18):
        return False
    return card_queries.setup_is_done(db.session(), current_user.id, int(added)) is False

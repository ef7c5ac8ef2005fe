"""/search: the menu by words."""

from __future__ import annotations

from flask import Blueprint, Response, request

from bakery.catalog.cards import list_cards
from bakery.catalog.search import MAX_QUERY, search_cards
from bakery.core import clock
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.pagecache import keep
from bakery.shop.queries import get_profile
from bakery.stock.queries import available as available_units
from bakery.storefront.product_cards import card_views

blueprint = Blueprint("search", __name__)

KEEP_SECONDS = 60
MOST = 24


@blueprint.get("/search")
def index() -> Response:
    """What the words in `q` find; without words, the way to the menu."""
    session = db.session()
    shop = get_profile(session)
    query = "".join(c for c in request.args.get("q", "") if c.isprintable()).strip()[:MAX_QUERY]
    cards = [card for card in list_cards(session, clock.today(shop.time_zone)) if card.in_season]
    found = search_cards(cards, query)[:MOST]
    suggestions = [] if found else [card for card in cards if card.featured][:4]
    shown = found or suggestions
    available = available_units(session, [v for card in shown for v in card.variant_ids])
    response = htmx.render(
        "storefront/search/index.html",
        fragment="storefront/search/_results.html",
        query=query,
        found=card_views(found, available, shop.currency),
        suggestions=card_views(suggestions, available, shop.currency),
    )
    return keep(response, topics=("shop",), seconds=KEEP_SECONDS)

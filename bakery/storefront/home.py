"""/: the shop's window."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template
from sqlalchemy.orm import Session

from bakery.catalog.cards import Card, in_order, list_cards
from bakery.catalog.queries import list_categories
from bakery.catalog.reviews import list_praise
from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.pagecache import keep
from bakery.orders.popularity import popular_and_trending
from bakery.shop.queries import get_profile
from bakery.stock.queries import available as available_units
from bakery.storefront import structured_data
from bakery.storefront.context import shop_frame
from bakery.storefront.product_cards import card_views

blueprint = Blueprint("home", __name__)

KEEP_SECONDS = 60
SHELF = 8
# What the shop itself puts forward starts with so many orders: little history does not push it off the shelf,
# a season of real orders does.
HEAD_START = 10


@blueprint.get("/")
def index() -> Response:
    """Hero, popular, trending, categories and praise."""
    session = db.session()
    shop = get_profile(session)
    cards = [card for card in list_cards(session, clock.today(shop.time_zone)) if card.in_season]
    popular, trending = _shelves(session, cards)
    shown = popular + trending
    available = available_units(session, [v for card in shown for v in card.variant_ids])
    categories = list_categories(session)
    counts = {c.slug: sum(card.category == c.slug for card in cards) for c in categories}
    base_url = current_app.config["SETTINGS"].base_url
    response = make_response(
        render_template(
            "storefront/home/index.html",
            popular=card_views(popular, available, shop.currency),
            trending=card_views(trending, available, shop.currency),
            categories=[(c, counts[c.slug]) for c in categories if counts[c.slug]],
            praise=list_praise(session),
            base_url=base_url,
            json_ld=structured_data.bakery(shop, base_url, shop_frame().opening_hours),
        )
    )
    return keep(response, topics=("shop",), seconds=KEEP_SECONDS)


def _shelves(session: Session, cards: list[Card]) -> tuple[list[Card], list[Card]]:
    """Popular, in menu order where it draws, and trending; no product on both."""
    orders, rising = popular_and_trending(session, clock.now())

    def score(card: Card) -> int:
        return orders.get(card.id, 0) + HEAD_START * card.featured

    popular = sorted(filter(score, cards), key=score, reverse=True)[:SHELF]
    on_shelf = {card.id for card in popular}
    trending = [card for card in in_order(cards, rising) if card.id not in on_shelf][: SHELF // 2]
    return popular, trending

"""/menu: every product, narrowed by what the visitor chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from flask import Blueprint, Response, current_app, request

from bakery.catalog import menu
from bakery.catalog.cards import Card, list_cards
from bakery.catalog.models import Allergen, Category, Tag
from bakery.catalog.queries import list_categories
from bakery.core import clock
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.pagecache import keep
from bakery.scheduling.queries import available_on
from bakery.scheduling.types import Need
from bakery.shop.queries import Profile, get_profile
from bakery.stock.queries import available as available_units
from bakery.storefront.menu_form import MenuQuery, read_menu_query
from bakery.storefront.product_cards import card_views
from bakery.storefront.words import ALLERGEN_WORDS, TAG_WORDS

blueprint = Blueprint("menu", __name__)

# Cut-offs pass even when nothing changes: a copy lives no longer than this.
KEEP_SECONDS = 60
SERVINGS = [(str(number), words) for number, words in menu.SERVINGS]
LEAD = (
    "Baked by hand in Auburn: celebration cakes, Afghan breads, pastries, cookies and tea, "
    "to collect when it suits you."
)


@blueprint.get("/menu")
def index() -> Response:
    """The menu, or for htmx only what a filter changes: results, counts, heading."""
    session = db.session()
    shop = get_profile(session)
    categories = list_categories(session)
    query = read_menu_query(request.args, {category.slug for category in categories})
    cards = list_cards(session, clock.today(shop.time_zone))
    ready, note = _ready(cards, query, shop)
    filters = _filters(query, ready)
    found = menu.select_cards(cards, filters)
    pages = max(1, ceil(len(found) / menu.PAGE_SIZE))
    query = replace(query, page=min(query.page, pages))
    shown = found[(query.page - 1) * menu.PAGE_SIZE : query.page * menu.PAGE_SIZE]
    available = available_units(session, [v for card in shown for v in card.variant_ids])
    category = next((c for c in categories if c.slug == query.category), None)
    response = htmx.render(
        "storefront/menu/index.html",
        fragment="storefront/menu/_filtered.html",
        query=query,
        cards=card_views(shown, available, shop.currency),
        total=len(found),
        everything=sum(card.in_season for card in cards),
        unknown=menu.hidden_as_unknown(cards, filters),
        pages=pages,
        page_url=lambda number: query.address(page=number),
        ready_note=note,
        chosen=_chosen(query, categories),
        heading=category.name if category else "The menu",
        description=category.description if category else LEAD,
        canonical=f"/menu?category={category.slug}" if category else "/menu",
        base_url=current_app.config["SETTINGS"].base_url,
        today=clock.today(shop.time_zone),
        sorts=[(value, text) for value, (text, _) in menu.SORTS.items()],
        **_options(cards, filters, query, categories),
    )
    if htmx.wants_fragment():
        # The address without the form's empty fields: short enough to be sent to somebody.
        response.headers["HX-Push-Url"] = query.address(page=query.page)
    return keep(response, topics=("shop",), seconds=KEEP_SECONDS)


def _ready(cards: Sequence[Card], query: MenuQuery, shop: Profile) -> tuple[frozenset[int] | None, str]:
    """The ids that can be collected by the chosen date, and a sentence about a date that is no help."""
    if query.on_text and query.on is None:
        return None, "That is not a date. Write it as year-month-day, or choose it from the calendar."
    if query.on is None:
        return None, ""
    if query.on < clock.today(shop.time_zone):
        return None, "That date has passed, so it was left out."
    needs = {(card.id, *need): Need(*need) for card in cards for need in card.needs}
    ready = frozenset(card_id for card_id, *_ in available_on(db.session(), needs, query.on))
    if not ready:
        return (
            ready,
            "Nothing can be collected on that day: we are closed, full, or it is too far off or too soon.",
        )
    return ready, ""


def _filters(query: MenuQuery, ready: frozenset[int] | None) -> menu.MenuFilters:
    return menu.MenuFilters(
        category=query.category,
        tags=frozenset(query.tags),
        free_from=frozenset(query.free_from),
        prices=frozenset(query.prices),
        servings=query.servings,
        ready=ready,
        sort=query.sort,
    )


def _options(
    cards: Sequence[Card], filters: menu.MenuFilters, query: MenuQuery, categories: Sequence[Category]
) -> dict[str, Any]:
    counts = menu.count_choices(cards, filters, list(Allergen), list(Tag))
    kinds = [("", "Everything"), *((c.slug, c.name) for c in categories)]
    return {
        "category_options": [
            (slug, name, counts.category.get(slug, 0), slug == query.category) for slug, name in kinds
        ],
        "tag_options": [
            (tag, words, counts.tags[tag], tag in query.tags) for tag, words in TAG_WORDS.items()
        ],
        "allergen_options": [
            (code, words, counts.free_from[code], code in query.free_from)
            for code, words in ALLERGEN_WORDS.items()
        ],
        "price_options": [
            (band, words, counts.prices[band], band in query.prices) for band, words in menu.PRICE_BANDS
        ],
        "servings_options": [(value, words, None, value == str(query.servings)) for value, words in SERVINGS],
    }


def _chosen(query: MenuQuery, categories: Sequence[Category]) -> list[tuple[str, str]]:
    names = {c.slug: c.name for c in categories}
    bands = dict(menu.PRICE_BANDS)
    words: dict[str, Callable[[str], str | None]] = {
        "category": names.get,
        "diet": TAG_WORDS.get,
        "free": lambda code: f"No {ALLERGEN_WORDS[code].lower()}",
        "price": bands.get,
        "serves": lambda number: f"Serves {number}+",
        "on": lambda on: f"Ready by {on}",
    }
    return [
        (str(words[name](value)), query.without(name, value))
        for name, value in query.pairs()
        if name != "sort"
    ]

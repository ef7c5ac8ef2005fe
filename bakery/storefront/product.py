"""/menu/<slug>: one product."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template

from bakery.catalog.cards import in_order, list_cards
from bakery.catalog.product_page import ProductView, get_product, list_reviews
from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.db import db
from bakery.infra.formats import money
from bakery.infra.pagecache import keep
from bakery.scheduling.queries import earliest_for_many
from bakery.scheduling.types import Need, Slot
from bakery.shop.queries import Profile, get_profile
from bakery.stock.queries import available as available_units
from bakery.storefront import structured_data
from bakery.storefront.product_cards import card_views
from bakery.storefront.words import TAG_WORDS, allergen_pairs, servings_words

blueprint = Blueprint("product", __name__)

KEEP_SECONDS = 60
# "Only 3 left" helps below this; above, a number is noise.
FEW = 5


@blueprint.get("/menu/<slug>")
def show(slug: str) -> Response:
    """A product's page, the same for everybody."""
    session = db.session()
    shop = get_profile(session)
    product = get_product(session, slug, clock.today(shop.time_zone))
    reviews = list_reviews(session, product.id)
    cards = list_cards(session, clock.today(shop.time_zone), ids=product.related_ids)
    related = [card for card in in_order(cards, product.related_ids) if card.in_season]
    needs = {v.id: Need(v.lead_time_hours, v.make_minutes) for v in product.variants}
    earliest = earliest_for_many(session, needs)
    ids = [v.id for v in product.variants] + [i for card in related for i in card.variant_ids]
    available = available_units(session, ids)
    sizes = _sizes(product, shop, available, earliest)
    base_url = current_app.config["SETTINGS"].base_url
    response = make_response(
        render_template(
            "storefront/product/show.html",
            product=product,
            sizes=sizes,
            chosen=_chosen(sizes),
            deposit=_deposit(product, shop),
            reviews=reviews,
            allergens=allergen_pairs(product.allergens),
            tags=[TAG_WORDS[tag] for tag in product.tags],
            related=card_views(related, available, shop.currency),
            base_url=base_url,
            json_ld=structured_data.product(product, sizes, reviews, base_url, shop),
        )
    )
    return keep(response, topics=("shop",), seconds=KEEP_SECONDS)


def _sizes(
    product: ProductView, shop: Profile, available: dict[int, int], earliest: dict[int, Slot | None]
) -> list[dict[str, object]]:
    sizes = []
    for variant in product.variants:
        left = available.get(variant.id)
        most = variant.max_per_order if left is None else min(variant.max_per_order, max(left, 0))
        sizes.append(
            {
                "id": variant.id,
                "sku": variant.sku,
                "name": variant.name,
                "price": Money(variant.price_cents, shop.currency),
                "servings": servings_words(variant.servings_min, variant.servings_max),
                "earliest": earliest[variant.id],
                "left": left,
                "few": left is not None and 0 < left <= FEW,
                "most": most,
                "default": variant.is_default,
            }
        )
    return sizes


def _deposit(product: ProductView, shop: Profile) -> str:
    """What of it is paid first, in words: `50 %`, `$20.00 each`; empty where that is all of it."""
    if product.deposit_cents:
        return f"{money(Money(product.deposit_cents, shop.currency))} each"
    return f"{product.deposit_percent} %" if product.deposit_percent in range(1, 100) else ""


def _chosen(sizes: list[dict[str, object]]) -> dict[str, object] | None:
    """The size to start with: the shop's choice while there is some, else the first there is, else the first."""
    there = [size for size in sizes if size["most"]] or sizes
    return next((size for size in there if size["default"]), there[0] if there else None)

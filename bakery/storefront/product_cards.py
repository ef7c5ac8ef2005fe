"""A catalogue card with the words and amounts a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bakery.catalog.cards import Card
from bakery.catalog.pictures import PictureView
from bakery.core.money import Money
from bakery.storefront.words import TAG_WORDS, servings_words

# A card names the few tags people look for; the rest is on the product's page.
SHOWN_TAGS = ("vegan", "eggless", "gluten-free", "nut-free")


@dataclass(frozen=True)
class CardView:
    slug: str
    name: str
    summary: str
    price: Money
    from_: bool
    picture: PictureView | None
    rating: float | None
    rating_count: int
    servings: str | None
    diets: list[str]
    sold_out: bool


def card_views(cards: Iterable[Card], available: Mapping[int, int], currency: str) -> list[CardView]:
    """Views of cards. `available` holds what is left by variant; a variant it does not name is made to order."""
    return [_view(card, available, currency) for card in cards]


def sold_out(card: Card, available: Mapping[int, int]) -> bool:
    """Whether no size of a product can be had."""
    return all(available.get(variant_id, 1) <= 0 for variant_id in card.variant_ids)


def _view(card: Card, available: Mapping[int, int], currency: str) -> CardView:
    return CardView(
        slug=card.slug,
        name=card.name,
        summary=card.summary,
        price=Money(card.price_cents, currency),
        from_=card.price_max_cents > card.price_cents,
        picture=card.picture,
        rating=card.rating,
        rating_count=card.rating_count,
        servings=servings_words(card.servings_min, card.servings_max),
        diets=[TAG_WORDS[tag] for tag in SHOWN_TAGS if tag in card.tags],
        sold_out=sold_out(card, available),
    )

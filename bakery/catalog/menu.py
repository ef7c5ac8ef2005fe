"""The menu's facets: which cards fit, and how many each further choice would leave. Pure Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bakery.catalog.cards import Card

PRICE_BANDS = (
    ("0-1000", "Under $10"),
    ("1000-3000", "$10 to $30"),
    ("3000-8000", "$30 to $80"),
    ("8000-", "$80 and more"),
)
SERVINGS = ((1, "Any number"), (8, "8 or more"), (12, "12 or more"), (20, "20 or more"), (30, "30 or more"))
SORTS: dict[str, tuple[str, Callable[[Card], tuple[object, ...]]]] = {
    "menu": ("Menu order", lambda card: ()),
    "price": ("Price, low to high", lambda card: (card.price_cents,)),
    "price-desc": ("Price, high to low", lambda card: (-card.price_cents,)),
    "rating": ("Best reviewed", lambda card: (-(card.rating or 0), -card.rating_count)),
    "name": ("Name", lambda card: (card.name.lower(),)),
}
PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class MenuFilters:
    """What a visitor asked of the menu. `ready` holds the product ids that can be collected on the chosen date."""

    category: str = ""
    tags: frozenset[str] = field(default=frozenset())
    free_from: frozenset[str] = field(default=frozenset())
    prices: frozenset[str] = field(default=frozenset())
    servings: int = 1
    ready: frozenset[int] | None = None
    sort: str = "menu"


def _in_band(card: Card, band: str) -> bool:
    low, _, high = band.partition("-")
    return card.price_max_cents >= int(low or 0) and (not high or card.price_cents < int(high))


def fits(card: Card, filters: MenuFilters) -> bool:
    """Whether a card is shown. An allergen counts as absent only where the declaration says so."""
    return (
        (not filters.category or card.category == filters.category)
        and filters.tags <= card.tags
        and filters.free_from <= card.free_from
        and (not filters.prices or any(_in_band(card, band) for band in filters.prices))
        and (filters.servings <= 1 or (card.servings_max or 0) >= filters.servings)
        and (filters.ready is None or card.id in filters.ready)
    )


def select_cards(cards: Sequence[Card], filters: MenuFilters) -> list[Card]:
    """The cards that fit, sorted; those out of season never."""
    key = SORTS[filters.sort][1]
    return sorted((card for card in cards if card.in_season and fits(card, filters)), key=key)


def hidden_as_unknown(cards: Sequence[Card], filters: MenuFilters) -> int:
    """How many products are left out only because one of the allergens asked about is not known of them."""
    if not filters.free_from:
        return 0
    others = replace(filters, free_from=frozenset())
    return sum(
        1
        for card in cards
        if card.in_season
        and fits(card, others)
        and not filters.free_from <= card.free_from
        and filters.free_from <= (card.free_from | card.unknown)
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cards each choice would show, given the other choices."""

    category: dict[str, int]
    tags: dict[str, int]
    free_from: dict[str, int]
    prices: dict[str, int]


def count_choices(
    cards: Sequence[Card], filters: MenuFilters, allergens: Sequence[str], tags: Sequence[str]
) -> Counts:
    """Counts for every facet: an added tag or allergen narrows, a category or price band replaces or widens."""
    seasonal = [card for card in cards if card.in_season]

    def count(changed: MenuFilters) -> int:
        return sum(1 for card in seasonal if fits(card, changed))

    categories = sorted({card.category for card in seasonal})
    return Counts(
        category={slug: count(replace(filters, category=slug)) for slug in ["", *categories]},
        tags={tag: count(replace(filters, tags=filters.tags | {tag})) for tag in tags},
        free_from={code: count(replace(filters, free_from=filters.free_from | {code})) for code in allergens},
        prices={band: count(replace(filters, prices=frozenset({band}))) for band, _ in PRICE_BANDS},
    )

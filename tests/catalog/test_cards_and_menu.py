"""The menu's facets, over real rows."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from bakery.catalog.cards import Card, in_order, list_cards
from bakery.catalog.menu import MenuFilters, count_choices, hidden_as_unknown, select_cards
from bakery.catalog.models import Allergen, Tag
from bakery.core import clock
from tests.factories.catalog import (
    CategoryFactory,
    PictureFactory,
    ProductFactory,
    ReviewFactory,
    VariantFactory,
    make_cake,
)

JUNE = date(2026, 6, 15)


def _cards(session: Session, on: date = JUNE) -> list[Card]:
    return list_cards(session, on)


def _names(cards: list[Card]) -> list[str]:
    return [card.name for card in cards]


def test_a_card_sums_up_a_product_in_one_query(session: Session, count_queries) -> None:
    product = ProductFactory(
        name="Walnut Cake", allergens={"nuts": "contains", "eggs": "not_contained"}, tags=["halal"]
    )
    VariantFactory(product=product, price_cents=8600, servings_min=12, servings_max=16, lead_time_hours=24)
    VariantFactory(product=product, price_cents=5500, servings_min=6, servings_max=8, position=1)
    VariantFactory(product=product, price_cents=100, active=False)
    ReviewFactory(product_id=product.id, rating=5)
    ReviewFactory(product_id=product.id, rating=4)
    ReviewFactory(product_id=product.id, rating=1, published_at=None)
    PictureFactory(product_id=product.id, key="pictures/second", position=1)
    PictureFactory(product_id=product.id, key="pictures/first", position=0)
    with count_queries() as seen:
        [card] = _cards(session)
    assert len(seen) == 1, seen
    assert (card.price_cents, card.price_max_cents) == (5500, 8600)
    assert (card.servings_min, card.servings_max) == (6, 16)
    assert (card.rating, card.rating_count) == (4.5, 2)
    assert card.free_from == {"eggs"} and card.tags == {"halal"}
    assert card.picture is not None and card.picture.src.startswith("/media/pictures/first")
    assert len(card.variant_ids) == 2
    assert card.needs == {(24, 0), (0, 0)}


def test_what_is_not_published_or_has_no_size_is_not_on_the_menu(session: Session) -> None:
    VariantFactory(product__published_at=None)
    VariantFactory(product__published_at=clock.now() + timedelta(days=1))
    VariantFactory(active=False)
    ProductFactory()
    shown = VariantFactory(product__name="Naan")
    assert [card.id for card in _cards(session)] == [shown.product_id]


def test_unknown_and_may_contain_are_never_free_from_and_what_is_unknown_is_counted(session: Session) -> None:
    for name, state in [
        ("Free", "not_contained"),
        ("Maybe", "may_contain"),
        ("Contains", "contains"),
        ("Unknown", "unknown"),
    ]:
        VariantFactory(product=ProductFactory(name=name, allergens={"nuts": state}))
    VariantFactory(product__name="Silent")
    cards = _cards(session)
    filters = MenuFilters(free_from=frozenset({"nuts"}))
    assert _names(select_cards(cards, filters)) == ["Free"]
    assert hidden_as_unknown(cards, filters) == 2
    assert hidden_as_unknown(cards, MenuFilters()) == 0
    assert count_choices(cards, MenuFilters(), list(Allergen), list(Tag)).free_from["nuts"] == 1


def test_facets_narrow_together_and_their_counts_say_what_a_click_would_show(session: Session) -> None:
    cakes, breads = CategoryFactory(slug="cakes", position=0), CategoryFactory(slug="breads", position=1)
    VariantFactory(
        product=ProductFactory(name="Walnut", category=cakes, tags=["halal"]),
        price_cents=8600,
        servings_max=16,
    )
    VariantFactory(
        product=ProductFactory(name="Lemon", category=cakes, tags=["halal", "vegan"]),
        price_cents=2500,
        servings_max=8,
    )
    VariantFactory(product=ProductFactory(name="Naan", category=breads, tags=["vegan"]), price_cents=450)
    cards = _cards(session)

    def names(**filters: object) -> list[str]:
        return _names(select_cards(cards, MenuFilters(**filters)))  # type: ignore[arg-type]

    assert names() == ["Walnut", "Lemon", "Naan"]
    assert names(category="breads") == ["Naan"]
    assert names(tags=frozenset({"vegan"})) == ["Lemon", "Naan"]
    assert names(tags=frozenset({"vegan", "halal"})) == ["Lemon"]
    assert names(prices=frozenset({"0-1000", "8000-"})) == ["Walnut", "Naan"]
    assert names(servings=12) == ["Walnut"]
    assert names(ready=frozenset({cards[2].id})) == ["Naan"]
    assert names(sort="price") == ["Naan", "Lemon", "Walnut"]
    assert names(sort="price-desc") == ["Walnut", "Lemon", "Naan"]
    assert names(sort="name") == ["Lemon", "Naan", "Walnut"]
    counts = count_choices(cards, MenuFilters(tags=frozenset({"vegan"})), list(Allergen), list(Tag))
    assert counts.category == {"": 2, "cakes": 1, "breads": 1}
    assert counts.tags["halal"] == len(names(tags=frozenset({"vegan", "halal"})))
    assert counts.prices["0-1000"] == 1


def test_what_is_out_of_season_is_neither_shown_nor_counted(session: Session) -> None:
    VariantFactory(product__name="Nowruz Box", product__season_from="03-01", product__season_to="03-31")
    cards = _cards(session, JUNE)
    assert select_cards(cards, MenuFilters()) == []
    assert count_choices(cards, MenuFilters(), [], []).category == {"": 0}
    assert _names(select_cards(_cards(session, date(2026, 3, 31)), MenuFilters())) == ["Nowruz Box"]


def test_an_order_of_ids_is_kept_and_what_is_gone_is_left_out(session: Session) -> None:
    first, second = make_cake(), make_cake(product__name="Second")
    cards = _cards(session)
    wanted = [second.product_id, 999, first.product_id]
    assert [card.id for card in in_order(cards, wanted)] == [second.product_id, first.product_id]

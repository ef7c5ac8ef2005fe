"""Finding things by words, also by words with a slip."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from bakery.catalog.cards import Card, list_cards
from bakery.catalog.search import fold, search_cards
from tests.factories.catalog import CategoryFactory, ProductFactory, VariantFactory

MENU = [
    ("Walnut Cake", "A tall walnut sponge with honey cream", "charmaghz birthday", "celebration-cakes"),
    ("Pistachio Rose Cake", "Pistachio sponge, rose cream", "wedding", "celebration-cakes"),
    ("Naan-e Afghani", "Long bread from the stone", "flatbread", "breads"),
    ("Kulcha Badami", "Almond shortbread", "biscuit", "cookies"),
    ("Baklava", "Filo, walnut and syrup", "baghlava", "pastries"),
    ("Café au Lait", "Coffee with milk", "", "drinks"),
]


@pytest.fixture
def cards(session: Session) -> list[Card]:
    categories = {slug: CategoryFactory(slug=slug) for slug in sorted({row[3] for row in MENU})}
    for position, (name, summary, keywords, slug) in enumerate(MENU):
        product = ProductFactory(
            name=name, summary=summary, keywords=keywords, category=categories[slug], position=position
        )
        VariantFactory(product=product)
    return list_cards(session, date(2026, 6, 15))


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("walnut cake", "Walnut Cake"),
        ("WALNUT  CAKE ", "Walnut Cake"),
        ("walnut", "Walnut Cake"),
        ("walnutt", "Walnut Cake"),
        ("wallnut cake", "Walnut Cake"),
        ("pistacio", "Pistachio Rose Cake"),
        ("cake pistachio", "Pistachio Rose Cake"),
        ("bakl", "Baklava"),
        ("baclava", "Baklava"),
        ("baghlava", "Baklava"),
        ("bread", "Naan-e Afghani"),
        ("afgani naan", "Naan-e Afghani"),
        ("badami", "Kulcha Badami"),
        ("cafe", "Café au Lait"),
        ("CAFÉ", "Café au Lait"),
        ("birthday", "Walnut Cake"),
    ],
)
def test_a_person_finds_it_as_they_type_it(cards: list[Card], query: str, best: str) -> None:
    found = search_cards(cards, query)
    assert found and found[0].name == best


@pytest.mark.parametrize(
    "query", ["", "   ", "…", "zzzz", "sushi", "cake sushi", "a" * 5000, "%", "' OR 1=1 --", "\x00"]
)
def test_what_is_not_on_the_menu_finds_nothing(cards: list[Card], query: str) -> None:
    assert search_cards(cards, query) == []


def test_accents_and_punctuation_make_no_difference() -> None:
    assert fold("Roht-e Kunjéd, 8″") == "roht e kunjed 8"


def test_an_exact_name_comes_before_every_likeness(cards: list[Card]) -> None:
    assert [card.name for card in search_cards(cards, "baklava")][0] == "Baklava"
    assert [card.name for card in search_cards(cards, "walnut")] == ["Walnut Cake", "Baklava"]

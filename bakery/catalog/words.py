"""The words for allergens, dietary tags and servings, the same on every page, ticket and paper."""

from __future__ import annotations

from bakery.catalog.models import Allergen, Tag

ALLERGEN_WORDS: dict[str, str] = {
    Allergen.GLUTEN: "Gluten",
    Allergen.MILK: "Milk",
    Allergen.EGGS: "Eggs",
    Allergen.NUTS: "Tree nuts",
    Allergen.PEANUTS: "Peanuts",
    Allergen.SESAME: "Sesame",
    Allergen.SOYA: "Soya",
    Allergen.SULPHITES: "Sulphites",
    Allergen.LUPIN: "Lupin",
    Allergen.MUSTARD: "Mustard",
    Allergen.CELERY: "Celery",
    Allergen.FISH: "Fish",
    Allergen.CRUSTACEANS: "Crustaceans",
    Allergen.MOLLUSCS: "Molluscs",
}

TAG_WORDS: dict[str, str] = {
    Tag.HALAL: "Halal",
    Tag.VEGETARIAN: "Vegetarian",
    Tag.VEGAN: "Vegan",
    Tag.EGGLESS: "Eggless",
    Tag.GLUTEN_FREE: "Gluten-free",
    Tag.NUT_FREE: "Nut-free",
}


def servings_words(low: int | None, high: int | None) -> str | None:
    """`Serves 8`, `Serves 12 to 16`; None where servings mean nothing."""
    if not low and not high:
        return None
    if low == high or not high or not low:
        return f"Serves {high or low}"
    return f"Serves {low} to {high}"

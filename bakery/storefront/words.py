"""The words for allergens and dietary tags on pages."""

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


def allergen_pairs(declared: object) -> list[tuple[str, str]]:
    """(words, state) for the fourteen, in the order of a label; from (code, state, species) triples."""
    states = {code: (state, note) for code, state, note in declared}  # type: ignore[attr-defined]
    pairs = []
    for code, words in ALLERGEN_WORDS.items():
        state, note = states.get(code, ("unknown", ""))
        pairs.append((f"{words} ({note})" if note else words, state))
    return pairs

"""The words for allergens and dietary tags on pages."""

from __future__ import annotations

from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS, servings_words

__all__ = ["ALLERGEN_WORDS", "TAG_WORDS", "allergen_pairs", "servings_words"]


def allergen_pairs(declared: object) -> list[tuple[str, str]]:
    """(words, state) for the fourteen, in the order of a label; from (code, state, species) triples."""
    states = {code: (state, note) for code, state, note in declared}  # type: ignore[attr-defined]
    pairs = []
    for code, words in ALLERGEN_WORDS.items():
        state, note = states.get(code, ("unknown", ""))
        pairs.append((f"{words} ({note})" if note else words, state))
    return pairs

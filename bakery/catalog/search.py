"""Search over the menu's cards: exact words first, then prefixes, then likely typing slips (RapidFuzz)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz import fuzz

from bakery.catalog.cards import Card

MAX_QUERY = 80
# Below this likeness (0 to 100) two words are different words, not a slip: "naan" and "nuts" come to 50.
SLIP = 78


def fold(text: str) -> str:
    """Lower case without accents or punctuation: "Roht-e Kunjéd" reads "roht e kunjed"."""
    plain = unicodedata.normalize("NFKD", text)
    return re.sub(
        r"[^a-z0-9]+", " ", "".join(c for c in plain if not unicodedata.combining(c)).lower()
    ).strip()


def search_cards(cards: Sequence[Card], query: str) -> list[Card]:
    """The cards that every word of the query fits, best first. An empty query finds nothing."""
    wanted = fold(query[:MAX_QUERY])
    words = wanted.split()
    if not words:
        return []
    scored = []
    for card in cards:
        score = _score(card, wanted, words)
        if score:
            scored.append((-score, card.position, card))
    return [card for *_, card in sorted(scored, key=lambda item: item[:2])]


def _score(card: Card, wanted: str, words: list[str]) -> float:
    name = fold(card.name)
    if name == wanted:
        return 1000
    fields = ((name, 3.0), (fold(card.keywords), 2.0), (fold(card.category), 1.5), (fold(card.summary), 1.0))
    total = 0.0
    for word in words:
        best = max(_word_score(word, text.split()) * weight for text, weight in fields)
        if not best:
            return 0
        total += best
    return total


def _word_score(word: str, texts: list[str]) -> float:
    if word in texts:
        return 100
    if len(word) >= 2 and any(text.startswith(word) for text in texts):
        return 80
    if len(word) < 4:
        return 0
    likeness = max((fuzz.ratio(word, text) for text in texts), default=0)
    return likeness * 0.6 if likeness >= SLIP else 0

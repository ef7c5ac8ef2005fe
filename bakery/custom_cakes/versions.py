"""How a cake came to be what it is: each wish and each offer, compared with the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bakery.catalog.words import ALLERGEN_WORDS
from bakery.core.money import Money
from bakery.custom_cakes.differences import allergen_changes, design_changes, new_allergens
from bakery.custom_cakes.models import Quote, RequestEvent
from bakery.custom_cakes.quote_changes import term_changes
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.infra import formats


@dataclass(frozen=True, slots=True)
class Version:
    """A wish, or an offer (then with its quote)."""

    name: str
    at: datetime
    design: CakeDesign
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What one version has that the one before had not."""

    name: str
    before: str
    at: datetime
    # `+1 tier`, `+$38.00`, `6 servings fewer`: the whole of it at a glance.
    summary: tuple[str, ...]
    # What it contains now and did not before, in words: to be said loudly.
    new_allergens: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of it as one line of a text."""
        return " ".join((*(f"{words}." for words in self.summary), *self.sentences))


def list_versions(events: Sequence[RequestEvent], quotes: Sequence[Quote]) -> tuple[Version, ...]:
    """Wishes and offers in the order in which they came, the oldest first."""
    wishes = [event for event in events if event.design is not None]
    found = [
        Version(
            "what you asked for" if index == 0 else "your changed wish", event.at, from_json(event.design)
        )
        for index, event in enumerate(wishes)
        if event.design is not None
    ]
    found += [
        Version(f"version {quote.version}", quote.created_at, from_json(quote.design), quote)
        for quote in quotes
    ]
    # A wish is always there before the offer that answers it, also in the same moment.
    return tuple(sorted(found, key=lambda version: (version.at, version.quote is not None)))


def list_changes(versions: Sequence[Version], zone: str) -> tuple[Change, ...]:
    """Each version that differs from the one before it, the newest first. Times are said in `zone`."""
    changes = (_change(old, new, zone) for old, new in pairwise(versions))
    return tuple(change for change in reversed(list(changes)) if change.summary or change.sentences)


def _change(old: Version, new: Version, zone: str) -> Change:
    loud = new_allergens(old.design, new.design)
    said = allergen_changes(old.design, new.design)
    words = tuple(ALLERGEN_WORDS[allergen].lower() for allergen in loud)
    quiet = tuple(sentence for sentence in said if not sentence.startswith("Now contains"))
    return Change(
        new.name,
        old.name,
        new.at,
        tuple(_summary(old, new)),
        words,
        (
            *((f"Now contains {', '.join(words)}.",) if words else ()),
            *quiet,
            *design_changes(old.design, new.design),
            *(term_changes(old.quote, new.quote, zone) if old.quote and new.quote else ()),
        ),
    )


def _summary(old: Version, new: Version) -> Iterator[str]:
    tiers = len(new.design.tiers) - len(old.design.tiers)
    if tiers:
        yield f"{tiers:+d} tier{'s' if abs(tiers) > 1 else ''}"
    if old.quote is None or new.quote is None:
        return
    cents = new.quote.price_cents - old.quote.price_cents
    if cents:
        amount = formats.money(Money(abs(cents), new.quote.currency))
        yield f"{'+' if cents > 0 else '−'}{amount}"
    servings = new.quote.servings - old.quote.servings
    if servings:
        more = "more" if servings > 0 else "fewer"
        yield f"{abs(servings)} serving{'s' if abs(servings) > 1 else ''} {more}"

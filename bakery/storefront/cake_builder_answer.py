"""What the builder's page says about the cake in its fields: the picture, the price, the day, what clashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from bakery.catalog.illustration.illustrate import preview
from bakery.catalog.illustration.specs import CakeSpec
from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.custom_cakes.preview import describe, to_drawing
from bakery.custom_cakes.services import why_not_on
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.wish import read_wish
from bakery.forecasting.estimates import CakeEstimate, estimate_cake
from bakery.infra.templates import as_part
from bakery.shop.queries import Profile
from bakery.storefront.cake_builder_form import FIRST, field_id, to_wish
from bakery.storefront.words import ALLERGEN_WORDS

# Until a date is chosen, the price is that of a cake with so much notice.
PLENTY = timedelta(days=21)
# Reasons that change the price by less than this many cents are told together.
SMALL = 300
# What can be left open and still leaves the same cake to draw and to price.
_ASIDE: dict[str, Any] = {
    "needed_on": "", "guests": "", "budget_cents": None, "inscription": "", "note": "", "allergy_note": "",
    "toppings": [], "keeps_top_tier": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """`design`: what is in the fields, if it is a cake that can be sent but perhaps for its date.

    `shown` is drawn; `estimate` is of what is drawn, and None where that is not the cake in the fields.
    """

    design: CakeDesign | None
    shown: CakeDesign
    estimate: CakeEstimate | None
    errors: tuple[Invalid, ...]
    dated: bool
    why_not: str

    @property
    def wrong(self) -> dict[str, str]:
        """Sentences by field of the page; first what keeps the cake from being drawn."""
        if self.errors:
            return {field_id(error.field): error.message for error in self.errors}
        return {"needed_on": self.why_not} if self.why_not else {}

    @property
    def svg(self) -> str:
        return _draw(to_drawing(self.shown), describe(self.shown))

    @property
    def low(self) -> Money:
        return self._money("low_cents")

    @property
    def high(self) -> Money:
        return self._money("high_cents")

    @property
    def allergens(self) -> list[tuple[str, str]]:
        """The words and states of all fourteen."""
        assert self.estimate is not None
        return [(ALLERGEN_WORDS[code], state.value) for code, state in self.estimate.allergens.items()]

    @property
    def reasons(self) -> list[tuple[str, Money]]:
        """What the price is made of, in words; the small ones in one line. They add up."""
        assert self.estimate is not None
        price = self.estimate.price
        told = [(text, cents) for text, cents in price.reasons if abs(cents) >= SMALL]
        rest = price.price_cents - sum(cents for _, cents in told)
        if rest:
            told.append(("Smaller things together", rest))
        return [(text, Money(cents, price.currency)) for text, cents in told]

    @property
    def middle(self) -> Money:
        return self._money("price_cents")

    @property
    def over_budget(self) -> Money | None:
        """The customer's budget, where even the low end of the range is above it."""
        budget = self.shown.budget_cents
        if self.estimate is None or budget is None or budget >= self.estimate.price.low_cents:
            return None
        return Money(budget, self.estimate.price.currency)

    def _money(self, name: str) -> Money:
        assert self.estimate is not None
        return Money(getattr(self.estimate.price, name), self.estimate.price.currency)


@lru_cache(maxsize=32)
def _draw(cake: CakeSpec, title: str) -> str:
    """Typing a name draws no new cake, and neither does the cake that everybody begins with."""
    return as_part(preview(cake, title))


def work_out(
    session: Session, shop: Profile, values: Mapping[str, Any], last: Mapping[str, Any] | None
) -> Answer:
    """The answer to what is in the fields. `last` is the last design of this draft that could be built, as JSON."""
    today = clock.today(shop.time_zone)
    dated = bool(values["needed_on"])
    wish, error = _wish(values)
    near, errors = _nearest(wish, today)
    design = None if error or errors else near
    errors += (error,) if error else ()
    estimate = None
    if near is not None:
        try:
            estimate = estimate_cake(session, shop, near)
        except Invalid as refused:
            errors = errors or (refused,)
    design = None if errors else design
    why_not = why_not_on(session, design) if design is not None and dated else ""
    return Answer(design, near or _earlier(last, today), estimate, errors, dated, why_not)


def _wish(values: Mapping[str, Any]) -> tuple[dict[str, Any], Invalid | None]:
    try:
        return to_wish(values), None
    except Invalid as error:
        return to_wish({**values, "budget": ""}), error


def _read(wish: Mapping[str, Any], today: date) -> tuple[CakeDesign | None, Invalid | None]:
    try:
        return read_wish(
            {**wish, "needed_on": wish["needed_on"] or (today + PLENTY).isoformat()}, today
        ), None
    except Invalid as error:
        return None, error


def _nearest(wish: Mapping[str, Any], today: date) -> tuple[CakeDesign | None, tuple[Invalid, ...]]:
    """The same cake without what is wrong, as long as that is not the cake itself; and all that is wrong."""
    tried, errors = dict(wish), list[Invalid]()
    for _ in range(len(_ASIDE) + 1):
        design, error = _read(tried, today)
        if error is None:
            return design, tuple(errors)
        if error.field not in _ASIDE:
            return None, (error, *errors)
        errors.append(error)
        tried[error.field] = _ASIDE[error.field]
    return None, tuple(errors)


def _earlier(last: Mapping[str, Any] | None, today: date) -> CakeDesign:
    if last is not None:
        return from_json(dict(last))
    first, _ = _read(to_wish(FIRST), today)
    assert first is not None
    return first

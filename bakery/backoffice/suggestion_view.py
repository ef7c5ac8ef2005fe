"""What the models say of a size while its form is filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from markupsafe import Markup  # noqa: TID251 only what the illustrator has drawn

from bakery.backoffice.product_forms import SizeForm
from bakery.catalog.models import Declaration
from bakery.catalog.words import ALLERGEN_WORDS
from bakery.core.errors import Invalid
from bakery.custom_cakes.preview import draw_preview
from bakery.forecasting.menu_cakes import Recipe, Suggestion, suggest
from bakery.infra.templates import as_part
from bakery.shop.queries import Profile
from bakery.upkeep.size_rules import explain

# Of the form with several sizes, and of the page of one.
FIRST_KEY, ONLY_KEY = "sizes-0", "size"


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """`key` names the size in its form. `problem` says why there is nothing, `why` what has to be explained."""

    key: str
    found: Suggestion | None = None
    problem: str = ""
    why: str = ""
    difference_cents: int | None = None

    @property
    def numbers(self) -> str:
        """The suggested numbers as the button that takes them sends them."""
        if self.found is None:
            return ""
        found = self.found
        parts = (found.price.price_cents, found.servings_min, found.servings_max)
        return ":".join(map(str, (*parts, found.work.minutes, found.work.lead_hours)))

    @property
    def drawing(self) -> Markup | None:
        """The cake as it stands in the form: once a page, beside the first size."""
        if self.found is None or self.key not in (FIRST_KEY, ONLY_KEY):
            return None
        return as_part(draw_preview(self.found.design))

    @property
    def contains(self) -> list[str]:
        """What such a cake contains by the shop's own recipes: a hint for the declaration."""
        states = self.found.allergens if self.found else {}
        return [ALLERGEN_WORDS[code] for code, state in states.items() if state is Declaration.CONTAINS]


def look(
    shop: Profile, recipe: Callable[[], Recipe | None], form: SizeForm, *, key: str, ref: str = ""
) -> SuggestionView:
    """The suggestion for what stands in the form now, and how far the typed price is from it."""
    try:
        known, measures = recipe(), form.measures()
        if known is None:
            return SuggestionView(
                key, problem="Say what the cake is made of, and the models suggest numbers."
            )
        if measures is None:
            return SuggestionView(key, problem="Write the measures, and the models suggest numbers.")
        found = suggest(shop, known, measures, ref=ref)
    except Invalid as error:
        return SuggestionView(key, problem=error.message)
    view = SuggestionView(key, found)
    if form.price.data is None:
        return view
    return replace(
        view,
        difference_cents=form.price.cents - found.price.price_cents,
        why=_unexplained(shop, form, found),
    )


def take(form: SizeForm, numbers: str, *, new: bool = False) -> bool:
    """Put suggested numbers into the form, as the button sent them. False where they are none.

    A `new` cake takes its work and notice, too; of one that is sold, the kitchen knows better.
    """
    parts = numbers.split(":")
    if len(parts) != 5 or not all(part.isascii() and part.isdecimal() and len(part) < 9 for part in parts):
        return False
    cents, low, high, minutes, hours = (Decimal(part) for part in parts)
    taken = [(form.price, cents / 100), (form.servings_min, low), (form.servings_max, high)]
    if new:
        taken += [(form.make_minutes, minutes), (form.lead_time_hours, hours)]
    for field, value in taken:
        field.raw_data, field.data, field.process_errors = None, value, []
    return True


def _unexplained(shop: Profile, form: SizeForm, found: Suggestion) -> str:
    size = form.size()
    if size.servings_min is None:
        size = replace(size, servings_min=found.servings_min)
    if size.servings_max is None:
        size = replace(size, servings_max=found.servings_max)
    try:
        explain(shop, size, found)
    except Invalid as error:
        return error.message
    return ""

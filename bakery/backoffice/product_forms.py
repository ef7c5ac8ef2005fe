"""What staff type about products: facts, declarations, what a cake is made of, and its sizes."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from bakery.backoffice.number_fields import NumberField
from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.core.errors import DomainError, Invalid
from bakery.custom_cakes import options
from bakery.forecasting.menu_cakes import Measures, Recipe
from bakery.upkeep.products import Facts
from bakery.upkeep.size_rules import MAX_REASON, MAX_SIZES, Size

DECLARED = {
    Declaration.UNKNOWN: "Not known",
    Declaration.CONTAINS: "Contains",
    Declaration.MAY_CONTAIN: "May contain",
    Declaration.NOT_CONTAINED: "Not in the recipe",
}
NOT_SAID = SelectChoice("", "Not said yet")


def _text(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


def _boxes(label: str, words: dict[Any, str]) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        choices=[SelectChoice(str(getattr(value, "value", value)), word) for value, word in words.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _choice(label: str, offer: dict[Any, Any], **more: Any) -> SelectField:
    words = [
        SelectChoice(str(getattr(key, "value", key)), getattr(word, "name", word))
        for key, word in offer.items()
    ]
    return SelectField(label, choices=words, **more)


class AllergensForm(Form):  # type: ignore[misc]
    """A declaration and the species of each of the fourteen; the fields are added below."""

    def pairs(self) -> list[tuple[Field, Field]]:
        """Each declaration with its species."""
        return [(self[code.value], self[f"{code.value}_note"]) for code in Allergen]


for _code in Allergen:
    _name = ALLERGEN_WORDS[_code]
    _state = SelectField(_name, choices=[SelectChoice(state.value, word) for state, word in DECLARED.items()])
    setattr(AllergensForm, _code.value, _state)
    setattr(AllergensForm, f"{_code.value}_note", StringField(f"Kind of {_name.lower()}", [Length(max=120)]))


class SizeForm(Form):  # type: ignore[misc]
    """One size. Every number may be anything here; what a size may be is the service's to say."""

    name = StringField("Name on the menu", [Length(max=60)], filters=[_text])
    # Bread has none; of a cake the service asks for one.
    shape = _choice("Shape", options.SHAPES, validate_choice=False)
    across_cm = NumberField("Width", places=1)
    width_cm = NumberField("Other side", places=1)
    height_cm = NumberField("Height", places=1)
    layers = NumberField("Layers")
    tiers = NumberField("Tiers")
    price = NumberField("Price", places=2, amount=True, needed="Write a price.")
    servings_min = NumberField("Serves at least")
    servings_max = NumberField("Serves at most")
    lead_time_hours = NumberField("Notice", needed="Write the hours of notice; 0 means none.")
    make_minutes = NumberField("Work", needed="Write the minutes of work; 0 means none.")
    max_per_order = NumberField("Most in one order", needed="Write how many one order may have.")
    active = BooleanField("Sold")
    reason = StringField("Why these numbers", [Length(max=MAX_REASON)], filters=[_text])

    def measures(self) -> Measures | None:
        """How large it is; None where the width was left out. Refuses a cake without height or layers."""
        if self.across_cm.data is None:
            return None
        for field in (self.height_cm, self.layers, self.tiers):
            if field.data is None:
                raise Invalid("Write a number.", field=field.short_name)
        flat = self.shape.data == "rectangle"
        return Measures(
            shape=self.shape.data or "",
            across_cm=float(self.across_cm.data),
            height_cm=float(self.height_cm.data or 0),
            layers=self.layers.whole,
            tiers=self.tiers.whole,
            width_cm=float(self.width_cm.data or 0) if flat else None,
        )

    def size(self) -> Size:
        """The size as typed."""
        return Size(
            price_cents=self.price.cents,
            servings_min=None if self.servings_min.data is None else self.servings_min.whole,
            servings_max=None if self.servings_max.data is None else self.servings_max.whole,
            lead_time_hours=self.lead_time_hours.whole,
            make_minutes=self.make_minutes.whole,
            max_per_order=self.max_per_order.whole,
            active=bool(self.active.data),
            name=self.name.data or "",
            measures=self.measures(),
            reason=self.reason.data or "",
        )


class SizePageForm(FlaskForm, SizeForm):  # type: ignore[misc]
    """A size on a page of its own. `version` is the size's as the page showed it."""

    version = IntegerField(validators=[Optional()], widget=HiddenInput())


class FactsForm(FlaskForm):  # type: ignore[misc]
    """What is said of a product, and what a cake is made of. `version` is the product's as the page showed it."""

    version = IntegerField(validators=[Optional()], widget=HiddenInput())
    name = StringField(
        "Name", [InputRequired("Name it as customers will read it."), Length(max=120)], filters=[_text]
    )
    category = SelectField("Category", coerce=int, validate_choice=False)
    summary = StringField("In one sentence", [Length(max=300)], filters=[_text])
    description = TextAreaField("Description", [Length(max=5000)], filters=[_text])
    ingredients = TextAreaField("Ingredients", [Length(max=3000)], filters=[_text])
    message_max = NumberField("Letters of a message on it", needed="Write a number; 0 means no message.")
    deposit_percent = NumberField("Deposit (%)")
    deposit_cents = NumberField("Deposit for each ($)", places=2, amount=True)
    tags = _boxes("Diets", TAG_WORDS)
    flavour = _choice("Sponge", options.FLAVOURS)
    filling = _choice("Filling", options.FILLINGS)
    covering = _choice("Covering", options.COVERINGS)
    decoration = _choice("Decoration", options.DECORATIONS)
    colour = _choice("Colour", options.COLOURS)
    toppings = _boxes("Toppings", {key: choice.name for key, choice in options.TOPPINGS.items()})
    allergens = FormField(AllergensForm)

    def recipe(self) -> Recipe | None:
        """What the cake is made of; None where nobody has said. Refuses what is not on offer."""
        if not self.flavour.data:
            return None
        return Recipe(
            self.flavour.data,
            self.filling.data,
            self.covering.data,
            self.decoration.data,
            self.colour.data,
            tuple(self.toppings.data or ()),
        )

    def facts(self, *, is_cake: bool) -> Facts:
        """The product as typed."""
        return Facts(
            name=self.name.data,
            category_id=self.category.data,
            summary=self.summary.data,
            description=self.description.data,
            ingredients=self.ingredients.data,
            message_max=self.message_max.whole,
            deposit_percent=self.deposit_percent.whole or None,
            deposit_cents=self.deposit_cents.cents or None,
            allergens={
                state.short_name: (state.data, note.data or "") for state, note in self.allergens.form.pairs()
            },
            tags=frozenset(self.tags.data or ()),
            recipe=self.recipe() if is_cake else None,
        )

    def may_be_unsaid(self) -> None:
        """A cake from before recipes were kept: nobody has said yet what it is made of."""
        for field in (self.flavour, self.filling, self.covering, self.decoration, self.colour):
            field.choices = [NOT_SAID, *field.choices]


class NewCakeForm(FactsForm):
    """A whole new cake."""

    sizes = FieldList(FormField(SizeForm), min_entries=1, max_entries=MAX_SIZES)


def refuse(form: Form, error: DomainError) -> None:
    """Write a refusal of the domain at its field: `price`, `sizes.0.price`; without one, above the form."""
    at: Any = form
    for part in (error.field or "").split("."):
        at = at[int(part)].form if part.isdecimal() else getattr(at, part, None)
        if at is None or isinstance(at, FieldList | FormField) and part == error.field:
            form.form_errors.append(error.message)
            return
    at.errors = [*at.errors, error.message]


def wrong_sizes(form: NewCakeForm) -> list[tuple[str, str]]:
    """What is wrong in the sizes, for the summary above the form: anchor and sentence."""
    return [
        (field.id, f"Size {number}, {field.label.text}: {field.errors[0]}")
        for number, entry in enumerate(form.sizes, start=1)
        for field in entry.form
        if field.errors
    ]

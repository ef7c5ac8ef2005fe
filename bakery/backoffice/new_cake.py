"""/admin/products/new: a cake for the menu, with what the models suggest for each of its sizes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.product_forms import NewCakeForm, SizeForm, refuse, wrong_sizes
from bakery.backoffice.suggestion_view import SuggestionView, look, take
from bakery.catalog.queries import list_categories
from bakery.core.errors import Invalid
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.shop.queries import Profile, get_profile
from bakery.upkeep.products import add_cake
from bakery.upkeep.size_rules import MAX_SIZES, Size

blueprint = init_frame(Blueprint("new_cake", __name__, url_prefix="/admin/products/new"))

# An eight-inch cake of three layers, made to order with two days' notice.
FIRST: dict[str, Any] = {
    "shape": "round", "across_cm": 20.3, "height_cm": 11, "layers": 3, "tiers": 1,
    "lead_time_hours": 48, "make_minutes": 50, "max_per_order": 4, "active": True,
}  # fmt: skip
# What most cakes are made of; the form opens with it, so that there is a suggestion from the start.
USUAL = {
    "message_max": 40, "flavour": "vanilla", "filling": "buttercream", "covering": "buttercream",
    "decoration": "simple", "colour": "white",
}  # fmt: skip
# What a cake is usually asked for as well.
LARGER_CM = 5.1


@blueprint.get("")
def new() -> ResponseReturnValue:
    """An empty form with one usual size."""
    form = NewCakeForm(formdata=None, data={**USUAL, "sizes": [FIRST], "category": _cakes()})
    return _page(form)


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Save the cake, off the menu; or add, leave out or fill in a size on the way there."""
    form = NewCakeForm()
    if _on_the_way(form):
        return _page(form)
    if not form.validate():
        return _page(form, 422)
    try:
        slug = add_cake(form.facts(is_cake=True), _sizes(form), get_profile(db.session()), actor())
    except Invalid as error:
        refuse(form, error)
        return _page(form, 422)
    flash("The cake is in your catalogue. Nobody sees it until you put it on the menu.", "success")
    return htmx.see_other(f"/admin/products/{slug}")


@blueprint.post("/suggestion")
def suggestion() -> ResponseReturnValue:
    """What the models say of one size (`at`), as the form stands now."""
    form = NewCakeForm()
    entry = next((entry for entry in form.sizes if entry.name == request.args.get("at")), None)
    if entry is None:
        abort(404)
    return render_template(
        "backoffice/products/_suggestion.html",
        view=_look(get_profile(db.session()), form, entry.form, entry.name),
        currency=get_profile(db.session()).currency,
        take_words="Use these numbers",
    )


def _page(form: NewCakeForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    shop = get_profile(session)
    form.category.choices = [SelectChoice(each.id, each.name) for each in list_categories(session)]
    return htmx.render(
        "backoffice/products/new.html",
        fragment="backoffice/products/_new_form.html",
        status=status,
        form=form,
        wrong_sizes=wrong_sizes(form),
        views={entry.name: _look(shop, form, entry.form, entry.name) for entry in form.sizes},
        currency=shop.currency,
        max_sizes=MAX_SIZES,
        take_words="Use these numbers",
    )


def _look(shop: Profile, form: NewCakeForm, size: SizeForm, key: str) -> SuggestionView:
    return look(shop, form.recipe, size, key=key)


def _on_the_way(form: NewCakeForm) -> bool:
    """Whether a button was pressed that saves nothing. What it asked for is done in the form."""
    sent = request.form
    if "add" in sent:
        if len(form.sizes) < MAX_SIZES:
            form.sizes.append_entry(_next_size(form.sizes[-1].form))
        return True
    # Not called "remove": a form's field of that name hides the form's own method from scripts.
    if "without" in sent:
        if len(form.sizes) > 1:
            form.sizes.entries[:] = [entry for entry in form.sizes if entry.name != sent["without"]]
        return True
    if "take" in sent:
        key, _, numbers = sent["take"].partition("=")
        return any(take(entry.form, numbers, new=True) for entry in form.sizes if entry.name == key)
    return "suggest" in sent


def _next_size(last: SizeForm) -> dict[str, object]:
    """One size larger, otherwise like the last one, and without its price."""
    across = float(last.across_cm.data or FIRST["across_cm"])
    kept = {name: last[name].data for name in FIRST if last[name].data is not None}
    return {**FIRST, **kept, "shape": last.shape.data, "across_cm": round(across + LARGER_CM, 1)}


def _sizes(form: NewCakeForm) -> list[Size]:
    sizes = []
    for index, entry in enumerate(form.sizes):
        try:
            sizes.append(entry.form.size())
        except Invalid as error:
            raise Invalid(error.message, field=f"sizes.{index}.{error.field}") from None
    return sizes


def _cakes() -> int | None:
    """Where most cakes are: the category that celebrates."""
    found = {each.slug: each.id for each in list_categories(db.session())}
    return found.get("celebration-cakes") or next(iter(found.values()), None)

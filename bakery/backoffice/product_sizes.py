"""/admin/products/<slug>/sizes: one size of a product, changed or added, with what the models suggest for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.new_cake import FIRST
from bakery.backoffice.product_forms import SizePageForm, refuse
from bakery.backoffice.suggestion_view import ONLY_KEY, SuggestionView, look, take
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.shop.queries import Profile, get_profile
from bakery.upkeep import sizes
from bakery.upkeep.changes import Overtaken
from bakery.upkeep.menu_queries import ProductPage, SizeRow, get_product_page, list_suggestions, read_recipe

blueprint = init_frame(Blueprint("product_sizes", __name__, url_prefix="/admin/products/<slug>/sizes"))
# A loaf or a box, baked each day.
PLAIN = {"lead_time_hours": 0, "make_minutes": 0, "max_per_order": 20, "active": True}


@blueprint.get("/<int:size_id>")
def show(slug: str, size_id: int) -> ResponseReturnValue:
    """A size to be changed, with the suggestion for it and what was decided before."""
    found = get_product_page(db.session(), slug)
    row = _row(found, size_id)
    return _page(SizePageForm(formdata=None, data=_as_typed(row)), found, row)


@blueprint.post("/<int:size_id>")
def save(slug: str, size_id: int) -> ResponseReturnValue:
    """Save a size, unless somebody else changed it meanwhile; or take the suggestion, in one tap."""
    found = get_product_page(db.session(), slug)
    row, form = _row(found, size_id), SizePageForm()
    return _decided(
        form,
        found,
        row,
        lambda shop: sizes.change_size(size_id, form.version.data or 0, form.size(), shop, actor()),
    )


@blueprint.get("/new")
def new(slug: str) -> ResponseReturnValue:
    """A form for one more size."""
    found = get_product_page(db.session(), slug)
    first = FIRST if found.product.is_cake else PLAIN
    return _page(SizePageForm(formdata=None, data=first | {"version": 0}), found, None)


@blueprint.post("/new")
def create(slug: str) -> ResponseReturnValue:
    """Add a size."""
    found = get_product_page(db.session(), slug)
    form = SizePageForm()
    product_id = found.product.id
    return _decided(form, found, None, lambda shop: sizes.add_size(product_id, form.size(), shop, actor()))


@blueprint.post("/suggestion")
def suggestion(slug: str) -> ResponseReturnValue:
    """What the models say of the size as its form stands now."""
    found = get_product_page(db.session(), slug)
    shop = get_profile(db.session())
    return render_template(
        "backoffice/products/_suggestion.html",
        view=_look(shop, found, SizePageForm()),
        currency=shop.currency,
        take_words="Take these numbers and save",
    )


def _decided(form: SizePageForm, found: ProductPage, row: SizeRow | None, decide: Any) -> ResponseReturnValue:
    """Run the decision and say how it went."""
    if "take" in request.form:
        take(form, request.form["take"].partition("=")[2])
    if "suggest" in request.form:
        return _page(form, found, row)
    if not form.validate():
        return _page(form, found, row, 422)
    slug = found.product.slug
    try:
        decide(get_profile(db.session()))
    except Overtaken as error:
        found = get_product_page(db.session(), slug)
        row = _row(found, row.variant.id) if row else None
        form.version.raw_data, form.version.data = None, row.variant.version if row else 1
        return _page(form, found, row, error.status, problem=error.message)
    except (Invalid, Conflict) as error:
        refuse(form, error)
        found = get_product_page(db.session(), slug)
        return _page(form, found, _row(found, row.variant.id) if row else None, error.status)
    flash("Saved.", "success")
    return htmx.see_other(f"/admin/products/{slug}")


def _page(
    form: SizePageForm, found: ProductPage, row: SizeRow | None, status: int = 200, problem: str = ""
) -> ResponseReturnValue:
    shop = get_profile(db.session())
    page = render_template(
        "backoffice/products/size.html",
        form=form,
        found=found,
        product=found.product,
        row=row,
        problem=problem,
        view=_look(shop, found, form) if found.product.is_cake else None,
        history=list_suggestions(db.session(), row.variant.id) if row else [],
        currency=shop.currency,
        take_words="Take these numbers and save",
    )
    return page, status


def _look(shop: Profile, found: ProductPage, form: SizePageForm) -> SuggestionView:
    recipe = found.recipe
    return look(shop, lambda: read_recipe(recipe) if recipe else None, form, key=ONLY_KEY)


def _row(found: ProductPage, size_id: int) -> SizeRow:
    for row in found.sizes:
        if row.variant.id == size_id:
            return row
    raise NotFound("There is no such size.")


def _as_typed(row: SizeRow) -> dict[str, Any]:
    variant, measures = row.variant, row.measures
    typed: dict[str, Any] = {
        name: getattr(variant, name)
        for name in (
            "version", "name", "servings_min", "servings_max", "lead_time_hours", "make_minutes",
            "max_per_order", "active",
        )
    }  # fmt: skip
    typed["price"] = Decimal(variant.price_cents) / 100
    for name in ("shape", "across_cm", "width_cm", "height_cm", "layers", "tiers"):
        typed[name] = getattr(measures, name) if measures else None
    return typed

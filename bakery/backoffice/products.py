"""/admin/products: the list, one product, what is said of it, and whether it is on the menu."""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.list_address import list_address
from bakery.backoffice.product_forms import DECLARED, NOT_SAID, FactsForm, refuse
from bakery.catalog.pictures import picture_view
from bakery.catalog.queries import list_categories
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.core import clock
from bakery.core.errors import Conflict, Invalid
from bakery.custom_cakes import options
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.shop.queries import get_profile
from bakery.upkeep import product_list, products
from bakery.upkeep.changes import Overtaken
from bakery.upkeep.menu_queries import ProductPage, get_product_page
from bakery.upkeep.product_list import PAGE_SIZE, SORTS, VIEWS, ProductFilters

blueprint = init_frame(Blueprint("products", __name__, url_prefix="/admin/products"))


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The list, or only its results for htmx."""
    session = db.session()
    shop = get_profile(session)
    raw = {
        key: request.args.get(key, "").replace("\x00", "").strip()[:100]
        for key in ("view", "q", "category", "sort", "dir", "page")
    }
    filters = ProductFilters(
        view=raw["view"] if raw["view"] in VIEWS else "all",
        q=raw["q"],
        category=raw["category"],
        sort=raw["sort"] if raw["sort"] in SORTS else "menu",
        descending=raw["dir"] == "desc",
    )
    page = int(raw["page"]) if raw["page"].isdecimal() and 0 < int(raw["page"]) < 10_000 else 1
    rows, total = product_list.list_products(session, filters, page, clock.today(shop.time_zone))

    def address(**changes: str | int) -> str:
        return list_address("/admin/products", raw, changes)

    return htmx.render(
        "backoffice/products/index.html",
        fragment="backoffice/products/_results.html",
        rows=rows,
        total=total,
        pages=max(1, ceil(total / PAGE_SIZE)),
        page=page,
        raw=raw,
        filters=filters,
        views=VIEWS,
        counts=product_list.count_by_view(session),
        categories=list_categories(session),
        address=address,
        currency=shop.currency,
    )


@blueprint.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One product: its sizes with what was suggested and decided, what is said of it, what is not known."""
    session = db.session()
    found = get_product_page(session, slug)
    picture = found.picture
    return render_template(
        "backoffice/products/show.html",
        found=found,
        product=found.product,
        currency=get_profile(session).currency,
        picture=picture_view(picture.key, picture.alt, picture.widths, picture.ratio_permille)
        if picture
        else None,
        allergen_words=ALLERGEN_WORDS,
        tag_words=TAG_WORDS,
        made_of=_made_of(found),
    )


@blueprint.post("/<slug>/visibility")
def visibility(slug: str) -> ResponseReturnValue:
    """Onto the menu, or off it."""
    shown = request.form.get("shown") == "1"
    try:
        (products.show_on_menu if shown else products.take_off_menu)(slug, actor())
    except Conflict as error:
        flash(error.message, "warning")
    else:
        flash("It is on the menu now." if shown else "It is off the menu now.", "success")
    return htmx.see_other(f"/admin/products/{slug}")


@blueprint.get("/<slug>/edit")
def edit(slug: str) -> ResponseReturnValue:
    """What is said of a product, to be changed."""
    session = db.session()
    found = get_product_page(session, slug)
    form = FactsForm(formdata=None, data=_as_typed(found))
    _choices(session, form, found)
    return _edit_page(form, found)


@blueprint.post("/<slug>/edit")
def save(slug: str) -> ResponseReturnValue:
    """Save what is said of a product, unless somebody else changed it meanwhile."""
    session = db.session()
    found = get_product_page(session, slug)
    form, is_cake = FactsForm(), found.product.is_cake
    _choices(session, form, found)
    if not is_cake:
        _without_recipe(form)
    if not form.validate():
        return _edit_page(form, found, 422)
    try:
        products.change_product(slug, form.version.data or 0, form.facts(is_cake=is_cake), actor())
    except Invalid as error:
        refuse(form, error)
        return _edit_page(form, get_product_page(db.session(), slug), 422)
    except Overtaken as error:
        found = get_product_page(db.session(), slug)
        form.version.raw_data, form.version.data = None, found.product.version
        return _edit_page(form, found, error.status, problem=error.message)
    flash("Saved.", "success")
    return htmx.see_other(f"/admin/products/{slug}")


def _edit_page(
    form: FactsForm, found: ProductPage, status: int = 200, problem: str = ""
) -> ResponseReturnValue:
    page = render_template(
        "backoffice/products/edit.html",
        form=form,
        found=found,
        product=found.product,
        problem=problem,
        declared_words=DECLARED,
    )
    return page, status


def _choices(session: Session, form: FactsForm, found: ProductPage) -> None:
    form.category.choices = [SelectChoice(each.id, each.name) for each in list_categories(session)]
    if found.product.is_cake and found.recipe is None:
        form.may_be_unsaid()


def _without_recipe(form: FactsForm) -> None:
    """Bread is made of no sponge and no covering: its form does not ask."""
    for name in ("flavour", "filling", "covering", "decoration", "colour"):
        form[name].choices, form[name].data = [NOT_SAID], ""


def _as_typed(found: ProductPage) -> dict[str, Any]:
    product, recipe = found.product, found.recipe
    typed: dict[str, Any] = {
        name: getattr(product, name)
        for name in (
            "version", "name", "summary", "description", "ingredients", "message_max", "deposit_percent",
        )
    }  # fmt: skip
    typed["deposit_cents"] = None if product.deposit_cents is None else Decimal(product.deposit_cents) / 100
    allergens = {}
    for code, (state, note) in found.allergens.items():
        allergens[code], allergens[f"{code}_note"] = state, note
    typed |= {"category": product.category_id, "tags": sorted(found.tags), "allergens": allergens}
    for name in ("flavour", "filling", "covering", "decoration", "colour"):
        typed[name] = getattr(recipe, name) if recipe else ""
    return typed | {"toppings": list(recipe.toppings) if recipe else []}


def _made_of(found: ProductPage) -> list[tuple[str, str]]:
    recipe = found.recipe
    if recipe is None:
        return []
    words: list[tuple[str, dict[Any, Any], str]] = [
        ("Sponge", options.FLAVOURS, recipe.flavour),
        ("Filling", options.FILLINGS, recipe.filling),
        ("Covering", options.COVERINGS, recipe.covering),
        ("Decoration", options.DECORATIONS, recipe.decoration),
    ]
    said = [(name, offer[code].name if code in offer else code) for name, offer, code in words]
    toppings = [options.TOPPINGS[code].name for code in options.TOPPINGS if code in recipe.toppings]
    return [
        *said,
        ("Colour", options.COLOURS.get(recipe.colour, recipe.colour)),
        ("Toppings", ", ".join(toppings) or "None"),
    ]

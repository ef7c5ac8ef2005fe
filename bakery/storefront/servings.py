"""/servings: how many a cake serves, and which cakes serve so many guests. For people a page, for machines JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from bakery.core.errors import Invalid
from bakery.forecasting import servings
from bakery.forecasting.servings import CakeOption, Occasion, SliceKind
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.pagecache import keep
from bakery.shop.queries import get_profile
from bakery.storefront import servings_form as form

blueprint = Blueprint("servings", __name__)

# Prices change with the menu, seasons with the day.
KEEP_SECONDS = 600
OCCASIONS = {
    Occasion.BIRTHDAY: ("Birthday or party", "generous slices"),
    Occasion.WEDDING: ("Wedding", "small slices, the custom there"),
    Occasion.TEA: ("Tea or office", "generous slices"),
    Occasion.FEAST: ("After a feast", "small slices, beside other sweets"),
}
SHARES = {100: "Everybody", 85: "Most of them (85 in 100)", 70: "Many skip dessert (70 in 100)"}
# What the builder calls them.
WISHED_AT = {
    Occasion.BIRTHDAY: "birthday",
    Occasion.WEDDING: "wedding",
    Occasion.TEA: "work",
    Occasion.FEAST: "other",
}
SLICE_WORDS = {SliceKind.PARTY: "party", SliceKind.WEDDING: "wedding"}


@blueprint.get("/servings")
def index() -> ResponseReturnValue:
    """A plan for guests, or one cake (`shape` in the address): page, fragment or JSON."""
    if _for_machines():
        return _json()
    return _cake_page() if "shape" in request.args else _guests_page()


def _for_machines() -> bool:
    """Whether JSON is wanted: said so, or one cake is asked for by a client that does not ask for HTML."""
    if htmx.wants_fragment():
        return False
    html = any(wanted == "text/html" for wanted, _ in request.accept_mimetypes)
    return htmx.wants_json() or ("shape" in request.args and not html)


def _json() -> ResponseReturnValue:
    try:
        query = form.read_cake(request.args)
    except Invalid as error:
        said = {"message": error.message, "field": error.field, "request_id": g.get("request_id")}
        return jsonify({"error": said}), error.status, {"Cache-Control": "no-store"}
    found = servings.estimate(get_profile(db.session()), query.tier, query.kind)
    slice_ = found.cut.slice
    size = {"width_cm": round(slice_.width_cm, 2), "depth_cm": round(slice_.depth_cm, 2)}
    answer = {"servings": found.servings, "slice": size, "method": found.method}
    return jsonify(answer), {"Vary": "Accept"}


def _guests_page() -> Response:
    session = db.session()
    shop = get_profile(session)
    values = form.kept_values(request.args, form.FIRST_WISH)
    plan, error = None, None
    try:
        plan = servings.make_plan(session, shop, form.read_wish(values))
    except Invalid as refused:
        error = refused
    response = _render("guests", values, error, plan=plan, wish_for=_builder(values))
    if not request.args:
        return keep(response, topics=("shop",), seconds=KEEP_SECONDS)
    response.headers["HX-Replace-Url"] = form.wish_address(values)
    return response


def _builder(values: Mapping[str, str]) -> Callable[[CakeOption], str]:
    """The builder's address with a cake of the plan, its occasion and its guests filled in."""

    def address(cake: CakeOption) -> str:
        tiers = cake.option.tiers
        pairs = [("occasion", WISHED_AT[Occasion(values["occasion"])]), ("guests", values["guests"].strip())]
        pairs.append(("shape", cake.option.shape.value))
        for tier in tiers:
            long, wide = tier.footprint.length_cm, tier.footprint.width_cm
            sides = [("diameter_cm", long)] if wide is None else [("length_cm", long), ("width_cm", wide)]
            pairs += [(name, f"{side:.1f}") for name, side in [*sides, ("height_cm", tier.height_cm)]]
        if cake.option.keep_top:
            pairs.append(("keeps_top_tier", "1"))
        return "/custom-cakes/new?" + urlencode(pairs)

    return address


def _cake_page() -> Response:
    shop = get_profile(db.session())
    values = form.kept_values(request.args, form.FIRST_CAKE)
    cake, error = None, None
    try:
        query = form.read_cake_form(values)
        cake = servings.estimate(shop, query.tier, query.kind)
    except Invalid as refused:
        error = refused
    response = _render("cake", values, error, cake=cake, pans=servings.PANS.get(values["shape"], ()))
    if cake:
        response.headers["HX-Replace-Url"] = form.cake_address(query)
    return response


def _render(view: str, values: dict[str, str], error: Invalid | None, **found: Any) -> Response:
    response = htmx.render(
        "storefront/servings/index.html",
        fragment="storefront/servings/_servings.html",
        status=error.status if error else 200,
        view=view,
        values=values,
        error=error,
        occasions=OCCASIONS,
        shares=SHARES,
        shapes=servings.SHAPES,
        slice_words=SLICE_WORDS,
        most_guests=servings.MOST_GUESTS,
        base_url=current_app.config["SETTINGS"].base_url,
        **found,
    )
    response.vary.add("Accept")
    return response

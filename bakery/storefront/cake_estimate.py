"""/custom-cakes/estimate: what a wished cake would cost and serve, for machines; nothing is stored."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.custom_cakes.wish import read_wish
from bakery.forecasting.estimates import CakeEstimate, estimate_cake
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.shop.queries import get_profile

blueprint = Blueprint("cake_estimate", __name__)
# It changes nothing, and machines have no form token.
blueprint.csrf_exempt = True  # type: ignore[attr-defined]
# A wish may leave open what neither price nor servings need.
OPEN = {"occasion": "other", "colour": "ivory"}


@blueprint.post("/custom-cakes/estimate")
@limiter.limit("120 per minute")
def estimate() -> ResponseReturnValue:
    """The estimate of the cake in the JSON body. 422 names the field that cannot be."""
    sent = request.get_json(silent=True)
    try:
        if not isinstance(sent, dict):
            raise Invalid("Send the cake as a JSON object.")
        session = db.session()
        shop = get_profile(session)
        design = read_wish({**OPEN, **sent}, clock.today(shop.time_zone))
        found = estimate_cake(session, shop, design)
    except Invalid as error:
        said = {"message": error.message, "field": error.field, "request_id": g.get("request_id")}
        return jsonify({"error": said}), error.status, {"Cache-Control": "no-store"}
    return jsonify(_as_json(found)), {"Cache-Control": "no-store"}


def _as_json(found: CakeEstimate) -> dict[str, Any]:
    """Amounts in minor units, days as the shop's calendar has them."""
    price = found.price
    return {
        "low": price.low_cents,
        "price": price.price_cents,
        "high": price.high_cents,
        "currency": price.currency,
        "servings": found.servings,
        "slice": found.slice_kind.value,
        "earliest_on": found.earliest_on.isoformat() if found.earliest_on else None,
        "reasons": [{"text": text, "amount": amount} for text, amount in price.reasons],
        "model": price.model,
        "allergens": {allergen.value: state.value for allergen, state in found.allergens.items()},
        "warnings": [*found.clashes, *found.warnings],
    }

"""Line items of a Checkout Session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api import prices
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid, missing_parameter
from sandbox.stripe_api.params import Params

MOST_LINES = 100


def read(call: Call, params: Params) -> Callable[[], list[dict[str, Any]]]:
    """Check every line; the answer makes them. Refuses none at all, mixed currencies, odd quantities."""
    branches = params.branches("line_items")
    if not branches:
        raise missing_parameter("line_items")
    if len(branches) > MOST_LINES:
        raise invalid(f"You can pass up to {MOST_LINES} line items.", "line_items")
    lines = [_line(call, each) for each in branches]
    currencies = {shown["currency"] for shown, _, _ in lines}
    if len(currencies) > 1:
        raise StripeError(
            f"All line items must have the same currency; found {', '.join(sorted(currencies))}.",
            param="line_items",
        )
    return lambda: [_item(shown, quantity, make()) for shown, quantity, make in lines]


def _line(call: Call, params: Params) -> tuple[dict[str, Any], int, Callable[[], dict[str, Any]]]:
    quantity = params.integer("quantity", least=1, most=999_999)
    if quantity is None:
        raise missing_parameter(params.path("quantity"))
    if params.has("adjustable_quantity"):
        raise invalid("The sandbox has no adjustable quantities.", params.path("adjustable_quantity"))
    params.texts("tax_rates")
    params.metadata()
    key, data = params.text("price"), params.branch("price_data")
    if (key is None) == (data is None):
        raise invalid("You must specify exactly one of `price` or `price_data`.", params.path("price"))
    if data:
        shown, make = prices.from_data(call, data)
        return shown, quantity, make
    price = call.get("price", str(key), params.path("price"))
    product = call.get("product", price["product"])
    shown = {
        "name": product["name"],
        "currency": price["currency"],
        "amount": price["unit_amount"],
        "images": product["images"],
        "description": product["description"],
    }
    return shown, quantity, lambda: price


def _item(shown: dict[str, Any], quantity: int, price: dict[str, Any]) -> dict[str, Any]:
    """The stored line; `shown` is for the hosted page and is taken off before an API answer."""
    total = shown["amount"] * quantity
    return {
        "id": stripe_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": shown["currency"],
        "description": shown["name"],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "shown": shown,
    }


def stored(store: Any, session: dict[str, Any]) -> list[dict[str, Any]]:
    lines = store.private(session["id"]).get("line_items", [])
    return [{key: value for key, value in line.items() if key != "shown"} for line in lines]


def embedded(store: Any, session: dict[str, Any]) -> dict[str, Any]:
    """The `line_items` list, which an answer shows only when it is expanded."""
    lines = stored(store, session)
    place = "checkout/sessions" if session["object"] == "checkout.session" else "payment_links"
    url = f"/v1/{place}/{session['id']}/line_items"
    return {"object": "list", "url": url, "has_more": len(lines) > 10, "data": lines[:10]}

"""Products and prices: those that `price_data` makes on the way, and reading them."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import invalid
from sandbox.stripe_api.lists import page
from sandbox.stripe_api.params import Params


def build_product(call: Call, name: str, **fields: Any) -> dict[str, Any]:
    body = {
        "id": stripe_id("prod", 14),
        "object": "product",
        "active": True,
        "created": call.now(),
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": call.now(),
        "url": None,
    } | fields
    return call.add(body)


def build_price(call: Call, product: str, currency: str, amount: int, **fields: Any) -> dict[str, Any]:
    body = {
        "id": stripe_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": call.now(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    } | fields
    return call.add(body)


def read_product(params: Params) -> tuple[str, dict[str, Any]]:
    fields: dict[str, Any] = {"metadata": params.metadata()}
    for name in ("description", "tax_code", "unit_label", "statement_descriptor", "url"):
        if params.has(name):
            fields[name] = params.text(name)
    if params.has("images"):
        fields["images"] = params.texts("images")
    return params.needed("name", longest=5000), fields


def from_data(call: Call, data: Params) -> tuple[dict[str, Any], Any]:
    """Read a `price_data`; the second answer makes the price once everything has been checked."""
    currency, amount = data.currency("currency"), data.integer("unit_amount", required=True)
    behaviour = data.text("tax_behavior", choices=("exclusive", "inclusive", "unspecified")) or "unspecified"
    product, inner = data.text("product"), data.branch("product_data")
    if data.has("recurring"):
        raise invalid("The sandbox sells once; it has no subscriptions.", data.path("recurring"))
    if (product is None) == (inner is None):
        raise invalid("You must pass exactly one of `product` or `product_data`.", data.path("product_data"))
    if product:
        call.get("product", product, data.path("product"))
    name, fields = read_product(inner) if inner else (call.get("product", str(product))["name"], {})
    images = fields.get("images", []) if inner else call.get("product", str(product))["images"]
    data.metadata()

    def make() -> dict[str, Any]:
        key = product or build_product(call, name, **fields)["id"]
        return build_price(call, key, currency, int(amount or 0), tax_behavior=behaviour)

    shown = {
        "name": name,
        "currency": currency,
        "amount": int(amount or 0),
        "images": images,
        "description": fields.get("description"),
    }
    return shown, make


def create_product(call: Call) -> dict[str, Any]:
    name, fields = read_product(call.params)
    call.params.anything("active", "shippable", "type")
    call.params.done()
    product = build_product(call, name, **fields)
    call.emit("product.created", product)
    return product


def create_price(call: Call) -> dict[str, Any]:
    _, make = from_data(call, call.params)
    call.params.anything("nickname", "active", "lookup_key")
    call.params.done()
    price: dict[str, Any] = make()
    call.emit("price.created", price)
    return price


def retrieve_product(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("product", key)


def retrieve_price(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("price", key)


def listed_products(call: Call) -> dict[str, Any]:
    return page(call.store, "product", "/v1/products", call.params, {})


def listed_prices(call: Call) -> dict[str, Any]:
    return page(call.store, "price", "/v1/prices", call.params, {"product": call.params.text("product")})


ROUTES = [
    ("POST", "products", create_product),
    ("GET", "products", listed_products),
    ("GET", "products/<key>", retrieve_product),
    ("POST", "prices", create_price),
    ("GET", "prices", listed_prices),
    ("GET", "prices/<key>", retrieve_price),
]

"""The faces' blueprints, in the order their addresses are matched."""

from __future__ import annotations

from flask import Blueprint

from bakery.backoffice import machinery
from bakery.storefront import account, auth, cart, home, media, menu, pages, product, search, visitor
from bakery.webhooks import twilio

BLUEPRINTS: list[Blueprint] = [
    home.blueprint,
    menu.blueprint,
    product.blueprint,
    search.blueprint,
    pages.blueprint,
    media.blueprint,
    visitor.blueprint,
    cart.blueprint,
    auth.blueprint,
    account.blueprint,
    machinery.blueprint,
    twilio.blueprint,
]

"""The faces' blueprints, in the order their addresses are matched."""

from __future__ import annotations

from flask import Blueprint

from bakery.storefront import cart

BLUEPRINTS: list[Blueprint] = [
    cart.blueprint,
]

"""The faces' blueprints, in the order their addresses are matched."""

from __future__ import annotations

from flask import Blueprint

from bakery.backoffice import (
    custom_cakes,
    deposits,
    machinery,
    models_page,
    new_cake,
    product_sizes,
    products,
    settings,
    stations,
)
from bakery.backoffice import orders as admin_orders
from bakery.kitchen import board
from bakery.storefront import (
    account,
    auth,
    cake_builder,
    cake_estimate,
    cake_pay,
    cake_requests,
    cart,
    checkout,
    home,
    media,
    menu,
    orders,
    pages,
    payments,
    product,
    search,
    servings,
    visitor,
)
from bakery.webhooks import stripe as stripe_webhook
from bakery.webhooks import twilio

BLUEPRINTS: list[Blueprint] = [
    home.blueprint,
    menu.blueprint,
    product.blueprint,
    search.blueprint,
    pages.blueprint,
    servings.blueprint,
    cake_estimate.blueprint,
    cake_builder.blueprint,
    cake_requests.blueprint,
    cake_pay.blueprint,
    media.blueprint,
    visitor.blueprint,
    cart.blueprint,
    checkout.blueprint,
    orders.blueprint,
    payments.blueprint,
    auth.blueprint,
    account.blueprint,
    admin_orders.blueprint,
    deposits.blueprint,
    custom_cakes.blueprint,
    products.blueprint,
    new_cake.blueprint,
    product_sizes.blueprint,
    stations.blueprint,
    settings.blueprint,
    machinery.blueprint,
    models_page.blueprint,
    board.blueprint,
    twilio.blueprint,
    stripe_webhook.blueprint,
]

"""Carts, and orders as rows without their holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from factory import LazyAttribute, LazyFunction, Maybe, Sequence, SubFactory, Trait

from bakery.catalog.models import Variant
from bakery.core import clock, ids
from bakery.core.money import included_tax
from bakery.orders.models import Cart, CartLine, Order, OrderLine
from bakery.orders.states import AGREED, OrderStatus, PaymentStatus
from tests.factories.base import Factory
from tests.factories.catalog import VariantFactory

_IN_TWO_DAYS = timedelta(days=2)


class CartFactory(Factory):
    """An anonymous browser's cart: `CartFactory(token="abc")`, or a user's: `CartFactory(user_id=1)`."""

    class Meta:
        model = Cart
        exclude = ("token", "anonymous")

    token = Sequence("cart-token-{}".format)
    user_id = None
    anonymous = LazyAttribute(lambda cart: cart.user_id is None)
    token_digest = Maybe("anonymous", LazyAttribute(lambda cart: ids.digest(cart.token)), None)
    checkout_key = LazyFunction(ids.new_secret)


class CartLineFactory(Factory):
    class Meta:
        model = CartLine
        exclude = ("variant", "cart")

    cart = SubFactory(CartFactory)
    cart_id = LazyAttribute(lambda line: line.cart.id)
    variant = SubFactory(VariantFactory)
    variant_id = LazyAttribute(lambda line: line.variant.id)
    quantity = 1
    seen_price_cents = LazyAttribute(lambda line: line.variant.price_cents)


def make_cart(*lines: tuple[Variant, int] | tuple[Variant, int, str], **changes: Any) -> Cart:
    """A cart of `(variant, quantity[, message])` lines at today's prices."""
    cart = CartFactory(**changes)
    for variant, quantity, *message in lines:
        CartLineFactory(cart=cart, variant=variant, quantity=quantity, message="".join(message))
    return cart


class OrderFactory(Factory):
    """An unpaid order without lines, two days ahead. Traits: confirmed, ready, expired, cancelled.

    What the kitchen has is paid, unless `payment_status` says otherwise (UNPAID needs `released_at`).
    """

    class Meta:
        model = Order

    class Params:
        confirmed = Trait(
            status=OrderStatus.CONFIRMED,
            payment_status=PaymentStatus.PAID,
            confirmed_at=LazyFunction(clock.now),
        )
        ready = Trait(
            status=OrderStatus.READY, payment_status=PaymentStatus.PAID, confirmed_at=LazyFunction(clock.now)
        )
        expired = Trait(status=OrderStatus.EXPIRED)
        cancelled = Trait(status=OrderStatus.CANCELLED)

    status = OrderStatus.PENDING_PAYMENT
    payment_status = LazyAttribute(
        lambda order: PaymentStatus.PAID if order.status in AGREED else PaymentStatus.UNPAID
    )
    number = LazyFunction(ids.new_number)
    secret = LazyFunction(ids.new_secret)
    checkout_key = LazyFunction(ids.new_secret)
    contact_name = "Laila Rahimi"
    contact_email = Sequence("laila{}@saffron.test".format)
    contact_phone = "+61491570156"
    currency = "AUD"
    total_cents = 8600
    tax_cents = LazyAttribute(lambda order: included_tax(order.total_cents, 1000))
    prices_include_tax = True
    pickup_at = LazyFunction(
        lambda: clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    )
    time_zone = "Australia/Sydney"
    snapshot = LazyFunction(lambda: {"shop": {"name": "Saffron & Crumb", "abn": "51 824 753 556"}})
    placed_at = LazyFunction(clock.now)
    hold_expires_at = LazyAttribute(lambda order: order.placed_at + timedelta(minutes=35))


class OrderLineFactory(Factory):
    class Meta:
        model = OrderLine
        exclude = ("variant", "order_row")

    order_row = SubFactory(OrderFactory)
    order_id = LazyAttribute(lambda line: line.order_row.id)
    variant = SubFactory(VariantFactory)
    variant_id = LazyAttribute(lambda line: line.variant.id)
    product_id = LazyAttribute(lambda line: line.variant.product_id)
    position = Sequence(int)
    product_name = "Walnut Cake"
    variant_name = LazyAttribute(lambda line: line.variant.name)
    sku = LazyAttribute(lambda line: line.variant.sku)
    quantity = 1
    unit_price_cents = LazyAttribute(lambda line: line.variant.price_cents)
    discount_cents = 0
    total_cents = LazyAttribute(lambda line: line.unit_price_cents * line.quantity - line.discount_cents)
    tax_code = "gst"
    tax_name = "GST 10%"
    tax_rate_bp = 1000
    tax_cents = LazyAttribute(lambda line: included_tax(line.total_cents, line.tax_rate_bp))


def make_order(*lines: tuple[Variant, int] | tuple[Variant, int, str], **changes: Any) -> Order:
    """An order row with `(variant, quantity[, message])` lines that add up. Holds nothing."""
    total = sum(variant.price_cents * quantity for variant, quantity, *_ in lines)
    tax = sum(included_tax(variant.price_cents * quantity, 1000) for variant, quantity, *_ in lines)
    order = OrderFactory(**{"total_cents": total, "tax_cents": tax} | changes)
    for position, (variant, quantity, *message) in enumerate(lines):
        OrderLineFactory(
            order_row=order, variant=variant, quantity=quantity, message="".join(message), position=position
        )
    return order

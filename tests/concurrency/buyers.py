"""Many people with carts, and how their answers are counted."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from bakery.catalog.models import Variant
from bakery.core import ids
from bakery.infra.db import db
from bakery.orders import services
from bakery.orders.models import Cart, CartLine
from bakery.orders.services import PlaceOrder
from bakery.scheduling.queries import earliest_pickup
from bakery.scheduling.types import Need

ROOMY = {"capacity_orders": 10_000, "capacity_minutes": 1_000_000}


def wishes(number: int, *lines: tuple[Variant, int]) -> list[PlaceOrder]:
    """So many carts of so many people, with the same lines and the same slot."""
    session = db.session()
    units = {variant.id: (quantity, variant.price_cents) for variant, quantity in lines}
    hours = max(variant.lead_time_hours for variant, _ in lines)
    slot = earliest_pickup(session, Need(hours, sum(v.make_minutes * n for v, n in lines)))
    assert slot is not None
    carts = [
        Cart(token_digest=ids.digest(ids.new_secret()), checkout_key=ids.new_secret()) for _ in range(number)
    ]
    session.add_all(carts)
    session.flush()
    for cart in carts:
        session.add_all(
            CartLine(cart_id=cart.id, variant_id=variant_id, quantity=quantity, seen_price_cents=cents)
            for variant_id, (quantity, cents) in units.items()
        )
    session.commit()
    total = sum(quantity * cents for quantity, cents in units.values())
    return [
        PlaceOrder(
            cart_id=cart.id,
            checkout_key=cart.checkout_key,
            name="Laila",
            email=f"laila{cart.id}@saffron.test",
            phone="+61491570156",
            starts_at=slot.starts_at,
            accepted_total_cents=total,
        )
        for cart in carts
    ]


def kinds(outcomes: list[Any]) -> Counter[str]:
    """How often each kind of answer was given; an order's id counts as "order"."""
    return Counter("order" if isinstance(o, int) else type(o).__name__ for o in outcomes)


def buy(wish: PlaceOrder) -> Any:
    return partial(services.place_order, wish)

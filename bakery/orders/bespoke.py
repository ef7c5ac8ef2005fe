"""An order for one thing made for one customer: nothing of it is on the menu, so no cart and no stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.orders import deposit_terms, snapshot
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.placement import insert_order
from bakery.orders.states import OrderStatus
from bakery.pricing.cancellation import tiers_of
from bakery.pricing.totals import PriceLine, price_lines
from bakery.scheduling import operations as scheduling
from bakery.scheduling.steps import agreed_need, write_steps
from bakery.scheduling.types import Need, Station
from bakery.shop.models import Shop, TaxRate


@dataclass(frozen=True, slots=True)
class Bespoke:
    """What is made, for whom and for how much. `price_cents` is as the shop's prices are: with tax or without.

    `drawing` (as the illustrator's `stored.to_json` writes it), `instructions` and `tasks` are for the kitchen
    alone.
    """

    name: str
    size: str
    price_cents: int
    tax_code: str
    need: Need
    contact_name: str
    contact_email: str
    contact_phone: str
    starts_at: datetime
    expires_at: datetime
    user_id: int | None = None
    message: str = ""
    servings: str = ""
    note: str = ""
    allergens: Mapping[str, Mapping[str, str]] | None = None
    drawing: Mapping[str, Any] | None = None
    instructions: str = ""
    # What each station has to do, a line for each thing.
    tasks: Mapping[Station, Sequence[str]] | None = None

    @property
    def agreed(self) -> Need:
        """What it asks of the schedule, now that somebody has agreed to its notice."""
        return agreed_need(self.need.make_minutes, self.need.steps)


def place_bespoke(session: Session, wish: Bespoke, actor: Actor) -> Order:
    """An unpaid order that holds its pickup slot and the minutes of its stations until `expires_at`, inside the
    caller's transaction.

    Nobody pays for it before its customer has accepted it (`awaits_acceptance`); the shop's deposit of today is
    written down with it, and until when the rest is due. Whoever agreed to make it has judged the notice; opening
    hours, cut-off and capacity are asked again.
    Refuses with SlotGone when the slot cannot be had, with StationFull when a station has no time left.
    """
    shop = session.get_one(Shop, 1, populate_existing=True)
    rate = session.get_one(TaxRate, wish.tax_code)
    totals = price_lines(
        [PriceLine(wish.price_cents, 1, rate.code, rate.name, rate.rate_bp)], shop.prices_include_tax
    )
    priced = totals.lines[0]
    now = clock.now()
    terms = deposit_terms.agree(
        session, deposit_terms.for_one_customer(totals.total_cents, shop), shop, wish.starts_at
    )
    order = insert_order(
        session,
        {
            "secret": ids.new_secret(),
            "checkout_key": ids.new_secret(),
            "user_id": wish.user_id,
            "contact_name": wish.contact_name,
            "contact_email": wish.contact_email,
            "contact_phone": wish.contact_phone,
            "customer_note": wish.note,
            "currency": shop.currency,
            "total_cents": totals.total_cents,
            "tax_cents": totals.tax_cents,
            **deposit_terms.columns(
                terms,
                Money(totals.total_cents, shop.currency),
                shop.time_zone,
                tiers_of(shop.cancellation_tiers),
            ),
            "awaits_acceptance": True,
            "prices_include_tax": shop.prices_include_tax,
            "pickup_at": wish.starts_at,
            "time_zone": shop.time_zone,
            "has_cake": True,
            "snapshot": snapshot.shop_snapshot(shop, totals, terms.kept_cents),
            "placed_at": now,
            "hold_expires_at": wish.expires_at,
        },
    )
    session.add(
        OrderLine(
            order_id=order.id,
            position=1,
            product_name=wish.name,
            variant_name=wish.size[:60],
            sku="MADE-FOR-YOU",
            quantity=1,
            unit_price_cents=wish.price_cents,
            discount_cents=0,
            total_cents=priced.total_cents,
            tax_code=rate.code,
            tax_name=rate.name,
            tax_rate_bp=rate.rate_bp,
            tax_cents=priced.tax_cents,
            message=wish.message,
            is_cake=True,
            make_minutes=wish.need.make_minutes,
            servings=wish.servings,
            allergens=_plain(wish.allergens),
            steps=write_steps(wish.need.steps, wish.tasks),
            drawing=dict(wish.drawing) if wish.drawing else None,
            instructions=wish.instructions,
        )
    )
    session.add(
        OrderEvent(
            order_id=order.id,
            at=now,
            kind="status",
            to_state=OrderStatus.PENDING_PAYMENT,
            reason="approved",
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )
    slot = scheduling.hold(session, order.ref, order.pickup_at, wish.agreed, wish.expires_at, now)
    order.slot_id = slot.id
    session.flush()
    return order


def _plain(allergens: Mapping[str, Mapping[str, str]] | None) -> dict[str, Any]:
    return {code: dict(declared) for code, declared in (allergens or {}).items()}

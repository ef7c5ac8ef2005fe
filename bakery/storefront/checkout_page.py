"""What the checkout page shows beside its form: pickup times by day, the lines, the totals, the allergens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template
from flask_login import current_user

from bakery.infra.db import db
from bakery.infra.templates import as_part, remember_part
from bakery.orders.basket import need_of
from bakery.orders.cart_queries import CartView, declared_allergens
from bakery.scheduling.queries import availability
from bakery.scheduling.types import Availability, Day, Need, parse_key
from bakery.shop.queries import get_profile
from bakery.storefront.cart_answers import private
from bakery.storefront.cart_summary import price
from bakery.storefront.checkout_deposit import preview
from bakery.storefront.forms.checkout import CheckoutForm
from bakery.storefront.paying import ways
from bakery.storefront.words import allergen_pairs

# Days shown at once; later ones are a button away. The first of them stand open.
DAYS = 10
OPEN_DAYS = 2
# Cut-offs pass and notice runs; placing asks again in any case.
KEEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class PickupDays:
    """Days with free times: `first` stand open, `rest` folded but for the chosen one; `later` goes on from there."""

    first: tuple[Day, ...]
    rest: tuple[Day, ...]
    later: date | None
    reason: str | None
    chosen_on: date | None


def show(
    form: CheckoutForm,
    cart: CartView,
    *,
    status: int = 200,
    begin: date | None = None,
    notice: str = "",
) -> Response:
    """The page, with whatever has been typed, and a notice on top if there is something to say."""
    totals = price(cart)
    # What is accepted by sending the form is what this page shows, not what an older one showed.
    form.accepted_total.data = totals.total.cents
    form.accepted_total.raw_data = None
    deposit = preview(db.session(), cart)
    form.accepted_deposit.data, form.accepted_deposit.raw_data = deposit.deposit.cents, None
    form.checkout_key.data = cart.checkout_key
    context: dict[str, Any] = {
        "form": form,
        "cart": cart,
        "summary": totals,
        "deposit": deposit,
        "cart_count": cart.units,
        "pickup_times": _pickup_times(form, need_of(cart.for_sale), begin),
        "begin": begin,
        "allergens": _allergens(cart),
        "notice": notice,
        "paying": ways(db.session()) if totals.total.cents else None,
        "user": current_user if current_user.is_authenticated else None,
    }
    return private(make_response(render_template("storefront/checkout/page.html", **context), status))


def _pickup_times(form: CheckoutForm, need: Need, begin: date | None) -> str:
    """The list of times. As long as nothing is chosen or refused it is the same for everybody with this need."""

    def render() -> str:
        # One day more than is shown tells whether there are later ones.
        found = availability(db.session(), need, open_days=None if begin else DAYS + 1)
        return render_template(
            "storefront/checkout/_pickup.html",
            form=form,
            pickup=pickup_days(found, form.slot.data or "", begin),
            begin=begin,
            zone_name=_zone_name(found.time_zone),
        )

    if form.slot.data or form.slot.errors or begin:
        return as_part(render())
    return remember_part(f"pickup:{need}", KEEP_SECONDS, render)


def pickup_days(found: Availability, chosen: str, begin: date | None) -> PickupDays:
    """The free days to show from `begin` on, at most `DAYS` of them."""
    days = [day for day in found.days if begin is None or day.on >= begin]
    shown, beyond = days[:DAYS], days[DAYS:]
    return PickupDays(
        first=tuple(shown[:OPEN_DAYS]),
        rest=tuple(shown[OPEN_DAYS:]),
        later=beyond[0].on if beyond else None,
        reason=found.reason,
        chosen_on=_day_of(chosen, shown),
    )


def _day_of(chosen: str, days: list[Day]) -> date | None:
    at = parse_key(chosen)
    return next((day.on for day in days for slot in day.slots if slot.starts_at == at), None) if at else None


def read_slot(text: str) -> datetime | None:
    """The instant of a chosen slot; a local time without zone is the shop's. None for what no clock shows.

    A time that a daylight-saving gap skips does not exist, so it is no slot either.
    """
    try:
        at = parse_key(text) or datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not 2000 <= at.year <= 2200:
        return None
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    zone = ZoneInfo(get_profile(db.session()).time_zone)
    instant = at.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == at else None


def _allergens(cart: CartView) -> str:
    """The allergens of each product in the cart, each once. The same products declare the same."""
    names = {line.product_id: line.product_name for line in cart.lines}

    def render() -> str:
        declared = declared_allergens(db.session(), set(names))
        pairs = [(name, allergen_pairs(declared[product_id])) for product_id, name in names.items()]
        return render_template("storefront/checkout/_allergens.html", allergens=pairs)

    return remember_part(f"allergens:{tuple(names)}", 300, render)


def _zone_name(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")

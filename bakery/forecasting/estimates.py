"""What a wished cake would cost, serve and contain, and when it could be had: a guess that promises nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from bakery.catalog.models import Allergen, Declaration
from bakery.core import clock
from bakery.custom_cakes import contents
from bakery.custom_cakes.spec import CakeDesign, TierDesign
from bakery.forecasting import corrections, pricing, servings
from bakery.forecasting.pricing import Prediction
from bakery.forecasting.servings import SliceKind
from bakery.scheduling.queries import earliest_pickup
from bakery.shop.queries import Profile

# What the price model calls the sponges and fillings on offer; the others go by their own name.
_SPONGES = {"pistachio_rose": "pistachio", "cardamom_honey": "cardamom"}
_FILLINGS = {
    "cream_cheese": "cream",
    "fresh_cream": "cream",
    "raspberry": "jam",
    "lemon_curd": "curd",
    "date_caramel": "caramel",
}
FOAM = "Foam tiers cost extra: their price is for us to say."
# Small slices are the custom there; everywhere else they are cut as for a party.
_WEDDINGS = frozenset({"wedding", "engagement"})


@dataclass(frozen=True, slots=True)
class CakeEstimate:
    """`earliest_on` is None while nothing is free within the time orders are taken for."""

    price: Prediction
    servings: int
    slice_kind: SliceKind
    earliest_on: date | None
    allergens: dict[Allergen, Declaration]
    clashes: tuple[str, ...]
    warnings: tuple[str, ...]


def estimate_cake(session: Session, shop: Profile, design: CakeDesign) -> CakeEstimate:
    """The estimate of a design that is wished today. Refuses (Invalid, with the field) what the models cannot take.

    Tells nothing about whether the day itself is free: `earliest_on` is the first that is.
    """
    price = suggest_price(design, clock.today(shop.time_zone), shop.currency)
    kind = slice_kind(design)
    slot = earliest_pickup(session, contents.need_of(design))
    foam = (FOAM,) if any(tier.dummy for tier in design.tiers) else ()
    return CakeEstimate(
        price=price,
        servings=count_servings(shop, design),
        slice_kind=kind,
        earliest_on=slot.on if slot else None,
        allergens=contents.allergens(design),
        clashes=contents.clashes(design),
        warnings=(*price.warnings, *foam),
    )


def suggest_price(
    design: CakeDesign, on: date, currency: str, *, ref: str = "", session: Session | None = None
) -> Prediction:
    """What the model would ask for a design that is wished on a day. Refuses (Invalid) what it cannot take.

    Inside a transaction, give its `session` (PriceDesk.predict says why).
    """
    return pricing.desk.predict(cake_of(design, on), on, currency=currency, ref=ref, session=session)


def slice_kind(design: CakeDesign) -> SliceKind:
    """How large it is cut at that occasion."""
    return SliceKind.WEDDING if design.occasion in _WEDDINGS else SliceKind.PARTY


def count_servings(shop: Profile, design: CakeDesign) -> int:
    """Of the tiers that are eaten, each cut by itself; corrected where staff's own counts say so."""
    kind = slice_kind(design)
    return corrections.count(tiers_of(design), servings.slice_of(shop, kind), kind).servings


def tiers_of(design: CakeDesign) -> list[servings.Tier]:
    """What is eaten, as the knife meets it, bottom first."""
    found = []
    for tier in design.eaten_tiers:
        sides = {"diameter_cm": tier.diameter_cm, "length_cm": tier.length_cm, "width_cm": tier.width_cm}
        given = {name: side for name, side in sides.items() if side is not None}
        found.append(servings.make_tier(design.shape.value, tier.height_cm, given))
    return found


def cake_of(design: CakeDesign, on: date) -> pricing.Cake:
    """The design as the price model sees it, asked for on a day. Refuses (Invalid) what the model cannot take."""
    return pricing.make_cake(
        tiers=tuple(_tier(tier) for tier in design.tiers if not tier.dummy),
        needed_on=design.needed_on,
        notice_days=(design.needed_on - on).days,
        shape=design.shape.value,
        covering=design.covering.value,
        decoration=design.decoration.value,
        toppings=len(design.toppings),
    )


def _tier(tier: TierDesign) -> pricing.Tier:
    return pricing.Tier(
        diameter_cm=tier.long_cm,
        height_cm=tier.height_cm,
        layers=tier.layers,
        flavour=_SPONGES.get(tier.flavour, tier.flavour),
        filling=_FILLINGS.get(tier.filling, tier.filling),
        width_cm=tier.short_cm if tier.diameter_cm is None else None,
    )

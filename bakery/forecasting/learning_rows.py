"""What the shop has decided, as the price model's training sees it: the cakes of requests, and sizes of the menu.

Only prices that a person set count. What a customer did afterwards (paid, let it expire, called it off) says nothing
about what the bakery asks, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import VariantSuggestion
from bakery.core.errors import Invalid
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.spec import from_json
from bakery.forecasting.estimates import cake_of
from bakery.shop.models import Shop
from models_ml.pricing.cakes import PastCake

# Fewer of its own cakes teach a shop nothing: forty are measured on, and some must be left to learn from.
ENOUGH = 60


@dataclass(frozen=True, slots=True)
class OwnCakes:
    """The shop's decided cakes, oldest first; how many of them came with the demo shop, and how many could not be
    read (foam tiers, words of long ago).
    """

    cakes: tuple[PastCake, ...]
    left_out: int
    of_the_demo: int = 0


@dataclass(frozen=True, slots=True)
class _Decided:
    ref: str
    at: datetime
    asked_at: datetime
    price_cents: int
    design: dict[str, Any]
    features: dict[str, Any]
    is_demo: bool = False


def own_cakes(session: Session) -> OwnCakes:
    """Every cake with a price that a person decided: three queries.

    The demo shop's count as well, so that it can show how it learns, until there are `ENOUGH` others.
    """
    zone = ZoneInfo(session.scalars(select(Shop.time_zone)).first() or "UTC")
    real: list[PastCake] = []
    demo: list[PastCake] = []
    left_out = 0
    for decided in (*_of_requests(session), *_of_the_menu(session)):
        cake = _past_cake(decided, zone)
        if cake is None:
            left_out += 1
        else:
            (demo if decided.is_demo else real).append(cake)
    if len(real) >= ENOUGH:
        demo = []
    found = sorted((*real, *demo), key=lambda past: (past.decided_on, past.ref))
    return OwnCakes(tuple(found), left_out, len(demo))


def _of_requests(session: Session) -> Iterator[_Decided]:
    """The latest quote of each request, dated when its price was first promised for that design."""
    rows = session.execute(
        select(CustomCakeRequest.number, CustomCakeRequest.created_at, CustomCakeRequest.is_demo, Quote)
        .join(Quote, Quote.request_id == CustomCakeRequest.id)
        .order_by(Quote.request_id, Quote.version)
    )
    decided: dict[str, _Decided] = {}
    for number, asked_at, is_demo, quote in rows:
        before = decided.get(number)
        new = _Decided(
            number, quote.created_at, asked_at, quote.price_cents, quote.design, quote.features, is_demo
        )
        same = before and (before.price_cents, before.design) == (new.price_cents, new.design)
        # A quote that was only extended was not decided anew.
        decided[number] = replace(new, at=before.at) if before and same else new
    return iter(decided.values())


def _of_the_menu(session: Session) -> Iterable[_Decided]:
    """The latest decision about each size."""
    rows = session.scalars(
        select(VariantSuggestion)
        .ext(distinct_on(VariantSuggestion.variant_id))
        .order_by(VariantSuggestion.variant_id, VariantSuggestion.at.desc(), VariantSuggestion.id.desc())
    )
    return [
        _Decided(f"menu-{row.variant_id}", row.at, row.at, row.decided_cents, row.design, row.features)
        for row in rows
    ]


def _past_cake(decided: _Decided, zone: ZoneInfo) -> PastCake | None:
    try:
        design = from_json(decided.design)
        if any(tier.dummy for tier in design.tiers) or decided.price_cents <= 0:
            return None
        asked_on = min(decided.asked_at.astimezone(zone).date(), design.needed_on)
        cake = cake_of(design, asked_on)
        cake = replace(cake, notice_days=_notice(decided.features, cake.notice_days))
        return PastCake(decided.ref, decided.at.astimezone(zone).date(), cake, decided.price_cents)
    except (Invalid, KeyError, TypeError, ValueError):
        return None


def _notice(features: dict[str, Any], reckoned: int) -> int:
    """As the model saw it when the price was decided, if it was asked."""
    rush = features.get("rush")
    return round(-rush) if isinstance(rush, int | float) else reckoned

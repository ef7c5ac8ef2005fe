"""What a decision promises: checked, written down as a quote, and made into an order's wish.

Inside the transaction of whoever decides; the request's row is locked by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bakery.catalog.illustration.stored import to_json
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.custom_cakes.contents import allergens, need_of
from bakery.custom_cakes.expiry import latest_expiry
from bakery.custom_cakes.kitchen_words import kitchen_words
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.preview import describe, size_words, to_drawing
from bakery.custom_cakes.spec import CakeDesign
from bakery.infra.formats import datetime_shop, money
from bakery.orders.bespoke import Bespoke
from bakery.shop.models import Shop

MAX_PRICE_CENTS = 5_000_000
MAX_SERVINGS = 5000
MAX_TEXT = 1000
MAX_REASON = 500
TAX_CODE = "gst"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model suggested: a suggestion, kept beside what a person decided.

    `floor_cents` is what ingredients and work come to; 0 where nobody has counted.
    """

    cents: int
    low_cents: int
    high_cents: int
    servings: int | None
    model_version: str
    features: Mapping[str, Any] = field(default_factory=dict)
    floor_cents: int = 0


@dataclass(frozen=True, slots=True)
class Approve:
    """A decision to make the cake. `version` is the request's as the page showed it."""

    request_id: int
    version: int
    price_cents: int
    servings: int
    starts_at: datetime
    expires_at: datetime
    message: str = ""
    instructions: str = ""
    override_reason: str = ""
    prediction: Prediction | None = None
    # As staff would make it, where it differs from the wish.
    design: CakeDesign | None = None
    # What the cake is, in staff's words.
    description: str = ""


def check(session: Session, decision: Approve, design: CakeDesign, shop: Shop) -> None:
    """Refuse with Invalid, naming the field, what cannot be promised: a price, servings, pickup day, expiry, a
    text that is too long, or a price (also one below cost) or servings far from the suggested ones that nobody
    has explained.
    """
    _check_numbers(decision)
    if decision.starts_at.astimezone(ZoneInfo(shop.time_zone)).date() != design.needed_on:
        raise Invalid("The cake is collected on the day it is needed.", field="starts_at")
    check_expiry(session, design, decision.starts_at, decision.expires_at, clock.now())
    for name in ("message", "instructions", "description"):
        if len(getattr(decision, name)) > MAX_TEXT:
            raise Invalid(f"Keep it under {MAX_TEXT:,} characters.", field=name)
    if len(decision.override_reason) > MAX_REASON:
        raise Invalid(f"Keep it under {MAX_REASON} characters.", field="override_reason")
    if why := _reason_needed(decision, shop.explain_from_percent, shop.currency):
        if not decision.override_reason.strip():
            raise Invalid(f"{why} Say why.", field="override_reason")


def check_expiry(
    session: Session, design: CakeDesign, starts_at: datetime, until: datetime, after: datetime
) -> None:
    """Refuse with Invalid an expiry that is not later than `after`, or lies beyond what the day allows."""
    if until <= after:
        raise Invalid("The quote runs out later than now, and later than before.", field="expires_at")
    latest = latest_expiry(session, design.needed_on, starts_at)
    if until > latest.at:
        raise Invalid(
            f"Orders for that day close on {datetime_shop(latest.at, latest.zone)}: no quote holds longer.",
            field="expires_at",
        )


def is_far(decided: int, suggested: int, percent: int) -> bool:
    """Whether a decision is more than so many per cent from what was suggested, so that it has to be explained."""
    return abs(decided - suggested) * 100 > suggested * percent


def to_bespoke(row: CustomCakeRequest, decision: Approve, design: CakeDesign) -> Bespoke:
    """What the unpaid order of this promise says and holds."""
    return Bespoke(
        name="Custom cake",
        size=_size(design),
        price_cents=decision.price_cents,
        tax_code=TAX_CODE,
        need=need_of(design),
        contact_name=row.contact_name,
        contact_email=row.contact_email,
        contact_phone=row.contact_phone,
        starts_at=decision.starts_at,
        expires_at=decision.expires_at,
        user_id=row.user_id,
        message=design.inscription,
        servings=str(decision.servings),
        note="\n".join(part for part in (f"{row.number}: {describe(design)}", _care(design)) if part),
        allergens={
            code.value: {"state": state.value, "note": ""} for code, state in allergens(design).items()
        },
        drawing=to_json(to_drawing(design)),
        instructions=decision.instructions.strip(),
        tasks=kitchen_words(design),
    )


def write_quote(
    session: Session, row: CustomCakeRequest, decision: Approve, design: CakeDesign, shop: Shop, actor: Actor
) -> Quote:  # fmt: skip
    """The next version of the promise."""
    guess = decision.prediction
    row.quote_version += 1
    quote = Quote(
        request_id=row.id,
        version=row.quote_version,
        design=design.to_json(),
        design_hash=design.hash,
        currency=shop.currency,
        price_cents=decision.price_cents,
        servings=decision.servings,
        predicted_cents=guess.cents if guess else None,
        low_cents=guess.low_cents if guess else None,
        high_cents=guess.high_cents if guess else None,
        predicted_servings=guess.servings if guess else None,
        model_version=guess.model_version if guess else None,
        features=dict(guess.features) if guess else {},
        override_reason=decision.override_reason.strip(),
        message=decision.message.strip(),
        instructions=decision.instructions.strip(),
        description=decision.description.strip(),
        pickup_at=decision.starts_at,
        expires_at=decision.expires_at,
        terms_version=shop.terms_version,
        created_at=clock.now(),
        actor_id=actor.id,
        actor_label=actor.label,
    )
    session.add(quote)
    session.flush()
    return quote


def _check_numbers(decision: Approve) -> None:
    if not 0 < decision.price_cents <= MAX_PRICE_CENTS:
        raise Invalid("Write a price above nothing, and not above 50,000.", field="price_cents")
    if not 1 <= decision.servings <= MAX_SERVINGS:
        raise Invalid(f"A cake serves from one to {MAX_SERVINGS:,}.", field="servings")


def _reason_needed(decision: Approve, percent: int, currency: str) -> str:
    """Why a price or servings have to be explained, in a sentence; empty where they have not."""
    guess = decision.prediction
    if guess is None:
        return ""
    if decision.price_cents < guess.floor_cents:
        return (
            f"This is below ingredients and work, which come to {money(Money(guess.floor_cents, currency))}."
        )
    if is_far(decision.price_cents, guess.cents, percent):
        return f"This is more than {percent} % from the suggested price."
    if guess.servings is not None and is_far(decision.servings, guess.servings, percent):
        return f"The servings are more than {percent} % from the suggested {guess.servings}."
    return ""


def _size(design: CakeDesign) -> str:
    """`round, 30 + 20 cm`; many tiers are counted, so that nothing is cut off."""
    words = f"{design.shape.value}, {' + '.join(size_words(tier) for tier in design.tiers)} cm"
    if len(words) <= 60:
        return words
    return f"{design.shape.value}, {len(design.tiers)} tiers from {size_words(design.tiers[0])} cm"


def _care(design: CakeDesign) -> str:
    """What the kitchen must not overlook."""
    avoided = [*design.diets, *design.allergies, *([design.allergy_note] if design.allergy_note else [])]
    return f"MIND: {', '.join(map(str, avoided))}" if avoided else ""

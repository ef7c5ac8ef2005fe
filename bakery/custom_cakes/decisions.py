"""What staff decide about a request: approve, ask for changes, reject, extend. One transaction each.

Whoever decides names the version they looked at; the request's row lock makes two who decide at once take turns,
and the second is told who was faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Invalid, InvalidTransition
from bakery.custom_cakes import operations
from bakery.custom_cakes.contents import allergens, work
from bakery.custom_cakes.models import CustomCakeRequest, Quote, SoftHoldState
from bakery.custom_cakes.preview import describe, size_words
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.states import REQUEST, RequestStatus
from bakery.infra import outbox
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.bespoke import Bespoke, place_bespoke
from bakery.shop.models import Shop

MAX_PRICE_CENTS = 5_000_000
MAX_TEXT = 1000
TAX_CODE = "gst"
# A price this far from the predicted one, in hundredths of it, has to be explained.
EXPLAIN_FROM_PERCENT = 15


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model suggested: a suggestion, kept beside what a person decided."""

    cents: int
    low_cents: int
    high_cents: int
    servings: int | None
    model_version: str
    features: Mapping[str, Any] = field(default_factory=dict)


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


def approve(decision: Approve, actor: Actor) -> int:
    """Promise the cake: the next quote, and the unpaid order that holds its pickup slot. Answers the quote's id.

    Refuses with Conflict what somebody else decided meanwhile, InvalidTransition a request that is not waiting
    for review, SlotGone a slot that is full or closed by now, Invalid a price, servings, expiry, pickup day or
    a missing reason (`override_reason`) that cannot be taken.
    """
    with transaction() as session:
        row = operations.lock_request(session, decision.request_id)
        operations.refuse_stale(session, row, decision.version)
        before = row.status
        REQUEST.check(RequestStatus(before), RequestStatus.APPROVED_AWAITING_PAYMENT)
        design = decision.design or operations.design_of(row)
        shop = session.get_one(Shop, 1)
        _check(decision, design, shop)
        order = place_bespoke(session, _bespoke(row, decision, design), actor)
        row.order_id = order.id
        quote = _write_quote(session, row, decision, design, shop, actor)
        operations.change_status(
            session, row, RequestStatus.APPROVED_AWAITING_PAYMENT, actor, f"quote {quote.version}"
        )
        operations.end_soft_hold(session, row, SoftHoldState.CONSUMED)
        operations.note_in_audit(
            session, row, actor, "approve", before, decision.override_reason,
            quote=quote.version, price_cents=quote.price_cents, servings=quote.servings, order=order.number,
        )  # fmt: skip
        _owe_mail(session, row)
        return quote.id


def ask_for_changes(request_id: int, version: int, actor: Actor, reason: str, suggestion: str = "") -> None:
    """Hand the wish back to the customer. Refuses without a reason; Conflict and InvalidTransition as above."""
    _hand_back(
        (request_id, version), actor, RequestStatus.CHANGES_REQUESTED, "ask for changes", (reason, suggestion)
    )


def reject(request_id: int, version: int, actor: Actor, reason: str, suggestion: str = "") -> None:
    """Say no, why, and what would be possible; its work leaves its day. Refuses as `ask_for_changes` does."""
    _hand_back((request_id, version), actor, RequestStatus.REJECTED, "reject", (reason, suggestion))


def extend(request_id: int, version: int, until: datetime, actor: Actor) -> int:
    """Keep a promise longer: the same quote with a later expiry is the next version. Answers its id.

    Refuses with Conflict a request that is not awaiting payment or whose order holds nothing any more, and with
    Invalid an expiry that is no later or lies beyond the pickup.
    """
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        operations.refuse_stale(session, row, version)
        if row.status != RequestStatus.APPROVED_AWAITING_PAYMENT or row.order_id is None:
            raise InvalidTransition("Only a quote that awaits payment can be extended.")
        last = latest_quote(session, row)
        if not last.expires_at < until < last.pickup_at:
            raise Invalid(
                "Choose a time later than before, and before the cake is collected.", field="expires_at"
            )
        orders.extend_hold(session, orders.lock_order(session, row.order_id), until)
        row.quote_version += 1
        kept = {
            column.key: getattr(last, column.key)
            for column in Quote.__table__.columns
            if column.key not in ("id", "version", "expires_at", "created_at", "actor_id", "actor_label")
        }
        quote = Quote(
            **kept,
            version=row.quote_version,
            expires_at=until,
            created_at=clock.now(),
            actor_id=actor.id,
            actor_label=actor.label,
        )
        session.add(quote)
        operations.enter(session, row, "quote", actor, reason=f"quote {quote.version}: extended")
        operations.note_in_audit(
            session, row, actor, "extend", row.status, quote=quote.version, expires_at=until.isoformat()
        )
        _owe_mail(session, row)
        return quote.id


def latest_quote(session: Session, row: CustomCakeRequest) -> Quote:
    """The version that counts. Refuses a request that has none."""
    return session.scalars(
        select(Quote).where(Quote.request_id == row.id, Quote.version == row.quote_version)
    ).one()


def _hand_back(
    what: tuple[int, int], actor: Actor, to: RequestStatus, action: str, said: tuple[str, str]
) -> None:
    reason, suggestion = (text.strip() for text in said)
    if not reason or len(reason) > MAX_TEXT:
        raise Invalid(f"Tell the customer why, in up to {MAX_TEXT:,} characters.", field="reason")
    if len(suggestion) > MAX_TEXT:
        raise Invalid(f"Keep the suggestion under {MAX_TEXT:,} characters.", field="suggestion")
    with transaction() as session:
        row = operations.lock_request(session, what[0])
        operations.refuse_stale(session, row, what[1])
        before = row.status
        operations.change_status(session, row, to, actor, reason, suggestion)
        if to == RequestStatus.REJECTED:
            operations.end_soft_hold(session, row, SoftHoldState.RELEASED)
        operations.note_in_audit(session, row, actor, action, before, reason)
        _owe_mail(session, row)


def _check(decision: Approve, design: CakeDesign, shop: Shop) -> None:
    if not 0 < decision.price_cents <= MAX_PRICE_CENTS:
        raise Invalid("Write a price above nothing, and not above 50,000.", field="price_cents")
    if decision.servings < 1:
        raise Invalid("A cake serves at least one.", field="servings")
    if decision.starts_at.astimezone(ZoneInfo(shop.time_zone)).date() != design.needed_on:
        raise Invalid("The cake is collected on the day it is needed.", field="starts_at")
    if not clock.now() < decision.expires_at < decision.starts_at:
        raise Invalid(
            "The quote runs out later than now, and before the cake is collected.", field="expires_at"
        )
    if len(decision.message) > MAX_TEXT or len(decision.instructions) > MAX_TEXT:
        raise Invalid(f"Keep it under {MAX_TEXT:,} characters.", field="instructions")
    guess = decision.prediction
    far = guess and abs(decision.price_cents - guess.cents) * 100 > guess.cents * EXPLAIN_FROM_PERCENT
    if far and not decision.override_reason.strip():
        raise Invalid(
            f"This is more than {EXPLAIN_FROM_PERCENT} % from the suggested price. Say why.",
            field="override_reason",
        )


def _bespoke(row: CustomCakeRequest, decision: Approve, design: CakeDesign) -> Bespoke:
    return Bespoke(
        name="Custom cake",
        size=_size(design),
        price_cents=decision.price_cents,
        tax_code=TAX_CODE,
        make_minutes=work(design).minutes,
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
    )


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


def _write_quote(
    session: Session, row: CustomCakeRequest, decision: Approve, design: CakeDesign, shop: Shop, actor: Actor
) -> Quote:
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


def _owe_mail(session: Session, row: CustomCakeRequest) -> None:
    outbox.owe(
        session, "jobs.custom_cakes.send_decision", row.id, row.version,
        key=f"{row.ref}:decision:{row.version}",
    )  # fmt: skip

"""The forms beside a request: filled for a fresh page, read into a decision, and given back with what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import Field

from bakery.backoffice import cake_forms as forms
from bakery.backoffice.cake_page import Review, suggestion, to_suggested
from bakery.backoffice.cake_variation import read_hidden
from bakery.core import clock
from bakery.core.errors import Conflict, DomainError, Invalid
from bakery.core.money import Money
from bakery.custom_cakes.decisions import Approve, Prediction
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.formats import money
from bakery.scheduling.types import parse_key
from bakery.shop.queries import Profile

# What a refusal calls a field, and what the forms call it.
_FIELDS = {"price_cents": "price", "slot": "starts_at"}
# What a person typed themselves, and must not lose.
_TYPED = (
    "price", "servings", "override_reason", "message", "instructions", "description",
    "reason", "suggestion", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Forms:
    """Every form of the page; the one that was sent carries what was typed."""

    offer: forms.OfferForm
    changes: forms.ChangesForm
    rejection: forms.RejectionForm
    taking: forms.TakeBackForm
    extension: forms.ExtendForm
    message: forms.MessageForm
    sent: FlaskForm | None = None


def typed(sent: FlaskForm | None) -> list[tuple[str, str]]:
    """(label, text) of what somebody typed into a form that no longer has a place on the page."""
    if sent is None:
        return []
    found = [sent[name] for name in _TYPED if name in sent]
    return [(f.label.text, str(f.data)) for f in found if f.data not in (None, "")]


def make_forms(review: Review, sent: FlaskForm | None = None) -> Forms:
    """The page's forms, fresh but for the one that was sent."""

    def one(kind: type[Any], **values: Any) -> Any:
        return sent if type(sent) is kind else kind(formdata=None, data=values)

    awaiting = review.request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    offer = one(forms.RevisionForm if awaiting else forms.OfferForm, **_offer_values(review))
    offer.starts_at.choices = _times(review, offer.starts_at.data)
    quote = review.file.quote
    later = review.latest.at if review.latest else None
    return Forms(
        offer,
        one(forms.ChangesForm),
        one(forms.RejectionForm),
        one(forms.TakeBackForm),
        one(forms.ExtendForm, expires_at=_local(later if quote else None, review)),
        one(forms.MessageForm),
        sent,
    )


def read_offer(session: Session, shop: Profile, row: CustomCakeRequest, form: forms.OfferForm) -> Approve:
    """What was decided, with the suggestion as it was shown.

    Refuses (Invalid) a price or a time that cannot be read, and (Conflict) when the suggestion beside the form is
    another one by now: nobody should decide beside a number that the shop would not keep.
    """
    cents = forms.read_cents(form.price.data or "")
    starts_at = parse_key(form.starts_at.data or "")
    if starts_at is None:
        raise Invalid("Choose a pickup time.", field="starts_at")
    today = clock.today(shop.time_zone)
    varied = read_hidden(form.design.data, today) if form.design.data else None
    price, servings, design = suggestion(session, shop, row, varied)
    guess = to_suggested(price, servings)
    shown = (form.model.data or "", form.suggested.data or "", form.counted.data or "")
    now = (guess.model_version, str(guess.cents), str(guess.servings)) if guess else ("", "", "")
    if shown != now and row.version == form.version.data:
        raise Conflict(_another(guess, shown[0] != now[0], shop.currency))
    return Approve(
        request_id=row.id,
        version=form.version.data or 0,
        price_cents=cents,
        servings=form.servings.data or 0,
        starts_at=starts_at,
        expires_at=forms.to_instant(form.expires_at.data, shop.time_zone),
        message=form.message.data or "",
        instructions=form.instructions.data or "",
        override_reason=form.override_reason.data or "",
        description=form.description.data or "",
        prediction=guess,
        design=design,
    )


def varied_in(form: forms.OfferForm, today: date) -> CakeDesign | None:
    """The changed cake that a form carries; None without one, or where it cannot be read (which was said)."""
    try:
        return read_hidden(form.design.data, today) if form.design.data else None
    except Invalid:
        return None


def refuse(form: FlaskForm, error: DomainError) -> str:
    """Put a refusal at its field; what belongs to none is answered, for the page to say."""
    name = _FIELDS.get(error.field or "", error.field or "")
    if name not in form:
        return error.message
    found: Field = form[name]
    found.errors = [*found.errors, error.message]
    return ""


def _another(guess: Prediction | None, model: bool, currency: str) -> str:
    what = "The price model was replaced" if model else "The suggestion changed"
    if guess is None:
        return f"{what} while you looked at this: there is no suggestion any more. Please decide again."
    now = f"{money(Money(guess.cents, currency))} and {guess.servings} servings"
    return (
        f"{what} while you looked at this: the suggestion is {now} now. Nothing of yours is lost; please look "
        "at both again and decide."
    )


def _offer_values(review: Review) -> dict[str, Any]:
    """A fresh offer: what is promised already, else what the models suggest."""
    quote = review.file.quote
    if quote is not None and review.request.status == RequestStatus.APPROVED_AWAITING_PAYMENT:
        return _promised(quote, review)
    slot = review.slot()
    return {
        "price": forms.write_cents(review.price.price_cents) if review.price else "",
        "servings": review.servings,
        "starts_at": slot.key if slot else "",
        "expires_at": _local(review.expires_at, review),
        "description": review.description,
    }


def _promised(quote: Quote, review: Review) -> dict[str, Any]:
    return {
        "price": forms.write_cents(quote.price_cents),
        "servings": quote.servings,
        "override_reason": quote.override_reason,
        "starts_at": _key(quote.pickup_at),
        "expires_at": _local(quote.expires_at, review),
        "message": quote.message,
        "instructions": quote.instructions,
        "description": review.description,
    }


def _times(review: Review, chosen: str | None) -> list[tuple[str, str]]:
    """Pickup times of that day with what is left of each; the chosen one stays, also when it is full by now."""
    slots = review.day.slots if review.day else ()
    times = {
        slot.key: f"{slot.label} · {slot.left_orders} {'place' if slot.left_orders == 1 else 'places'} left"
        for slot in slots
    }
    quote = review.file.quote
    if quote is not None and review.request.status == RequestStatus.APPROVED_AWAITING_PAYMENT:
        times[_key(quote.pickup_at)] = f"{_clock(quote.pickup_at, review)} · held for this offer"
    wanted = parse_key(chosen or "")
    if wanted is not None and chosen not in times:
        times[_key(wanted)] = f"{_clock(wanted, review)} · not free any more"
    return sorted(times.items())


def _clock(at: datetime, review: Review) -> str:
    from_wall = forms.to_local(at, review.zone)
    return f"{from_wall:%-I:%M} {'am' if from_wall.hour < NOON else 'pm'}"


NOON = 12


def _key(at: datetime) -> str:
    return f"{forms.to_utc(at):%Y-%m-%dT%H:%MZ}"


def _local(at: datetime | None, review: Review) -> datetime | None:
    return forms.to_local(at, review.zone) if at else None

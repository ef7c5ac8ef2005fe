"""What staff type about a custom cake. Prices and times are read as people write them, in the shop's zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields import DateTimeLocalField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from bakery.core.errors import Invalid
from bakery.custom_cakes.promise import MAX_REASON, MAX_TEXT
from bakery.custom_cakes.states import RequestStatus

_R = RequestStatus
_PRICE = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.(\d{1,2}))?")
_TOO_LONG = f"Keep it under {MAX_TEXT:,} characters."


class _Count(IntegerField):
    """A whole number, with the shop's words for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Write a whole number.") from error


class _LocalTime(DateTimeLocalField):
    """A time on the shop's wall, with the shop's words for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Write a date and a time.") from error


class CakeForm(FlaskForm):  # type: ignore[misc]
    """`meant_for`: the states of a request in which this form has its place on the page."""

    meant_for: ClassVar[frozenset[RequestStatus]] = frozenset({_R.PENDING_REVIEW})


class _Versioned(CakeForm):
    """`version` is the request's as the page showed it: what staff decide on must be what they saw."""

    version = IntegerField(validators=[InputRequired("Reload the page and try again.")], widget=HiddenInput())


class OfferForm(_Versioned):
    """Price and all that belongs to an offer. `model`, `suggested` and `counted` are what the page showed beside it."""

    model = HiddenField(validators=[Length(max=80)])
    suggested = HiddenField(validators=[Length(max=12)])
    counted = HiddenField(validators=[Length(max=12)])
    # The cake as staff changed it; empty where they did not.
    design = HiddenField(validators=[Length(max=10_000)])
    price = StringField("Price", [InputRequired("Write a price."), Length(max=20)])
    servings = _Count("Servings", [InputRequired("Say how many it serves.")])
    override_reason = StringField(
        "Why this price or these servings",
        [Length(max=MAX_REASON, message=f"Keep it under {MAX_REASON} characters.")],
    )
    starts_at = SelectField("Pickup time", validate_choice=False)
    expires_at = _LocalTime(
        "Quote holds until",
        [InputRequired("Say until when the quote holds.")],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    message = TextAreaField("Message to the customer", [Length(max=MAX_TEXT, message=_TOO_LONG)])
    instructions = TextAreaField("Instructions for the kitchen", [Length(max=MAX_TEXT, message=_TOO_LONG)])
    description = TextAreaField("Description for staff", [Length(max=MAX_TEXT, message=_TOO_LONG)])


_WHY = [InputRequired("Tell the customer why."), Length(max=MAX_TEXT, message=_TOO_LONG)]
_INSTEAD = [Length(max=MAX_TEXT, message=_TOO_LONG)]


class ChangesForm(_Versioned):
    """A yes with a change: what has to change, and what would be possible."""

    reason = TextAreaField("What has to change", _WHY, id="changes-reason")
    suggestion = TextAreaField("What we could make instead", _INSTEAD, id="changes-suggestion")


class RejectionForm(_Versioned):
    """A no: why, and what would be possible."""

    reason = TextAreaField("Why we cannot make it", _WHY, id="rejection-reason")
    suggestion = TextAreaField("What we could make instead", _INSTEAD, id="rejection-suggestion")


class RevisionForm(OfferForm):
    """Another offer in place of the one that awaits payment."""

    meant_for = frozenset({_R.APPROVED_AWAITING_PAYMENT})


class TakeBackForm(_Versioned):
    """Why the shop takes an offer back."""

    meant_for = frozenset({_R.APPROVED_AWAITING_PAYMENT, _R.CHANGES_REQUESTED})

    reason = TextAreaField("Why we take it back", _WHY, id="taking-reason")


class ExtendForm(_Versioned):
    """How long the offer shall hold."""

    meant_for = frozenset({_R.APPROVED_AWAITING_PAYMENT})

    expires_at = _LocalTime(
        "Hold it until",
        [InputRequired("Say until when the quote holds.")],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        id="extension-expires_at",
    )


class AgainForm(_Versioned):
    """Send the offer once more."""

    meant_for = frozenset({_R.APPROVED_AWAITING_PAYMENT})


class MessageForm(CakeForm):
    """What staff write to the customer."""

    meant_for = frozenset(RequestStatus)

    text = TextAreaField("Write to the customer", [InputRequired("Write something first."), Length(max=2000)])


def read_cents(text: str) -> int:
    """Minor units of an amount as people type it: `420`, `$1,240.50`. Refuses (Invalid, price_cents) all else."""
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        raise Invalid("Write the price as an amount, such as 420 or 420.50.", field="price_cents")
    whole, part = found.groups()
    return int(whole.replace(",", "")) * 100 + int((part or "").ljust(2, "0"))


def write_cents(cents: int) -> str:
    """An amount as it stands in the form: `420.00`."""
    return f"{cents // 100}.{cents % 100:02d}"


def to_instant(local: datetime, zone: str) -> datetime:
    """A time on the shop's wall as an instant; one that the clock shows twice is the first."""
    return local.replace(tzinfo=ZoneInfo(zone))


def to_utc(at: datetime) -> datetime:
    """The same instant, written in UTC."""
    return at.astimezone(UTC)


def to_local(at: datetime, zone: str) -> datetime:
    """An instant as the time on the shop's wall, to the minute."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)

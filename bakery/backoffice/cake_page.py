"""What the page of one request shows: read once, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.orm import Session

from bakery.backoffice.cake_variation import write_hidden
from bakery.core.errors import Invalid
from bakery.custom_cakes import queries
from bakery.custom_cakes.acceptance import find_acceptance
from bakery.custom_cakes.contents import clashes, need_of, work
from bakery.custom_cakes.decisions import Prediction as Suggested
from bakery.custom_cakes.description import provisional_description
from bakery.custom_cakes.differences import differences
from bakery.custom_cakes.expiry import Latest, latest_expiry, usual_expiry
from bakery.custom_cakes.in_words import allergen_rows, spec_rows
from bakery.custom_cakes.models import CustomCakeRequest, Quote, QuoteAcceptance
from bakery.custom_cakes.preview import draw_preview
from bakery.custom_cakes.queries import RequestFile, SoftlyHeld
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.uploads import sign_link
from bakery.custom_cakes.versions import Change, list_changes, list_versions
from bakery.forecasting.estimates import count_servings, suggest_price
from bakery.forecasting.pricing import Prediction
from bakery.infra.templates import as_part
from bakery.orders.models import Order
from bakery.scheduling.queries import availability, plan_steps, station_days
from bakery.scheduling.stations import StationLoad
from bakery.scheduling.steps import agreed_need
from bakery.scheduling.types import Availability, Slot, StepOn
from bakery.shop.queries import Profile

_R = RequestStatus
# What people may still decide about, or change: the models are asked about these alone.
ALIVE = (_R.PENDING_REVIEW, _R.CHANGES_REQUESTED, _R.APPROVED_AWAITING_PAYMENT)
_OFFERED = (_R.APPROVED_AWAITING_PAYMENT, _R.PAID)
NOON = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One reason for the price: where its bar begins and how long it is, in hundredths of the widest sum."""

    words: str
    cents: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the kitchen on its day, with what that station has booked there."""

    step: StepOn
    load: StationLoad


@dataclass(frozen=True, slots=True)
class DayPanel:
    """The day a cake is for: the slots it may have, its steps, and what other open requests may bring."""

    on: date
    found: Availability
    steps: tuple[Step, ...]
    soft: SoftlyHeld

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.found.days[0].slots if self.found.days else ()


@dataclass(frozen=True, slots=True)
class Review:
    """A request as staff see it. `price` is None where no model and no formula can say (`trouble` says why)."""

    file: RequestFile
    design: CakeDesign
    zone: str
    currency: str
    price: Prediction | None
    trouble: str
    servings: int
    day: DayPanel | None
    latest: Latest | None
    expires_at: datetime | None
    order: Order | None
    # The customer's yes to the latest offer; None before it.
    accepted: QuoteAcceptance | None = None
    # What staff changed in the cake, before anything of it is kept; empty where they did not.
    varied: tuple[str, ...] = ()

    @property
    def drawing(self) -> str:
        """The picture of a cake that is kept nowhere yet, as markup."""
        return as_part(draw_preview(self.design))

    @property
    def hidden_design(self) -> str:
        """The changed cake as the decision's form carries it."""
        return write_hidden(self.design) if self.varied else ""

    @property
    def request(self) -> CustomCakeRequest:
        return self.file.request

    @property
    def spec(self) -> tuple[tuple[str, str], ...]:
        return spec_rows(self.design, self.currency)

    @property
    def allergens(self) -> list[tuple[str, str]]:
        return list(allergen_rows(self.design))

    @property
    def clashes(self) -> list[str]:
        """Where the cake is not what the customer can eat, in words for staff."""
        return [words.replace("You avoid", "The customer avoids") for words in clashes(self.design)]

    @property
    def bars(self) -> tuple[Bar, ...]:
        return price_bars(self.price.reasons) if self.price else ()

    @property
    def description(self) -> str:
        """What staff corrected last of exactly this cake, else a draft from the design: another cake has other
        allergens.
        """
        last = self.file.quote
        kept = last.description if last and last.design_hash == self.design.hash else ""
        return kept or provisional_description(self.design, self.servings)

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The quotes, the latest first."""
        return self.file.quotes[::-1]

    @property
    def changes(self) -> tuple[Change, ...]:
        """What each wish and each offer changed in the one before, the latest first."""
        return list_changes(list_versions(self.file.events, self.file.quotes), self.zone)

    def slot(self) -> Slot | None:
        """The slot that is offered first: the one nearest to noon."""
        slots = self.day.slots if self.day else ()
        return min(slots, key=lambda slot: abs(slot.at.hour * 60 + slot.at.minute - NOON * 60), default=None)


def read_review(
    session: Session, shop: Profile, row: CustomCakeRequest, varied: CakeDesign | None = None
) -> Review:
    """Everything about a request, or about the cake that staff would rather make (`varied`).

    The models and the schedule are asked while something can be decided.
    """
    file = queries.read_file(session, row)
    design = varied or base_design(file)
    alive = row.status in ALIVE
    price, trouble = _suggestion(file, design, shop) if alive else (None, "")
    day = _day(session, row, design) if alive else None
    starts_at = _starts_at(file, day)
    latest = latest_expiry(session, design.needed_on, starts_at) if alive and starts_at else None
    return Review(
        file=file,
        design=design,
        zone=shop.time_zone,
        currency=shop.currency,
        price=price,
        trouble=trouble,
        servings=count_servings(shop, design),
        day=day,
        latest=latest,
        expires_at=usual_expiry(latest, shop.quote_days, starts_at, work(design).lead_hours)
        if latest and starts_at
        else None,
        order=session.get(Order, row.order_id) if row.order_id else None,
        accepted=find_acceptance(session, file.quote.id) if file.quote else None,
        varied=differences(base_design(file), varied) if varied else (),
    )


def to_suggested(price: Prediction | None, servings: int) -> Suggested | None:
    """The suggestion as it is kept with the decision."""
    if price is None:
        return None
    return Suggested(
        cents=price.price_cents,
        low_cents=price.low_cents,
        high_cents=price.high_cents,
        servings=servings,
        model_version=price.model,
        features=price.features,
        floor_cents=price.floor_cents,
    )


def picture_links(file: RequestFile) -> list[str]:
    """Addresses of the customer's pictures that open for a while, for whoever is shown them."""
    key = current_app.config["SECRET_KEY"]
    return [f"/custom-cakes/pictures/{sign_link(key, picture.key)}" for picture in file.pictures]


def price_bars(reasons: tuple[tuple[str, int], ...]) -> tuple[Bar, ...]:
    """The reasons as bars that each begin where the one before ended, so that the last ends at the price."""
    ends = [0]
    for _, cents in reasons:
        ends.append(ends[-1] + cents)
    low, high = min(ends), max(ends)
    unit = 100 / max(high - low, 1)
    return tuple(
        Bar(words, cents, round((min(begin, end) - low) * unit, 1), max(round(abs(cents) * unit, 1), 0.4))
        for (words, cents), (begin, end) in zip(reasons, pairwise(ends), strict=True)
    )


def suggestion(
    session: Session, shop: Profile, row: CustomCakeRequest, varied: CakeDesign | None
) -> tuple[Prediction | None, int, CakeDesign]:
    """What the page suggests for a request: price, servings, and the design they are for."""
    file = queries.read_file(session, row)
    design = varied or base_design(file)
    return _suggestion(file, design, shop)[0], count_servings(shop, design), design


def base_design(file: RequestFile) -> CakeDesign:
    """What is promised, once something is; before that, what is wished."""
    return from_json(file.quote.design) if file.quote and file.request.status in _OFFERED else file.design


def _suggestion(file: RequestFile, design: CakeDesign, shop: Profile) -> tuple[Prediction | None, str]:
    """What the model would ask as of the day on which the wish was last sent: waiting for us costs nobody more."""
    sent = max(
        (event.at for event in file.events if event.to_state == _R.PENDING_REVIEW),
        default=file.request.created_at,
    )
    asked_on = sent.astimezone(ZoneInfo(shop.time_zone)).date()
    try:
        return suggest_price(design, asked_on, shop.currency, ref=file.request.number), ""
    except Invalid as error:
        return None, error.message


def _day(session: Session, row: CustomCakeRequest, design: CakeDesign) -> DayPanel:
    need = need_of(design)
    agreed = agreed_need(need.make_minutes, need.steps)
    on = design.needed_on
    steps = plan_steps(session, need, on)
    loads = station_days(session, min((s.on for s in steps), default=on), on) if steps else {}
    soft = queries.softly_held(session, on, on).get(on, SoftlyHeld(0, 0))
    return DayPanel(
        on,
        availability(session, agreed, only=on),
        tuple(Step(step, loads[step.on][step.station]) for step in steps if step.on in loads),
        soft,
    )


def _starts_at(file: RequestFile, day: DayPanel | None) -> datetime | None:
    if file.quote and file.request.status == _R.APPROVED_AWAITING_PAYMENT:
        return file.quote.pickup_at
    return day.slots[-1].starts_at if day and day.slots else None

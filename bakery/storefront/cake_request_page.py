"""A request as its customer sees it: where it stands, what to do now, what was offered and what has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.custom_cakes.acceptance import find_acceptance
from bakery.custom_cakes.contents import clashes
from bakery.custom_cakes.in_words import allergen_rows, spec_rows
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestEvent
from bakery.custom_cakes.queries import RequestFile, read_file
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.standing import has_lapsed, status_now
from bakery.custom_cakes.states import OPEN, OVER, RequestStatus
from bakery.custom_cakes.versions import Change, list_changes, list_versions
from bakery.orders.deposit_terms import local_date
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.shop.queries import get_profile

_R = RequestStatus
ROAD = ("You asked", "We look at it", "You pay", "We make it")
# Which stop of the road a request has come to, counted from 1; one that is over has left it.
_STOP = {_R.PENDING_REVIEW: 2, _R.CHANGES_REQUESTED: 2, _R.APPROVED_AWAITING_PAYMENT: 3, _R.PAID: 4}
# How often the page asks, in seconds; one that is over asks no more.
_ASK = {_R.PENDING_REVIEW: 20, _R.CHANGES_REQUESTED: 30, _R.APPROVED_AWAITING_PAYMENT: 20, _R.PAID: 30}
CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands at this moment."""

    status: RequestStatus
    # The offer's time is up, and nobody has noted it yet.
    lapsed: bool
    # What staff said when they handed it back or called it off.
    reason: str
    suggestion: str
    by_customer: bool
    ask_every: int | None
    # Which stop of the road it has come to, counted from 1; one beyond the last when all is done.
    stop: int | None
    etag: str

    @property
    def payable(self) -> bool:
        return self.status == _R.APPROVED_AWAITING_PAYMENT and not self.lapsed

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def may_withdraw(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class PastStep:
    """One row of what has happened."""

    words: str
    at: datetime
    state: str = "done"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows of one request. `design` is what was offered last, else what is asked for."""

    request: CustomCakeRequest
    standing: Standing
    design: CakeDesign
    currency: str
    file: RequestFile
    order: Order | None
    changes: tuple[Change, ...]
    past: tuple[PastStep, ...]
    # When the customer said yes to this very offer.
    accepted_at: datetime | None = None

    @property
    def quote(self) -> Quote | None:
        return self.file.quote

    @property
    def price(self) -> Money:
        """What the offer comes to, tax and all; the quote's own price is as the shop writes its prices."""
        if self.order is not None:
            return self.order.total
        return Money(self.quote.price_cents if self.quote else 0, self.currency)

    @property
    def whole_from(self) -> date | None:
        """From which day on the whole price is asked, where the offer lasts that long."""
        order, quote = self.order, self.quote
        due_on = order.balance_due_on if order is not None and order.asks_deposit else None
        if order is None or quote is None or due_on is None:
            return None
        return due_on if local_date(quote.expires_at, order.time_zone) >= due_on else None

    @property
    def spec(self) -> tuple[tuple[str, str], ...]:
        return spec_rows(self.design, self.currency)

    @property
    def allergens(self) -> tuple[tuple[str, str], ...]:
        return allergen_rows(self.design)

    @property
    def clashes(self) -> tuple[str, ...]:
        return clashes(self.design)


def load_page(session: Session, row: CustomCakeRequest) -> Page:
    """One request whole: seven queries at most."""
    file = read_file(session, row)
    order = session.get(Order, row.order_id) if row.order_id else None
    profile = get_profile(session)
    quote = file.quote
    accepted = find_acceptance(session, quote.id) if quote else None
    return Page(
        request=row,
        standing=_standing(file, order, (profile.terms_version, accepted is not None)),
        design=from_json(quote.design) if quote else file.design,
        currency=quote.currency if quote else profile.currency,
        file=file,
        order=order,
        changes=list_changes(list_versions(file.events, file.quotes), profile.time_zone),
        past=tuple(step for step in map(_past_step, file.events) if step is not None),
        accepted_at=accepted.accepted_at if accepted else None,
    )


def _standing(file: RequestFile, order: Order | None, beside: tuple[object, ...]) -> Standing:
    """`beside`: what else the live part of the page shows, so that a change of it is a change of the page."""
    row, quote = file.request, file.quote
    status = status_now(row, order)
    lapsed = has_lapsed(row, quote, order)
    last = next((event for event in reversed(file.events) if event.to_state == status), None)
    seen = (
        row.version,
        status,
        lapsed,
        file.messages[-1].id if file.messages else 0,
        (order.version, order.status, order.payment_status, order.asks_deposit, order.is_overdue)
        if order
        else None,
        beside,
    )
    return Standing(
        status=status,
        lapsed=lapsed,
        reason=last.reason if last and status in _SAID else "",
        suggestion=last.suggestion if last else "",
        by_customer=last is not None and last.actor_label == CUSTOMER,
        ask_every=None if _is_collected(order) else _ASK.get(status),
        stop=len(ROAD) + 1 if _is_collected(order) else _STOP.get(status),
        etag=hashlib.sha256(repr(seen).encode()).hexdigest()[:20],
    )


def _is_collected(order: Order | None) -> bool:
    return order is not None and order.status == OrderStatus.COLLECTED


# Where the reason of the step was written for the customer (or by them).
_SAID = (_R.CHANGES_REQUESTED, _R.REJECTED, _R.WITHDRAWN)
_PAST = {
    _R.PENDING_REVIEW: ("You sent your wish", "done"),
    _R.CHANGES_REQUESTED: ("We asked you to change something", "done"),
    _R.APPROVED_AWAITING_PAYMENT: ("We said yes and made you an offer", "done"),
    _R.PAID: ("It is ordered", "done"),
    _R.REJECTED: ("We said no", "failed"),
    _R.EXPIRED: ("Our offer ran out", "failed"),
}
_PAST_OF_OFFERS = {"changed": "We changed our offer", "extended": "We keep our offer for you longer"}


def _past_step(event: RequestEvent) -> PastStep | None:
    """A row of history in the customer's words; None for one that says nothing to them."""
    if event.kind == "quote":
        return PastStep(
            _PAST_OF_OFFERS.get(event.reason.rpartition(" ")[2], "We renewed our offer"), event.at
        )
    if event.kind == "sent again":
        return PastStep("We sent you our offer once more", event.at)
    if event.kind != "status" or event.to_state is None:
        return None
    status = RequestStatus(event.to_state)
    why = event.reason if status in _SAID else ""
    if status == _R.WITHDRAWN:
        ours = event.actor_label != CUSTOMER
        return PastStep("We called it off" if ours else "You called it off", event.at, "failed", why)
    if status == _R.PENDING_REVIEW and event.from_state:
        return PastStep("You sent it again, changed", event.at)
    words, state = _PAST[status]
    return PastStep(words, event.at, state, why)

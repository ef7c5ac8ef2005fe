"""Requests as pages and jobs need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.errors import NotFound
from bakery.custom_cakes.models import (
    CustomCakeRequest,
    Quote,
    RequestEvent,
    RequestMessage,
    RequestPicture,
    SoftHold,
    SoftHoldState,
)
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.states import RequestStatus


@dataclass(frozen=True, slots=True)
class RequestFile:
    """Everything about one request, oldest first."""

    request: CustomCakeRequest
    design: CakeDesign
    quotes: tuple[Quote, ...]
    events: tuple[RequestEvent, ...]
    messages: tuple[RequestMessage, ...]
    pictures: tuple[RequestPicture, ...]

    @property
    def quote(self) -> Quote | None:
        """The version that counts; None before the first."""
        return self.quotes[-1] if self.quotes else None


@dataclass(frozen=True, slots=True)
class SoftlyHeld:
    """What open requests may bring on one day, beside what is booked."""

    requests: int
    make_minutes: int


def get_request(session: Session, request_id: int) -> CustomCakeRequest:
    """A request by id. Raises NotFound."""
    row = session.get(CustomCakeRequest, request_id)
    if row is None:
        raise NotFound("There is no such request.")
    return row


def find_request(session: Session, number: str) -> CustomCakeRequest:
    """A request by its number, as a person may type it. Raises NotFound. Whether the asker may see it is asked
    of `may_see`.
    """
    canonical = ids.normalize_number(number, "CC")
    row = session.scalar(select(CustomCakeRequest).where(CustomCakeRequest.number == (canonical or "")))
    if row is None:
        raise NotFound("There is no such request.")
    return row


def request_of_order(session: Session, order_id: int) -> int | None:
    """The id of the request whose approval made an order; None for orders of the menu and replaced offers."""
    return session.scalar(select(CustomCakeRequest.id).where(CustomCakeRequest.order_id == order_id))


def may_see(row: CustomCakeRequest, user_id: int | None, key: str | None) -> bool:
    """Whether a request is this customer's: by their account, or by the secret of their link."""
    owner = row.user_id is not None and row.user_id == user_id
    return owner or ids.same_secret(key, row.secret)


def read_file(session: Session, row: CustomCakeRequest) -> RequestFile:
    """A request with its quotes, history, messages and pictures: four queries."""
    return RequestFile(
        row,
        from_json(row.design),
        tuple(session.scalars(select(Quote).where(Quote.request_id == row.id).order_by(Quote.version))),
        tuple(
            session.scalars(
                select(RequestEvent).where(RequestEvent.request_id == row.id).order_by(RequestEvent.id)
            )
        ),
        tuple(
            session.scalars(
                select(RequestMessage).where(RequestMessage.request_id == row.id).order_by(RequestMessage.id)
            )
        ),
        tuple(
            session.scalars(
                select(RequestPicture)
                .where(RequestPicture.request_id == row.id)
                .order_by(RequestPicture.position)
            )
        ),
    )


def list_queue(
    session: Session,
    statuses: Sequence[RequestStatus] = (RequestStatus.PENDING_REVIEW,),
    limit: int = 200,
) -> Sequence[CustomCakeRequest]:
    """Requests that wait, the nearest day first and the oldest of a day first."""
    return session.scalars(
        select(CustomCakeRequest)
        .where(CustomCakeRequest.status.in_(statuses))
        .order_by(CustomCakeRequest.needed_on, CustomCakeRequest.created_at)
        .limit(limit)
    ).all()


def softly_held(session: Session, first: date, last: date) -> dict[date, SoftlyHeld]:
    """Soft holds by day, from `first` to `last`; a day without any is missing."""
    rows = session.execute(
        select(SoftHold.on_date, func.count(), func.sum(SoftHold.make_minutes))
        .where(
            SoftHold.state == SoftHoldState.HELD,
            SoftHold.on_date.between(first, last),
            SoftHold.expires_at > clock.now(),
        )
        .group_by(SoftHold.on_date)
    )
    return {on: SoftlyHeld(count, int(minutes)) for on, count, minutes in rows}


def design_by_hash(session: Session, row: CustomCakeRequest, design_hash: str) -> dict[str, Any]:
    """The stored design of the wish or of one of its quotes. Raises NotFound for what is neither."""
    if design_hash == row.design_hash:
        return row.design
    found = session.scalar(
        select(Quote.design).where(Quote.request_id == row.id, Quote.design_hash == design_hash).limit(1)
    )
    if found is None:
        raise NotFound("There is no such design of this request.")
    return found


def get_message(session: Session, message_id: int) -> RequestMessage:
    """A message by id. Raises NotFound."""
    row = session.get(RequestMessage, message_id)
    if row is None:
        raise NotFound("There is no such message.")
    return row


def latest_step(session: Session, request_id: int) -> RequestEvent:
    """The last row of a request's history."""
    return session.scalars(
        select(RequestEvent)
        .where(RequestEvent.request_id == request_id)
        .order_by(RequestEvent.id.desc())
        .limit(1)
    ).one()

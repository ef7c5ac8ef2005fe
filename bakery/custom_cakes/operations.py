"""Steps of a request's life inside somebody else's transaction. The caller holds the request's row lock.

Locks are taken in one order: the request, then its order, then the slot.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, NotFound
from bakery.core.states import words
from bakery.custom_cakes.contents import work
from bakery.custom_cakes.models import (
    CustomCakeRequest,
    RequestEvent,
    RequestMessage,
    SoftHold,
    SoftHoldState,
)
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.states import REQUEST, RequestStatus
from bakery.infra import outbox
from bakery.people import audit
from bakery.shop.models import Shop

_NUMBER_TRIES = 5
_TWICE = timedelta(seconds=30)


def lock_request(session: Session, request_id: int) -> CustomCakeRequest:
    """Lock a request's row and answer it fresh. Raises NotFound."""
    row = session.scalar(
        select(CustomCakeRequest)
        .where(CustomCakeRequest.id == request_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such request.")
    return row


def refuse_stale(session: Session, row: CustomCakeRequest, expected: int) -> None:
    """Refuse with Conflict a decision on what somebody else has changed since; it says who did what."""
    if row.version == expected:
        return
    last = session.scalars(
        select(RequestEvent)
        .where(RequestEvent.request_id == row.id)
        .order_by(RequestEvent.id.desc())
        .limit(1)
    ).first()
    who = last.actor_label if last else "Somebody"
    raise Conflict(
        f"{who} was faster: request {row.number} is {words(RequestStatus(row.status))} now. "
        "Nothing of yours was saved. Please look at it again."
    )


def change_status(
    session: Session,
    row: CustomCakeRequest,
    to: RequestStatus,
    actor: Actor,
    reason: str = "",
    suggestion: str = "",
) -> None:
    """Move the request on, with its row of history. Refuses a move the table does not name."""
    current = RequestStatus(row.status)
    REQUEST.check(current, to)
    row.status = to
    enter(
        session, row, "status", actor, from_state=current, to_state=to, reason=reason, suggestion=suggestion
    )


def enter(session: Session, row: CustomCakeRequest, kind: str, actor: Actor, **what: Any) -> RequestEvent:
    """A row of history; whoever looks at an older version of the request is told so from here on."""
    row.version = (row.version or 0) + 1
    event = RequestEvent(
        request_id=row.id, at=clock.now(), kind=kind, actor_id=actor.id, actor_label=actor.label, **what
    )
    session.add(event)
    session.flush()
    return event


def set_design(row: CustomCakeRequest, design: CakeDesign) -> None:
    """What the customer asks for from now on."""
    row.design, row.design_hash = design.to_json(), design.hash
    row.needed_on, row.make_minutes = design.needed_on, work(design).minutes


def design_of(row: CustomCakeRequest) -> CakeDesign:
    """What the customer asks for."""
    return from_json(row.design)


def insert_request(session: Session, values: dict[str, Any], design: CakeDesign) -> CustomCakeRequest:
    """The row under a new number. A number that exists already is drawn anew."""
    for left in range(_NUMBER_TRIES - 1, -1, -1):
        row = CustomCakeRequest(number=ids.new_number("CC"), secret=ids.new_secret(), version=1, **values)
        set_design(row, design)
        try:
            with session.begin_nested():
                session.add(row)
            return row
        except IntegrityError as error:
            if left == 0 or "uq_custom_cake_request_number" not in str(error.orig):
                raise
    raise AssertionError("unreachable")


def hold_softly(session: Session, row: CustomCakeRequest) -> None:
    """Show staff the work this request may bring on its day. Ends an earlier soft hold; blocks nobody."""
    end_soft_hold(session, row, SoftHoldState.RELEASED)
    session.add(
        SoftHold(
            request_id=row.id,
            on_date=row.needed_on,
            make_minutes=row.make_minutes,
            expires_at=_end_of(session, row),
            created_at=clock.now(),
        )
    )
    session.flush()


def end_soft_hold(session: Session, row: CustomCakeRequest, state: SoftHoldState) -> bool:
    """Let the soft hold go, or note that a real one took its place. False when there is none any more."""
    held = session.scalar(
        select(SoftHold)
        .where(SoftHold.request_id == row.id, SoftHold.state == SoftHoldState.HELD)
        .with_for_update()
    )
    if held is None:
        return False
    held.state, held.ended_at = state, clock.now()
    session.flush()
    return True


def just_said(session: Session, row: CustomCakeRequest, text: str, *, from_staff: bool) -> int | None:
    """The id of the same words from the same side a moment ago (a button pressed twice); None without."""
    return session.scalar(
        select(RequestMessage.id)
        .where(
            RequestMessage.request_id == row.id,
            RequestMessage.from_staff.is_(from_staff),
            RequestMessage.text == text,
            RequestMessage.at > clock.now() - _TWICE,
        )
        .limit(1)
    )


def owe_decision(session: Session, row: CustomCakeRequest) -> None:
    """Owe the customer the mail that says how the request stands, and the SMS they agreed to: one each for each
    version of it.
    """
    outbox.owe(
        session, "jobs.custom_cakes.send_decision", row.id, row.version,
        key=f"{row.ref}:decision:{row.version}",
    )  # fmt: skip
    if row.sms_agreed:
        outbox.owe(
            session, "jobs.custom_cakes.send_decision_sms", row.id, row.version,
            key=f"{row.ref}:sms:{row.version}",
        )  # fmt: skip


def owe_staff(session: Session, row: CustomCakeRequest) -> None:
    """Owe the bakery's mailbox a word that this request came in, came again or was taken back by its customer."""
    outbox.owe(
        session, "jobs.custom_cakes.tell_staff", row.id, row.version, key=f"{row.ref}:staff:{row.version}"
    )


def note_in_audit(
    session: Session,
    row: CustomCakeRequest,
    actor: Actor,
    action: str,
    before: str,
    reason: str = "",
    **after: Any,
) -> None:
    """What a member of staff did to a request."""
    audit.record(
        session,
        actor,
        f"custom_cake.{action}",
        "custom_cake",
        row.number,
        before={"status": str(before)},
        after={"status": str(row.status), **after},
        reason=reason,
    )


def _end_of(session: Session, row: CustomCakeRequest) -> datetime:
    """The end of the day the cake is for: nothing can be held beyond it."""
    zone = ZoneInfo(session.get_one(Shop, 1).time_zone)
    return datetime.combine(row.needed_on + timedelta(days=1), time(), zone)

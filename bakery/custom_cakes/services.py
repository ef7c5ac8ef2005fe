"""What customers do with a request: send it, change it, write about it, take it back. One transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.core.states import words
from bakery.custom_cakes import operations
from bakery.custom_cakes.contents import need_of
from bakery.custom_cakes.enclosures import Enclosed, enclose, exchange, refuse_too_many
from bakery.custom_cakes.models import CustomCakeRequest, RequestMessage, SoftHoldState
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.standing import status_now
from bakery.custom_cakes.states import OPEN, OVER, RequestStatus
from bakery.custom_cakes.uploads import StoredPicture
from bakery.infra import outbox
from bakery.infra.transaction import retrying, transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.operations import attempts
from bakery.scheduling.queries import availability

MAX_OPEN = 5
MAX_MESSAGE = 2000
_CHANGED = (
    "This request has changed since you opened the page. What you typed is kept: please look at both again."
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Who asks, and how they are reached."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """What the builder's page sends. `submit_key` is the page's own: one page sends one request."""

    design: CakeDesign
    contact: Contact
    submit_key: str
    pictures: tuple[StoredPicture, ...] = ()
    user_id: int | None = None
    ip: str | None = None
    # The number of a request that is over, of which this is a modified copy.
    copy_of_id: int | None = None
    # Text messages about this request; the right to share the pictures; the draft that ends with it.
    sms_agreed: bool = False
    rights_stated: bool = False
    draft_id: int | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.user_id, "customer", self.ip)


def submit_request(wish: SubmitRequest) -> int:
    """Take a wish: its number, its mail owed, its work shown softly on its day. Answers the request's id.

    The same submit key answers with the same request, however often and at once. Refuses with Invalid (contact,
    pictures, a date on which such a cake cannot be had: `needed_on`), and with Conflict the copy of a request
    that is not over, and one more than five open requests of one email address.
    """
    _check_contact(wish.contact)
    refuse_too_many(wish.pictures)
    try:
        return retrying(partial(_submit, wish))
    except IntegrityError as error:
        # The same page, at the same moment: the other one was faster.
        if "uq_custom_cake_request_submit_key" not in str(error.orig):
            raise
        return _submit(wish)


def resubmit(
    request_id: int,
    design: CakeDesign,
    actor: Actor,
    expected_version: int | None = None,
    enclosed: Enclosed | None = None,
) -> None:
    """The customer's answer to staff who asked for changes: the changed wish goes back into the queue.

    Without `enclosed`, its pictures stay as they are. Refuses with InvalidTransition a request for which no changes
    were asked, with Conflict one that changed since it was looked at, and a date that cannot be had.
    """
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        if expected_version not in (None, row.version):
            raise Conflict(_CHANGED)
        operations.change_status(session, row, RequestStatus.PENDING_REVIEW, actor, "changed by the customer")
        _check_day(session, design)
        operations.set_design(row, design)
        if enclosed is not None:
            exchange(session, row, enclosed)
        operations.enter(session, row, "design", actor, design=row.design)
        operations.hold_softly(session, row)
        operations.owe_staff(session, row)


def withdraw(
    request_id: int,
    actor: Actor,
    reason: str = "",
    *,
    staff: bool = False,
    expected_version: int | None = None,
) -> None:
    """Take a request back. An approved one frees its slot, cancels its unpaid order and closes its payment page.

    Refuses with InvalidTransition one that is paid or over, with Conflict one that changed since it was looked at.
    """
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        if expected_version is not None:
            operations.refuse_stale(session, row, expected_version)
        before = row.status
        operations.change_status(session, row, RequestStatus.WITHDRAWN, actor, reason)
        operations.end_soft_hold(session, row, SoftHoldState.RELEASED)
        if row.order_id is not None:
            order = orders.lock_order(session, row.order_id)
            if order.status not in (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED, OrderStatus.CANCELLED):
                raise Conflict(f"Order {order.number} has been paid, so this cake is being made.")
            if order.status == OrderStatus.PENDING_PAYMENT:
                orders.cancel(session, order, actor, "custom cake withdrawn")
                attempts.owe_closing_others(session, order.id)
        if staff:
            operations.note_in_audit(session, row, actor, "withdraw", before, reason)
        else:
            operations.owe_staff(session, row)
        operations.owe_decision(session, row)


def write_message(request_id: int, text: str, actor: Actor, *, from_staff: bool) -> int:
    """Write to the other side, on the request's page and by mail; pressed twice, once. Answers the message's id.

    Refuses an empty text, one of more than 2,000 characters, and one about a request that is over.
    """
    cleaned = text.strip()
    if not cleaned or len(cleaned) > MAX_MESSAGE or "\x00" in cleaned:
        raise Invalid(f"Write a message of up to {MAX_MESSAGE:,} characters.", field="text")
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        if row.status in OVER:
            raise Conflict(f"This request is {words(RequestStatus(row.status))}, so nobody reads on here.")
        if (said := operations.just_said(session, row, cleaned, from_staff=from_staff)) is not None:
            return said
        message = RequestMessage(
            request_id=row.id,
            at=clock.now(),
            from_staff=from_staff,
            text=cleaned,
            actor_id=actor.id,
            actor_label=actor.label,
        )
        session.add(message)
        session.flush()
        outbox.owe(
            session, "jobs.custom_cakes.send_message", message.id, key=f"custom-cake-message:{message.id}"
        )
        if from_staff:
            operations.note_in_audit(session, row, actor, "message", row.status, message=message.id)
        return message.id


def follow_orders(limit: int = 500) -> int:
    """Bring approved requests in line with their orders: paid, expired or called off. Answers how many moved."""
    waiting = (RequestStatus.APPROVED_AWAITING_PAYMENT, RequestStatus.EXPIRED)
    with transaction() as session:
        rows = session.scalars(
            select(CustomCakeRequest.id)
            .join(Order, Order.id == CustomCakeRequest.order_id)
            .where(
                CustomCakeRequest.status.in_(waiting),
                Order.status != OrderStatus.PENDING_PAYMENT,
                # An expired request only moves when money came late after all.
                (CustomCakeRequest.status != RequestStatus.EXPIRED)
                | Order.status.not_in([OrderStatus.EXPIRED, OrderStatus.CANCELLED]),
            )
            .order_by(CustomCakeRequest.id)
            .limit(limit)
        ).all()
    return sum(follow_order(request_id) for request_id in rows)


def follow_order(request_id: int) -> bool:
    """One request after its order. False when there is nothing to follow."""
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        if row.order_id is None:
            return False
        order = orders.lock_order(session, row.order_id)
        to, why = {
            OrderStatus.EXPIRED: (RequestStatus.EXPIRED, "not paid before the quote ran out"),
            OrderStatus.CANCELLED: (RequestStatus.WITHDRAWN, "its order was cancelled"),
        }.get(OrderStatus(order.status), (RequestStatus.PAID, "not paid yet" if order.is_unpaid else "paid"))
        settled = (to, RequestStatus.PAID, RequestStatus.WITHDRAWN)
        if order.status == OrderStatus.PENDING_PAYMENT or row.status in settled:
            return False
        if row.status == RequestStatus.EXPIRED and to != RequestStatus.PAID:
            return False
        operations.change_status(session, row, to, SYSTEM, why)
        if to != RequestStatus.PAID:
            operations.owe_decision(session, row)
        return True


def _submit(wish: SubmitRequest) -> int:
    with transaction() as session:
        earlier = session.scalar(
            select(CustomCakeRequest.id).where(CustomCakeRequest.submit_key == wish.submit_key)
        )
        if earlier is not None:
            return earlier
        _refuse_too_many(session, wish.contact.email)
        _check_copy(session, wish.copy_of_id)
        _check_day(session, wish.design)
        row = operations.insert_request(
            session,
            {
                "submit_key": wish.submit_key,
                "user_id": wish.user_id,
                "copy_of_id": wish.copy_of_id,
                "contact_name": wish.contact.name.strip(),
                "contact_email": wish.contact.email.strip(),
                "contact_phone": wish.contact.phone.strip(),
                "sms_agreed": wish.sms_agreed,
                "status": RequestStatus.PENDING_REVIEW,
                "created_at": clock.now(),
            },
            wish.design,
        )
        enclose(session, row, Enclosed(wish.pictures, wish.draft_id, wish.rights_stated))
        operations.enter(
            session, row, "status", wish.actor,
            to_state=RequestStatus.PENDING_REVIEW, reason="sent", design=row.design,
        )  # fmt: skip
        operations.hold_softly(session, row)
        outbox.owe(session, "jobs.custom_cakes.send_received", row.id, key=f"{row.ref}:received")
        operations.owe_staff(session, row)
        return row.id


def _check_contact(contact: Contact) -> None:
    if not contact.name.strip() or len(contact.name) > 120:
        raise Invalid("Tell us your name, in up to 120 characters.", field="name")
    if "@" not in contact.email or len(contact.email) > 254:
        raise Invalid("Enter an email address such as name@example.com.", field="email")
    if not contact.phone.strip() or len(contact.phone) > 20:
        raise Invalid("Enter a phone number of up to 20 digits.", field="phone")


def _check_copy(session: Session, copy_of_id: int | None) -> None:
    if copy_of_id is None:
        return
    row = session.get(CustomCakeRequest, copy_of_id)
    if row is None:
        raise NotFound("There is no such request.")
    if status_now(row, session.get(Order, row.order_id or 0)) not in OVER:
        raise Conflict("That request is still open. Change it instead of sending a copy.")


def why_not_on(session: Session, design: CakeDesign) -> str:
    """Why such a cake cannot be had on its day (closed, too soon, full, too far), in a sentence; empty if it can."""
    found = availability(session, need_of(design), only=design.needed_on)
    return "" if found.days else found.reason or "We cannot make a cake for that day."


def _check_day(session: Session, design: CakeDesign) -> None:
    if why_not := why_not_on(session, design):
        raise Invalid(why_not, field="needed_on")


def _refuse_too_many(session: Session, email: str) -> None:
    address = email.strip().lower()
    # Whoever sends several at once waits here for the others.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"custom-cake:{address}", 0))))
    count = session.scalar(
        select(func.count())
        .select_from(CustomCakeRequest)
        .where(func.lower(CustomCakeRequest.contact_email) == address, CustomCakeRequest.status.in_(OPEN))
    )
    if (count or 0) >= MAX_OPEN:
        raise Conflict(
            "Too many requests under this email address are still open. Please wait for our answer, or take one "
            "back, before you send another."
        )

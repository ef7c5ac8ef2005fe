"""The demo shop's custom cakes of just now: sent, answered, approved, paid, as customers and staff would have done.

Each step is taken at its own time (`clock.travel`) by the steps of the domain, inside the seed's transaction; only
what goes to the outside (mails, SMS) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import SYSTEM, Actor
from bakery.custom_cakes import contents, operations, promise
from bakery.custom_cakes.decisions import latest_quote
from bakery.custom_cakes.expiry import latest_expiry
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestMessage, RequestPicture, SoftHoldState
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.uploads import StoredPicture
from bakery.custom_cakes.wish import read_wish
from bakery.demo import content
from bakery.demo.content.cake_requests import ASKED, Asked, Step
from bakery.demo.seed_history import add_payments, payment_row
from bakery.forecasting.estimates import count_servings, suggest_price
from bakery.infra import outbox, queue
from bakery.orders import operations as orders
from bakery.orders.bespoke import place_bespoke
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.scheduling import operations as scheduling
from bakery.scheduling.queries import availability
from bakery.shop.models import Shop
from bakery.shop.queries import get_profile

# How far to look for a day that is open and has room.
DAYS_TO_TRY = 21
DOLLARS = 500


@dataclass(frozen=True, slots=True)
class People:
    """Who takes part: user ids of customers by their place in the list, and the staff who decide."""

    customers: Sequence[int | None]
    staff: Actor


def add_cakes(session: Session, people: People, pictures: Mapping[str, StoredPicture], now: datetime) -> int:
    """Every request of the script. Answers how many. Refuses to be run where a request's day cannot be found."""
    made: dict[str, CustomCakeRequest] = {}
    for asked in ASKED:
        row = _send(session, people, asked, made.get(asked.copy_of), now)
        _add_pictures(session, row, [pictures[name] for name in asked.pictures if name in pictures])
        for step in asked.steps:
            with clock.travel(now - timedelta(hours=step.hours_ago)):
                _STEPS[step.what](session, row, people, step, now)
        made[asked.key] = row
    return len(made)


def contact(customer: int) -> dict[str, str]:
    """How a customer of the list signs a request."""
    who = content.CUSTOMERS[customer]
    return {
        "contact_name": who.name,
        "contact_email": who.email,
        "contact_phone": who.phone.replace(" ", ""),
    }


def round_price(cents: float) -> int:
    """To five dollars, as people price by hand."""
    return max(DOLLARS, round(cents / DOLLARS) * DOLLARS)


def guess(session: Session, design: CakeDesign, on: date) -> promise.Prediction:
    """What the models suggest for a design that is wished on a day."""
    shop = get_profile(session)
    found = suggest_price(design, on, shop.currency, session=session)
    return promise.Prediction(
        cents=found.price_cents,
        low_cents=found.low_cents,
        high_cents=found.high_cents,
        servings=count_servings(shop, design),
        model_version=found.model,
        features=found.features,
        floor_cents=found.floor_cents,
    )


def _send(
    session: Session, people: People, asked: Asked, copied: CustomCakeRequest | None, now: datetime
) -> CustomCakeRequest:
    with clock.travel(now - timedelta(hours=asked.hours_ago)):
        design = _on_a_free_day(session, asked, now)
        user_id = people.customers[asked.customer]
        row = operations.insert_request(
            session,
            {
                **contact(asked.customer),
                "submit_key": ids.new_secret(),
                "user_id": user_id,
                "copy_of_id": copied.id if copied else None,
                "status": RequestStatus.PENDING_REVIEW,
                "created_at": clock.now(),
                "is_demo": True,
            },
            design,
        )
        operations.enter(
            session, row, "status", _customer(row),
            to_state=RequestStatus.PENDING_REVIEW, reason="sent", design=row.design,
        )  # fmt: skip
        operations.hold_softly(session, row)
    return row


def _on_a_free_day(session: Session, asked: Asked, now: datetime) -> CakeDesign:
    """The wish for the first day from the wanted one on that can be had."""
    first = now.astimezone(ZoneInfo(content.SHOP.timezone)).date() + timedelta(days=asked.days_ahead)
    for later in range(DAYS_TO_TRY):
        on = first + timedelta(days=later)
        design = read_wish({**asked.wish, "needed_on": on.isoformat()}, clock.today(content.SHOP.timezone))
        # What nobody can make is asked for all the same; staff say no to it.
        if any(step.what == "reject" for step in asked.steps) or _slots(session, design):
            return design
    raise LookupError(f"no day for the custom cake {asked.key}")


def _slots(session: Session, design: CakeDesign) -> list[datetime]:
    found = availability(session, contents.need_of(design), only=design.needed_on)
    return [slot.starts_at for day in found.days for slot in day.slots]


def _customer(row: CustomCakeRequest) -> Actor:
    return Actor(row.user_id, "customer", None)


def _add_pictures(session: Session, row: CustomCakeRequest, pictures: Sequence[StoredPicture]) -> None:
    session.add_all(
        RequestPicture(
            request_id=row.id,
            position=position,
            key=picture.key,
            width=picture.width,
            height=picture.height,
            size_bytes=picture.size_bytes,
        )
        for position, picture in enumerate(pictures, start=1)
    )


Doing = Callable[[Session, CustomCakeRequest, People, Step, datetime], None]


def _write(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    staff = step.what == "answer"
    actor = people.staff if staff else _customer(row)
    session.add(
        RequestMessage(
            request_id=row.id,
            at=clock.now(),
            from_staff=staff,
            text=step.text,
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )


def _ask_for_changes(
    session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime
) -> None:
    to = RequestStatus.CHANGES_REQUESTED
    operations.change_status(session, row, to, people.staff, step.text, step.suggestion)
    operations.note_in_audit(
        session, row, people.staff, "ask for changes", RequestStatus.PENDING_REVIEW, step.text
    )


def _resend(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    customer = _customer(row)
    operations.change_status(session, row, RequestStatus.PENDING_REVIEW, customer, "changed by the customer")
    operations.set_design(row, read_wish({**row.design, **step.changes}, clock.today(content.SHOP.timezone)))
    operations.enter(session, row, "design", customer, design=row.design)
    operations.hold_softly(session, row)


def _reject(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    operations.change_status(session, row, RequestStatus.REJECTED, people.staff, step.text, step.suggestion)
    operations.end_soft_hold(session, row, SoftHoldState.RELEASED)
    operations.note_in_audit(session, row, people.staff, "reject", RequestStatus.PENDING_REVIEW, step.text)


def _withdraw(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    operations.change_status(session, row, RequestStatus.WITHDRAWN, _customer(row), step.text)
    operations.end_soft_hold(session, row, SoftHoldState.RELEASED)


def _approve(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    design = operations.design_of(row)
    slots = _slots(session, design)
    suggested = guess(session, design, row.created_at.astimezone(ZoneInfo(content.SHOP.timezone)).date())
    decision = promise.Approve(
        row.id,
        row.version,
        price_cents=round_price(suggested.cents * step.price_percent / 100),
        servings=max(1, (suggested.servings or 1) + step.servings_more),
        starts_at=slots[len(slots) // 2],
        expires_at=_until(session, design, slots[len(slots) // 2], now + timedelta(hours=step.valid_hours)),
        message=step.text,
        instructions=step.instructions,
        override_reason=step.override_reason,
        prediction=suggested,
    )
    order = place_bespoke(session, promise.to_bespoke(row, decision, design), people.staff)
    order.is_demo = True
    row.order_id = order.id
    shop = session.get_one(Shop, 1)
    quote = promise.write_quote(session, row, decision, design, shop, people.staff)
    to = RequestStatus.APPROVED_AWAITING_PAYMENT
    operations.change_status(session, row, to, people.staff, f"quote {quote.version}")
    operations.end_soft_hold(session, row, SoftHoldState.CONSUMED)
    operations.note_in_audit(
        session, row, people.staff, "approve", RequestStatus.PENDING_REVIEW, step.override_reason,
        quote=quote.version, price_cents=quote.price_cents, servings=quote.servings, order=order.number,
    )  # fmt: skip


def _pay(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    assert row.order_id is not None
    order = orders.lock_order(session, row.order_id)
    orders.change_payment_status(session, order, PaymentStatus.PAID, SYSTEM, "demo")
    orders.change_status(session, order, OrderStatus.CONFIRMED, SYSTEM, "demo")
    order.confirmed_at = clock.now()
    scheduling.consume(session, order.ref)
    add_payments(session, [payment_row(order)])
    operations.change_status(session, row, RequestStatus.PAID, SYSTEM, "paid")
    # The kitchen's own job cuts it into steps.
    outbox.owe(session, "jobs.production.open_tickets", order.id, on=queue.URGENT, key=f"{order.ref}:tickets")


def _expire(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    assert row.order_id is not None
    order = orders.lock_order(session, row.order_id)
    orders.change_status(session, order, OrderStatus.EXPIRED, SYSTEM, "demo")
    orders.release_holds(session, order)
    operations.change_status(session, row, RequestStatus.EXPIRED, SYSTEM, "not paid before the quote ran out")


def _extend(session: Session, row: CustomCakeRequest, people: People, step: Step, now: datetime) -> None:
    last = latest_quote(session, row)
    until = _until(
        session, operations.design_of(row), last.pickup_at, now + timedelta(hours=step.valid_hours)
    )
    assert row.order_id is not None
    orders.extend_hold(session, orders.lock_order(session, row.order_id), until)
    row.quote_version += 1
    own = {"version": row.quote_version, "expires_at": until, "created_at": clock.now()}
    names = [column.key for column in Quote.__table__.columns if column.key not in ("id", *own)]
    session.add(Quote(**{name: getattr(last, name) for name in names}, **own))
    operations.enter(session, row, "quote", people.staff, reason=f"quote {row.quote_version}: extended")
    operations.note_in_audit(session, row, people.staff, "extend", row.status, quote=row.quote_version)


def _until(session: Session, design: CakeDesign, starts_at: datetime, wanted: datetime) -> datetime:
    """When a quote runs out: as wanted, but not after orders for its day close."""
    return min(wanted, latest_expiry(session, design.needed_on, starts_at).at)


_STEPS: Mapping[str, Doing] = {
    "message": _write,
    "answer": _write,
    "changes": _ask_for_changes,
    "resend": _resend,
    "reject": _reject,
    "withdraw": _withdraw,
    "approve": _approve,
    "extend": _extend,
    "pay": _pay,
    "expire": _expire,
}

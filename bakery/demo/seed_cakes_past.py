"""Custom cakes of the past year, decided long ago: what the price model and its page have to look at.

Written as rows, like the order history: what happened to each is known, and its days have gone by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bakery.core.actor import SYSTEM, Actor
from bakery.core.ids import new_number, new_secret
from bakery.core.money import included_tax
from bakery.custom_cakes import contents, promise
from bakery.custom_cakes.models import (
    CustomCakeRequest,
    Quote,
    RequestEvent,
    SoftHold,
    SoftHoldState,
)
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.wish import read_wish
from bakery.demo import content
from bakery.demo.content.cake_history import Outcome, PastCake, plan_cakes
from bakery.demo.seed_cakes import People, contact, guess, round_price
from bakery.demo.seed_history import RATES, add_payments, order_events, payment_row
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import OrderStatus, PaymentStatus

SEED = 20260321
TAX = "gst"
_STATUS = {
    Outcome.PAID: RequestStatus.PAID,
    Outcome.REJECTED: RequestStatus.REJECTED,
    Outcome.EXPIRED: RequestStatus.EXPIRED,
    Outcome.WITHDRAWN: RequestStatus.WITHDRAWN,
}
_ORDER = {
    Outcome.PAID: (OrderStatus.COLLECTED, PaymentStatus.PAID),
    Outcome.EXPIRED: (OrderStatus.EXPIRED, PaymentStatus.UNPAID),
    Outcome.WITHDRAWN: (OrderStatus.CANCELLED, PaymentStatus.UNPAID),
}
_WHY = {
    Outcome.PAID: "paid",
    Outcome.EXPIRED: "not paid before the quote ran out",
    Outcome.WITHDRAWN: "our plans have changed, sorry",
}


@dataclass(slots=True)
class Made:
    """One cake on its way into the database."""

    plan: PastCake
    design: CakeDesign
    row: CustomCakeRequest
    decision: promise.Approve
    order: Order | None = None


def add_past_cakes(session: Session, people: People, now: datetime, *, days: int) -> int:
    """Decided requests of the last `days` with quotes and orders, marked as demo. Answers how many."""
    zone = ZoneInfo(content.SHOP.timezone)
    made = [
        _make(session, people, plan, zone) for plan in plan_cakes(SEED, now.astimezone(zone).date(), days)
    ]
    for cake in made:
        if cake.plan.outcome in _ORDER:
            cake.order = _order(cake)
    session.add_all(cake.order for cake in made if cake.order)
    session.flush()  # orders' ids
    for cake in made:
        cake.row.order_id = cake.order.id if cake.order else None
    session.add_all(cake.row for cake in made)
    session.flush()  # requests' ids
    for cake in made:
        session.add_all(_history(cake, people.staff))
        if cake.order:
            session.add(_quote(cake, people.staff))
            session.add(_line(cake))
            session.add_all(OrderEvent(**event) for event in order_events(_order_row(cake.order)))
    session.flush()
    paid = [cake.order for cake in made if cake.order and cake.order.payment_status == PaymentStatus.PAID]
    if paid:
        add_payments(session, [payment_row(order) for order in paid])
    return len(made)


def _make(session: Session, people: People, plan: PastCake, zone: ZoneInfo) -> Made:
    sent, decided = _utc(plan.sent_at, zone), _utc(plan.decided_at, zone)
    design = read_wish(plan.wish, plan.sent_at.date())
    suggested = guess(session, design, plan.sent_at.date())
    price = round_price(suggested.cents * plan.price_factor)
    row = CustomCakeRequest(
        **contact(plan.customer),
        number=new_number("CC"),
        secret=new_secret(),
        submit_key=new_secret(),
        user_id=people.customers[plan.customer],
        status=_STATUS[plan.outcome],
        design=design.to_json(),
        design_hash=design.hash,
        needed_on=design.needed_on,
        make_minutes=contents.work(design).minutes,
        created_at=sent,
        is_demo=True,
        quote_version=int(plan.outcome in _ORDER),
        version=3 if plan.outcome is Outcome.REJECTED else 4,
    )
    decision = promise.Approve(
        0,
        1,
        price_cents=price,
        servings=max(1, round((suggested.servings or 1) * plan.servings_factor)),
        starts_at=_utc(plan.pickup_at, zone),
        expires_at=decided + timedelta(days=4),
        override_reason=plan.override_reason,
        prediction=suggested,
    )
    return Made(plan, design, row, decision)


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _order(cake: Made) -> Order:
    status, payment = _ORDER[cake.plan.outcome]
    asked = promise.to_bespoke(cake.row, cake.decision, cake.design)
    zone = ZoneInfo(content.SHOP.timezone)
    ended = _utc(cake.plan.ended_at, zone)
    return Order(
        number=new_number(),
        secret=new_secret(),
        checkout_key=new_secret(),
        user_id=cake.row.user_id,
        status=status,
        payment_status=payment,
        contact_name=asked.contact_name,
        contact_email=asked.contact_email,
        contact_phone=asked.contact_phone,
        customer_note=asked.note,
        currency=content.SHOP.currency,
        total_cents=asked.price_cents,
        tax_cents=included_tax(asked.price_cents, RATES[TAX][1]),
        prices_include_tax=True,
        pickup_at=asked.starts_at,
        time_zone=content.SHOP.timezone,
        has_cake=True,
        snapshot={},
        placed_at=_utc(cake.plan.decided_at, zone),
        hold_expires_at=ended,
        confirmed_at=ended if payment is PaymentStatus.PAID else None,
        is_demo=True,
    )


def _order_row(order: Order) -> dict[str, Any]:
    names = ("placed_at", "status", "confirmed_at", "pickup_at", "hold_expires_at")
    return {"_id": order.id, **{name: getattr(order, name) for name in names}}


def _line(cake: Made) -> OrderLine:
    assert cake.order
    asked = promise.to_bespoke(cake.row, cake.decision, cake.design)
    name, rate = RATES[TAX]
    return OrderLine(
        order_id=cake.order.id,
        position=1,
        product_name=asked.name,
        variant_name=asked.size[:60],
        sku="MADE-FOR-YOU",
        quantity=1,
        unit_price_cents=asked.price_cents,
        discount_cents=0,
        total_cents=asked.price_cents,
        tax_code=TAX,
        tax_name=name,
        tax_rate_bp=rate,
        tax_cents=cake.order.tax_cents,
        message=asked.message,
        is_cake=True,
        make_minutes=contents.HANDOVER_MINUTES,
        servings=asked.servings,
        allergens={code: dict(state) for code, state in (asked.allergens or {}).items()},
    )


def _quote(cake: Made, staff: Actor) -> Quote:
    guessed = cake.decision.prediction
    assert guessed and cake.order
    return Quote(
        request_id=cake.row.id,
        version=1,
        design=cake.row.design,
        design_hash=cake.row.design_hash,
        currency=content.SHOP.currency,
        price_cents=cake.decision.price_cents,
        servings=cake.decision.servings,
        predicted_cents=guessed.cents,
        low_cents=guessed.low_cents,
        high_cents=guessed.high_cents,
        predicted_servings=guessed.servings,
        model_version=guessed.model_version,
        features=dict(guessed.features),
        override_reason=cake.decision.override_reason,
        pickup_at=cake.decision.starts_at,
        expires_at=cake.decision.expires_at,
        terms_version="demo",
        created_at=cake.order.placed_at,
        actor_id=staff.id,
        actor_label=staff.label,
    )


def _history(cake: Made, staff: Actor) -> list[Any]:
    """Sent, decided, and what became of it; the soft hold ended with the decision."""
    row, plan = cake.row, cake.plan
    zone = ZoneInfo(content.SHOP.timezone)
    decided, ended = _utc(plan.decided_at, zone), _utc(plan.ended_at, zone)
    customer = Actor(row.user_id, "customer", None)
    waiting, approved = RequestStatus.PENDING_REVIEW, RequestStatus.APPROVED_AWAITING_PAYMENT
    rejected = plan.outcome is Outcome.REJECTED
    rows: list[Any] = [
        _event(row, row.created_at, customer, None, waiting, "sent"),
        _event(row, decided, staff, waiting, RequestStatus.REJECTED, plan.reason)
        if rejected
        else _event(row, decided, staff, waiting, approved, "quote 1"),
    ]
    if not rejected:
        actor = customer if plan.outcome is Outcome.WITHDRAWN else SYSTEM
        rows.append(_event(row, ended, actor, approved, _STATUS[plan.outcome], _WHY[plan.outcome]))
    rows.append(
        SoftHold(
            request_id=row.id,
            on_date=row.needed_on,
            make_minutes=row.make_minutes,
            state=SoftHoldState.RELEASED if rejected else SoftHoldState.CONSUMED,
            expires_at=cake.decision.starts_at,
            created_at=row.created_at,
            ended_at=decided,
        )
    )
    return rows


def _event(
    row: CustomCakeRequest, at: datetime, actor: Actor, from_state: str | None, to_state: str, reason: str
) -> RequestEvent:
    return RequestEvent(
        request_id=row.id,
        at=at,
        kind="status",
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        design=row.design if from_state is None else None,
        actor_id=actor.id,
        actor_label=actor.label,
    )

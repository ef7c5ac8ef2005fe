"""A year of invented orders, so that popularity, the kitchen and the back office have something to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bakery.catalog.words import servings_words
from bakery.core.ids import new_number, new_secret
from bakery.core.money import included_tax
from bakery.demo import content
from bakery.demo.content.history import plan_history
from bakery.demo.content.types import PlannedOrder
from bakery.demo.seed_catalog import Sold
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.models import Payment, PaymentState, Transaction, TransactionKind
from bakery.production.models import Ticket, TicketState
from bakery.scheduling.models import PickupSlot, SlotHold, SlotHoldState

SEED = 20260320
# Orders for the coming days, so that the kitchen has work on the first evening.
DAYS_AHEAD = 5
RATES = {"gst": ("GST 10%", 1000), "gst_free": ("GST-free", 0)}

Row = dict[str, Any]


def add_history(
    session: Session, customers: Sequence[int | None], sold: Mapping[str, Sold], now: datetime, *, days: int
) -> int:
    """Orders of the last `days` and the next few, marked as demo. Answers how many."""
    zone = ZoneInfo(content.SHOP.timezone)
    today = now.astimezone(zone).date()
    planned = [
        plan
        for plan in plan_history(SEED, today - timedelta(days=days), today + timedelta(days=DAYS_AHEAD))
        if plan.placed_at.replace(tzinfo=zone) < now
    ]
    orders = [_order(plan, customers, sold, zone, now) for plan in planned]
    if not orders:
        return 0
    columns = [{k: v for k, v in o.items() if not k.startswith("_")} for o in orders]
    ids = dict(_insert(session, columns, Order.number, Order.id))
    lines, events, payments = [], [], []
    for order in orders:
        order["_id"] = ids[order["number"]]
        lines += [line | {"order_id": order["_id"]} for line in order["_lines"]]
        events += order_events(order)
        if order["payment_status"] == PaymentStatus.PAID:
            payments.append(order)
    _insert(session, lines, OrderLine.id)
    _insert(session, events, OrderEvent.id)
    add_payments(session, payments)
    _book(session, [o for o in orders if o["status"] == OrderStatus.CONFIRMED], zone)
    return len(orders)


def _insert(session: Session, rows: Sequence[Row], *answer: InstrumentedAttribute[Any]) -> list[Any]:
    """Rows by the thousand. Only with an answer are they sent in one statement; only whole rows stay together."""
    statement = insert(answer[0].class_).returning(*answer)
    return list(session.execute(statement, rows, execution_options={"render_nulls": True}))


def _order(
    plan: PlannedOrder,
    customers: Sequence[int | None],
    sold: Mapping[str, Sold],
    zone: ZoneInfo,
    now: datetime,
) -> Row:
    customer = content.CUSTOMERS[plan.customer]
    placed = plan.placed_at.replace(tzinfo=zone).astimezone(UTC)
    pickup = plan.pickup_at.replace(tzinfo=zone).astimezone(UTC)
    lines = [_line(i, sold[line.sku], line.quantity, line.message) for i, line in enumerate(plan.lines)]
    status = OrderStatus(plan.status.value)
    if status == OrderStatus.CONFIRMED and pickup < now:
        status = OrderStatus.COLLECTED
    elif status == OrderStatus.COLLECTED and pickup >= now:
        status = OrderStatus.CONFIRMED
    paid = status in (OrderStatus.CONFIRMED, OrderStatus.COLLECTED)
    return {
        "number": new_number(),
        "secret": new_secret(),
        "checkout_key": new_secret(),
        "user_id": customers[plan.customer],
        "status": status,
        "payment_status": PaymentStatus.PAID if paid else PaymentStatus.UNPAID,
        "contact_name": customer.name,
        "contact_email": customer.email,
        "contact_phone": customer.phone.replace(" ", ""),
        "customer_note": plan.note,
        "currency": content.SHOP.currency,
        "total_cents": sum(line["total_cents"] for line in lines),
        "tax_cents": sum(line["tax_cents"] for line in lines),
        "prices_include_tax": True,
        "pickup_at": pickup,
        "time_zone": content.SHOP.timezone,
        "has_cake": any(line["is_cake"] for line in lines),
        "snapshot": {},
        "placed_at": placed,
        "hold_expires_at": placed + timedelta(minutes=35),
        "confirmed_at": placed + timedelta(minutes=3) if paid else None,
        "is_demo": True,
        "_lines": lines,
    }


def _line(position: int, sold: Sold, quantity: int, message: str) -> Row:
    product, variant = sold.product, sold.variant
    name, rate = RATES[product.tax_code]
    total = variant.price_cents * quantity
    return {
        "position": position,
        "product_id": product.id,
        "variant_id": variant.id,
        "product_name": product.name,
        "variant_name": variant.name,
        "sku": variant.sku,
        "quantity": quantity,
        "unit_price_cents": variant.price_cents,
        "discount_cents": 0,
        "total_cents": total,
        "tax_code": product.tax_code,
        "tax_name": name,
        "tax_rate_bp": rate,
        "tax_cents": included_tax(total, rate),
        "message": message,
        "is_cake": product.is_cake,
        "make_minutes": variant.make_minutes,
        "servings": servings_words(variant.servings_min, variant.servings_max) or "",
        "ingredients": product.ingredients,
        "allergens": {a.code: {"state": a.declaration.value, "note": a.note} for a in sold.content.allergens},
    }


def order_events(order: Row) -> list[Row]:
    """The life of an order as rows of history, from what became of it."""

    def event(kind: str, at: datetime, before: str | None, after: str) -> Row:
        return {
            "order_id": order["_id"],
            "at": at,
            "kind": kind,
            "from_state": before,
            "to_state": after,
            "actor_label": "demo",
            "reason": "",
        }

    placed, status = order["placed_at"], order["status"]
    rows = [event("status", placed, None, OrderStatus.PENDING_PAYMENT)]
    if order["confirmed_at"]:
        paid = order["confirmed_at"]
        rows.append(event("payment_status", paid, PaymentStatus.UNPAID, PaymentStatus.PAID))
        rows.append(event("status", paid, OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED))
    if status == OrderStatus.COLLECTED:
        steps = [OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED]
        offsets = (timedelta(hours=3), timedelta(hours=1), timedelta(0))
        for before, after, offset in zip(steps, steps[1:], offsets, strict=False):
            at = max(order["pickup_at"] - offset, order["confirmed_at"])
            rows.append(event("status", at, before, after))
    elif status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED):
        rows.append(event("status", order["hold_expires_at"], OrderStatus.PENDING_PAYMENT, status))
    return rows


def payment_row(order: Order) -> Row:
    """What `add_payments` needs of an order that is in the database already."""
    names = ("number", "total_cents", "currency", "placed_at", "confirmed_at")
    return {"_id": order.id, **{name: getattr(order, name) for name in names}}


def add_payments(session: Session, orders: Sequence[Row]) -> None:
    """A payment that succeeded, and its line in the ledger, for each order."""
    if not orders:
        return
    rows = [
        {
            "order_id": order["_id"],
            "state": PaymentState.SUCCEEDED,
            "amount_cents": order["total_cents"],
            "currency": order["currency"],
            "idempotency_key": f"demo-{order['number']}",
            "created_at": order["placed_at"],
            "ended_at": order["confirmed_at"],
        }
        for order in orders
    ]
    ids = dict(_insert(session, rows, Payment.order_id, Payment.id))
    _insert(
        session,
        [
            {
                "order_id": order["_id"],
                "payment_id": ids[order["_id"]],
                "kind": TransactionKind.CHARGE,
                "amount_cents": order["total_cents"],
                "currency": order["currency"],
                "stripe_id": f"demo_{order['number']}",
                "at": order["confirmed_at"],
            }
            for order in orders
        ],
        Transaction.id,
    )


def _book(session: Session, orders: Sequence[Row], zone: ZoneInfo) -> None:
    """Slots and tickets of the orders still to be collected."""
    slots: dict[datetime, PickupSlot] = {}
    plan = content.SHOP.slots
    for order in orders:
        at = order["pickup_at"]
        local = at.astimezone(zone)
        minutes = sum(line["make_minutes"] * line["quantity"] for line in order["_lines"])
        slot = slots.setdefault(
            at,
            PickupSlot(
                starts_at=at,
                on_date=local.date(),
                local_time=local.time(),
                capacity_orders=plan.capacity_orders,
                capacity_minutes=plan.capacity_make_minutes,
                booked_orders=0,
                booked_minutes=0,
            ),
        )
        slot.booked_orders += 1
        slot.booked_minutes += minutes
        order["_minutes"] = minutes
    session.add_all(slots.values())
    session.flush()  # ids for holds
    for order in orders:
        slot = slots[order["pickup_at"]]
        session.add(
            SlotHold(
                owner=f"order:{order['_id']}",
                slot_id=slot.id,
                minutes=order["_minutes"],
                state=SlotHoldState.CONSUMED,
                expires_at=order["hold_expires_at"],
                ended_at=order["confirmed_at"],
            )
        )
        session.get_one(Order, order["_id"]).slot_id = slot.id
    _tickets(session, orders)


def _tickets(session: Session, orders: Sequence[Row]) -> None:
    due = {order["_id"]: order["pickup_at"] for order in orders}
    lines = session.execute(select(OrderLine.id, OrderLine.order_id).where(OrderLine.order_id.in_(due)))
    session.add_all(
        Ticket(
            order_line_id=line.id, order_id=line.order_id, state=TicketState.TO_DO, due_at=due[line.order_id]
        )
        for line in lines
    )

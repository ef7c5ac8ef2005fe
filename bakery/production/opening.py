"""Which tickets an order's lines open, and when each is due. Inside the transaction of whoever opens them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders.models import Order, OrderLine
from bakery.scheduling import queries as scheduling
from bakery.scheduling.steps import agreed_need, read_steps
from bakery.scheduling.types import StepOn

_LAST_MINUTE = 23 * 60 + 59


def list_tickets(session: Session, order: Order, lines: Sequence[OrderLine]) -> list[dict[str, Any]]:
    """The rows to insert: a ticket a line, or one for each step of a line that is made in steps.

    A step is due on the day on which its station's minutes are booked. Where that day has passed, it is due
    today; never later than the cake is collected.
    """
    rows = []
    for line in lines:
        steps = _steps_of(session, order, line)
        if not steps:
            rows.append(_row(order, line, order.pickup_at))
        ends = _day_ends(session, order, {step.on for step in steps})
        for number, step in enumerate(steps, start=1):
            rows.append(
                _row(order, line, ends[step.on])
                | {"step": number, "steps": len(steps), "station": step.station.value}
            )
    return rows


def _row(order: Order, line: OrderLine, due_at: datetime) -> dict[str, Any]:
    return {
        "order_line_id": line.id,
        "order_id": order.id,
        "due_at": due_at,
        "step": 0,
        "steps": 0,
        "station": None,
    }


def _steps_of(session: Session, order: Order, line: OrderLine) -> list[StepOn]:
    """The booked steps; by the plan, if nothing is booked: an order that was brought in from elsewhere."""
    wanted = read_steps(line.steps)
    if not wanted:
        return []
    pickup_on = order.pickup_at.astimezone(ZoneInfo(order.time_zone)).date()
    booked = scheduling.booked_steps(session, order.ref)
    return booked or list(scheduling.plan_steps(session, agreed_need(0, wanted), pickup_on))


def _day_ends(session: Session, order: Order, days: set[date]) -> dict[date, datetime]:
    """When work of each day has to be done: at closing time, of today if the day has passed, and before the cake
    is collected.
    """
    zone = ZoneInfo(order.time_zone)
    today = clock.today(order.time_zone)
    closing = scheduling.closing_minutes(session, {max(on, today) for on in days})
    ends = {}
    for on in days:
        day = max(on, today)
        minute = min(closing.get(day, _LAST_MINUTE), _LAST_MINUTE)
        local = datetime.combine(day, time()) + timedelta(minutes=minute)
        ends[on] = min(local.replace(tzinfo=zone), order.pickup_at)
    return ends

"""The mail about a payment that is not finished, as a draft."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bakery.custom_cakes.decisions import latest_quote
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.infra import formats
from bakery.infra.db import db
from bakery.messages.drafts import Email
from bakery.orders.models import Order
from bakery.payments.operations.nudges import ends_at
from bakery.payments.queries import last_failure
from jobs import cake_mails, mails

UNFINISHED = "payment_unfinished"


def payment_unfinished(order: Order, version: int, now: datetime) -> Email:
    """Why it did not work, where there is a why; until when the order is held; and the way to pay on any device."""
    session = db.session()
    why = last_failure(session, order.id)
    cake = session.scalar(select(CustomCakeRequest).where(CustomCakeRequest.order_id == order.id))
    until = min(ends_at(order), latest_quote(session, cake).expires_at) if cake else ends_at(order)
    ends = _until(until, now, order.time_zone)
    what = "Your payment did not go through" if why else "Your payment was not finished"
    return mails.draft(
        UNFINISHED,
        to=order.contact_email,
        subject=f"{what}: order {order.number} is held until {ends}",
        subject_ref=order.ref,
        version=version,
        order=order,
        first_name=(order.contact_name.split() or [order.contact_name])[0],
        why=why,
        what=what,
        is_cake=cake is not None,
        ends=ends,
        zone=mails.local_words(until, order.time_zone)["zone"],
        amount=order.first_payment,
        link=f"{cake_mails.link(cake)}#offer"
        if cake
        else f"{mails.settings().base_url}/orders/{order.number}?key={order.secret}",
    )


def _until(until: datetime, now: datetime, zone: str) -> str:
    """`2:35 pm` today, `Sat 28 Nov, 2:35 pm` on another day."""
    local = until.astimezone(ZoneInfo(zone))
    if local.date() == now.astimezone(ZoneInfo(zone)).date():
        return formats.time_shop(local)
    return formats.datetime_shop(until, zone)

"""Telling a customer that their payment is not finished."""

from __future__ import annotations

from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.messages import services as messages
from bakery.orders.queries import get_order
from bakery.payments import services
from jobs import nudge_mails


def look(order_id: int) -> None:
    """See whether an order is still not paid, and owe the mail about it if its time has come."""
    services.look_at_unpaid(order_id)


def send(order_id: int, version: int) -> None:
    """Mail them, unless they have paid meanwhile."""
    if not services.is_still_unpaid(order_id):
        return
    draft = nudge_mails.payment_unfinished(get_order(db.session(), order_id), version, clock.now())
    messages.deliver_email(draft, adapters().mailer)


def _given_up(order_id: int, _version: int, error: str) -> bool:
    return messages.give_up(nudge_mails.UNFINISHED, f"order:{order_id}", error)


send.gave_up = _given_up  # type: ignore[attr-defined]

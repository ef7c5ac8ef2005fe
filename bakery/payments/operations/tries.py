"""How often somebody may try before we pause: many cards on one order, or from one connection, is card testing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict
from bakery.infra.formats import time_shop
from bakery.messages.operations import raise_alert
from bakery.orders.models import Order
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.models import Payment
from bakery.payments.operations import attempts
from bakery.shop.queries import get_profile

# So many refused cards within the hour, and the order, or the connection, waits.
OF_ORDER, FROM_ONE_PLACE = 5, 12
WITHIN = timedelta(hours=1)
PAUSE = timedelta(minutes=15)


class TooManyTries(Conflict):
    """Too many cards were refused within a short time; says until when nobody is charged."""


def refuse_too_many(session: Session, order: Order, tried_from: str) -> None:
    """Refuse another try with TooManyTries while the order, or the connection it comes from, is paused."""
    if said := why_paused(session, order, tried_from):
        raise TooManyTries(said)


def why_paused(session: Session, order: Order, tried_from: str) -> str:
    """Why nobody may try again now, in a sentence with the end of it; empty when one may."""
    until = _paused_until(session, PaymentFailure.order_id == order.id, OF_ORDER)
    if until is None and tried_from:
        until = _paused_until(session, PaymentFailure.tried_from == tried_from, FROM_ONE_PLACE)
    if until is None:
        return ""
    # The next full minute: "until 2:50" is over when a clock shows it.
    shown = time_shop(until + timedelta(minutes=1), order.time_zone)
    return (
        "Several cards were refused within a short time, so we have paused payments here until "
        f"{shown}. Nothing was charged. If you need help, ring us on {get_profile(session).phone}."
    )


def count(session: Session, order: Order, payment: Payment) -> None:
    """After one more refused card: at the limit the page is closed at Stripe and staff are told, once."""
    if _recent(session, PaymentFailure.order_id == order.id) >= OF_ORDER:
        attempts.owe_closing_others(session, order.id)
        raise_alert(
            session,
            kind="card_testing",
            key=f"{order.ref}:card-testing",
            text=f"{OF_ORDER} cards were refused for order {order.number} within an hour; further tries wait for a "
            "while. Look at them on the order's page: somebody may be testing stolen cards. If so, cancel the order.",
            subject_ref=order.ref,
        )
    place = payment.tried_from
    if place and _recent(session, PaymentFailure.tried_from == place) >= FROM_ONE_PLACE:
        attempts.owe_closing_others(session, order.id)
        raise_alert(
            session,
            kind="card_testing",
            key=f"card-testing:{place}:{clock.now().date().isoformat()}",
            text=f"{FROM_ONE_PLACE} cards were refused within an hour from one internet connection ({place}), order "
            f"{order.number} last; further tries from there wait for a while. Somebody may be testing stolen cards.",
            subject_ref=order.ref,
        )


def _recent(session: Session, of: ColumnElement[bool]) -> int:
    query = select(func.count()).where(of, PaymentFailure.at > clock.now() - WITHIN)
    return int(session.scalar(query) or 0)


def _paused_until(session: Session, of: ColumnElement[bool], limit: int) -> datetime | None:
    """When the pause ends: so long after the last refused card, as long as there are that many within the hour."""
    now = clock.now()
    recent = session.execute(
        select(func.count().label("tries"), func.max(PaymentFailure.at).label("last")).where(
            of, PaymentFailure.at > now - WITHIN
        )
    ).one()
    if recent.tries < limit or recent.last + PAUSE <= now:
        return None
    until: datetime = recent.last + PAUSE
    return until

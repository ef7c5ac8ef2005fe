"""How often somebody may try before we pause: many cards on one order, or from one connection, is card testing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict
from bakery.infra.formats import time_shop
from bakery.messages.operations import raise_alert
from bakery.orders.models import Order
from bakery.payments.card_models import CardSetup
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.models import Payment
from bakery.payments.operations import attempts
from bakery.shop.queries import get_profile

# So many refused cards within the hour, and the order, the account that adds a card, or the connection, waits.
OF_ORDER, OF_ACCOUNT, FROM_ONE_PLACE = 5, 5, 12
WITHIN = timedelta(hours=1)
PAUSE = timedelta(minutes=15)
_Tries = Select[int, Any]


class TooManyTries(Conflict):
    """Too many cards were refused within a short time; says until when nobody is charged."""


def refuse_too_many(session: Session, order: Order, tried_from: str) -> None:
    """Refuse another try with TooManyTries while the order, or the connection it comes from, is paused."""
    if said := why_paused(session, order, tried_from):
        raise TooManyTries(said)


def why_paused(session: Session, order: Order, tried_from: str) -> str:
    """Why nobody may try again now, in a sentence with the end of it; empty when one may."""
    until = _paused_until(session, _of_order(order), OF_ORDER)
    if until is None and tried_from:
        until = _paused_until(session, _from_place(tried_from), FROM_ONE_PLACE)
    return _paused(session, "payments", until, order.time_zone) if until else ""


def refuse_too_many_setups(session: Session, user_id: int, tried_from: str) -> None:
    """Refuse with TooManyTries to add a card while the account, or the connection it comes from, is paused."""
    until = _paused_until(session, _of_account(user_id), OF_ACCOUNT)
    if until is None and tried_from:
        until = _paused_until(session, _from_place(tried_from), FROM_ONE_PLACE)
    if until:
        raise TooManyTries(_paused(session, "adding cards", until, get_profile(session).time_zone))


def count(session: Session, order: Order, payment: Payment) -> None:
    """After one more refused card: at the limit the page is closed at Stripe and staff are told, once."""
    if _recent(session, _of_order(order))[0] >= OF_ORDER:
        attempts.owe_closing_others(session, order.id)
        raise_alert(
            session,
            kind="card_testing",
            key=f"{order.ref}:card-testing",
            text=f"{OF_ORDER} cards were refused for order {order.number} within an hour; further tries wait for a "
            "while. Look at them on the order's page: somebody may be testing stolen cards. If so, cancel the order.",
            subject_ref=order.ref,
        )
    if _is_busy(session, payment.tried_from):
        attempts.owe_closing_others(session, order.id)
        _tell_of_place(session, payment.tried_from, f"order {order.number} last", order.ref)


def count_setup(session: Session, setup: CardSetup) -> bool:
    """After one more card that could not be added: whether the page has to close. At the limit staff are told, once."""
    many = _recent(session, _of_account(setup.user_id))[0] >= OF_ACCOUNT
    if many:
        raise_alert(
            session,
            kind="card_testing",
            key=f"user:{setup.user_id}:card-testing:{clock.now().date().isoformat()}",
            text=f"{OF_ACCOUNT} cards that somebody wanted to add to account {setup.user_id} were refused within an "
            "hour; further tries wait for a while. Somebody may be testing stolen cards.",
        )
    busy = _is_busy(session, setup.tried_from)
    if busy:
        _tell_of_place(session, setup.tried_from, "one that was added to an account last", None)
    return many or busy


def _is_busy(session: Session, place: str) -> bool:
    return bool(place) and _recent(session, _from_place(place))[0] >= FROM_ONE_PLACE


def _tell_of_place(session: Session, place: str, last: str, subject_ref: str | None) -> None:
    raise_alert(
        session,
        kind="card_testing",
        key=f"card-testing:{place}:{clock.now().date().isoformat()}",
        text=f"{FROM_ONE_PLACE} cards were refused within an hour from one internet connection ({place}), "
        f"{last}; further tries from there wait for a while. Somebody may be testing stolen cards.",
        subject_ref=subject_ref,
    )


def _paused(session: Session, what: str, until: datetime, time_zone: str) -> str:
    # The next full minute: "until 2:50" is over when a clock shows it.
    shown = time_shop(until + timedelta(minutes=1), time_zone)
    return (
        f"Several cards were refused within a short time, so we have paused {what} here until "
        f"{shown}. Nothing was charged. If you need help, ring us on {get_profile(session).phone}."
    )


def _of_order(order: Order) -> tuple[_Tries, ...]:
    return (_failures(PaymentFailure.order_id == order.id),)


def _of_account(user_id: int) -> tuple[_Tries, ...]:
    return (_setups(CardSetup.user_id == user_id),)


def _from_place(place: str) -> tuple[_Tries, ...]:
    """Cards that did not pay and cards that could not be added count together."""
    return _failures(PaymentFailure.tried_from == place), _setups(CardSetup.tried_from == place)


def _failures(of: ColumnElement[bool]) -> _Tries:
    return select(literal(1).label("cards"), PaymentFailure.at.label("at")).where(
        of, PaymentFailure.at > clock.now() - WITHIN
    )


def _setups(of: ColumnElement[bool]) -> _Tries:
    return select(CardSetup.refused_cards.label("cards"), CardSetup.refused_at.label("at")).where(
        of, CardSetup.refused_at > clock.now() - WITHIN
    )


def _recent(session: Session, tries: tuple[_Tries, ...]) -> tuple[int, datetime | None]:
    """How many cards were refused within the hour, and when the last one was."""
    rows = union_all(*tries).subquery()
    found = session.execute(select(func.sum(rows.c.cards), func.max(rows.c.at))).one()
    return int(found[0] or 0), found[1]


def _paused_until(session: Session, tries: tuple[_Tries, ...], limit: int) -> datetime | None:
    """When the pause ends: so long after the last refused card, as long as there are that many within the hour."""
    cards, last = _recent(session, tries)
    if cards < limit or last is None or last + PAUSE <= clock.now():
        return None
    return last + PAUSE

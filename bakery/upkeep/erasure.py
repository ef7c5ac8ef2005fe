"""Deleting one's own account: the person is forgotten, what they bought stays for as long as the law wants it."""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict, Forbidden
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.states import OPEN
from bakery.infra.transaction import transaction
from bakery.orders.models import Cart, Order
from bakery.orders.states import OrderStatus
from bakery.payments.operations import forgetting
from bakery.people.anonymity import anonymise
from bakery.people.models import User
from bakery.people.passwords import verify_password
from bakery.people.services import WrongCredentials

# Somebody still has to pay, make, collect or hand over something.
UNDER_WAY = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY)
_ORDERS = (
    "You have an order that is not finished. Collect it, or have it cancelled, and delete your account then."
)
_CAKES = "You asked us for a cake that is not decided yet. Call it off first, and delete your account then."
_STAFF = "A staff account is closed by the owner of the shop."


def erase_account(user_id: int, password: str, *, ip: str | None) -> None:
    """Forget who an account belongs to, for good: name, email, phone, password, sign-ins, cart, and their customer and
    cards at Stripe (by a job). Orders, ledger, receipts and what was agreed stay, with what they say about a person.

    Refuses another password (WrongCredentials), staff (Forbidden), and an account with anything under way (Conflict).
    """
    with transaction() as session:
        user = session.get_one(User, user_id)
        if user.is_staff:
            raise Forbidden(_STAFF)
        if not verify_password(user.password_hash, password):
            raise WrongCredentials("That is not your password.", field="password")
        _refuse_what_is_under_way(session, user_id)
        forgetting.forget(session, user_id)
        user = session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
        if not user.active:
            return
        session.execute(delete(Cart).where(Cart.user_id == user_id))
        anonymise(session, user, ip=ip)


def why_not(session: Session, user_id: int) -> str:
    """What stands in the way of deleting an account, in a sentence; empty when nothing does."""
    unfinished = exists().where(
        Order.user_id == user_id,
        Order.status.in_(UNDER_WAY)
        | ((Order.status == OrderStatus.PENDING_PAYMENT) & (Order.hold_expires_at > clock.now())),
    )
    undecided = exists().where(CustomCakeRequest.user_id == user_id, CustomCakeRequest.status.in_(OPEN))
    if session.scalar(select(unfinished)):
        return _ORDERS
    return _CAKES if session.scalar(select(undecided)) else ""


def _refuse_what_is_under_way(session: Session, user_id: int) -> None:
    if refusal := why_not(session, user_id):
        raise Conflict(refusal)

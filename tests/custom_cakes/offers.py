"""Offers for tests: approved, accepted, and their orders."""

from __future__ import annotations

from typing import Any

from bakery.core.actor import Actor
from bakery.custom_cakes import acceptance, decisions
from bakery.custom_cakes.acceptance import Offer
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.shop.models import Shop
from tests.custom_cakes.requests import approval, row, sent, staff

CUSTOMER = Actor(None, "customer", "203.0.113.9")


def offered(percent: int = 0, **changes: Any) -> CustomCakeRequest:
    """A cake of 240.00 that the bakery will make for a deposit of so many per cent (0: all at once)."""
    db.session.get_one(Shop, 1).deposit_percent = percent
    db.session.commit()
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version, **changes), staff())
    return row(request_id)


def accept(wish: CustomCakeRequest) -> Offer:
    """The customer's yes to what is offered now."""
    latest = row(wish.id)
    return acceptance.accept(latest.id, latest.quote_version, terms(), CUSTOMER)


def terms() -> str:
    return db.session.get_one(Shop, 1).terms_version


def order_of(wish: CustomCakeRequest) -> Order:
    """The order of the latest offer, as it is now."""
    db.session.expire_all()
    return db.session.get_one(Order, row(wish.id).order_id)

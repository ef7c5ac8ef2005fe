"""What all moves share: the app, its Stripe, what was ordered, and what is on its way."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from bakery.catalog.models import Variant
from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments.operations.attempts import CardOnFile
from sandbox.server import Sandbox
from tests.money.dying import DyingGateway

BASE, SECRET = "http://localhost", "whsec_saffron"


@dataclass
class Base:
    """The state that the moves of customers, staff and the outside work on."""

    app: Flask
    box: Sandbox
    gateway: DyingGateway
    variants: list[Variant]
    time: ExitStack
    manager: Actor
    owner: Actor
    orders: list[int] = field(default_factory=list)
    # Events of Stripe that were not delivered yet, oldest first, and all that were ever made.
    mailbag: list[dict[str, Any]] = field(default_factory=list)
    delivered: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    cards: dict[str, CardOnFile] = field(default_factory=dict)
    disputes: list[str] = field(default_factory=list)
    bells: list[int] = field(default_factory=list)
    redis_is_up: bool = True
    ahead: float = 0.0

    def order(self, order_id: int) -> Order:
        """The order as it is now."""
        db.session.rollback()
        return db.session.get_one(Order, order_id, populate_existing=True)

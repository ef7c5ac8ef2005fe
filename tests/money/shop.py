"""A shop and its Stripe as a set of moves, for tests that make thousands of them in any order.

Real Postgres with real commits, the real SDK, the sandbox's Stripe. What is not real is only chance: the test delivers
Stripe's events itself (late, twice, out of order, never), rings the bells of jobs itself (or not), and kills whoever
is at work between Stripe's answer and our note of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from bakery.catalog.models import Variant
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import DomainError
from bakery.infra import outbox
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.integrations.gateway import stripe_connection
from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.orders.services import expire_due_orders
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.operations.attempts import OPEN_STATES
from bakery.payments.queries import is_paying
from bakery.people.models import Role
from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.factories.people import UserFactory
from tests.money.base import BASE, SECRET
from tests.money.customers import Customers
from tests.money.dying import DyingGateway, Killed
from tests.money.outside import Outside
from tests.money.staff import Staff

# What a move may answer instead of doing it: a clear no, or Stripe being away.
NO = (DomainError, GatewayUnavailable, GatewayRefused, ControlError)


@dataclass
class MoneyShop(Customers, Staff, Outside):
    """The moves. Each answers what became of it in a word; none may end in another error than a clear no."""

    def expire(self) -> str:
        return f"{expire_due_orders(is_paying)} expired"

    def look_after_rests(self) -> str:
        """Reminders, agreed charges, and the end of what is not paid."""
        return str(services.look_after_rests(self.gateway, BASE))

    def reconcile(self) -> str:
        report = services.reconcile(self.gateway, clock.now() - timedelta(days=30))
        services.follow_refunds(self.gateway)
        return str(report)

    def let_pass(self, passing: timedelta) -> str:
        """Both clocks go on together; the sandbox does what was due meanwhile."""
        self.ahead += passing.total_seconds()
        self.time.enter_context(clock.travel(clock.now() + passing))
        self.box.move_clock(self.ahead)
        self.box.settle(within=0.0)
        return str(passing)

    def settle_everything(self) -> None:
        """All events arrive, all jobs run, Stripe is asked for what it never told: then the books have to fit."""
        self.box.clear_faults()
        self.gateway.die(False)
        self.redis_is_up = True
        for _ in range(6):
            while self.mailbag or self._has_events():
                self.deliver(0)
            self.work(limit=10_000)
            # The longest that a page stays open is a day.
            self.let_pass(timedelta(hours=9))
            self.sweep()
            self.expire()
            self.reconcile()
            if not self._is_restless():
                return
        raise AssertionError("money does not come to rest")

    def _has_events(self) -> bool:
        self.collect_events()
        return bool(self.mailbag)

    def _is_restless(self) -> bool:
        db.session.rollback()
        owed = db.session.scalars(
            select(Outbox.id).where(Outbox.done_at.is_(None), Outbox.dead_at.is_(None)).limit(1)
        ).first()
        waiting = db.session.scalars(
            select(Payment.id).where(Payment.state.in_(OPEN_STATES)).limit(1)
        ).first()
        return owed is not None or waiting is not None or self._has_events() or bool(self.bells)

    def try_to(self, move: Callable[..., str], *args: Any, **options: Any) -> str:
        """Make a move; a clear no is an answer, anything else is a bug. A kill leaves what was committed."""
        try:
            return move(*args, **options)
        except NO as refused:
            return f"no: {refused}"
        except Killed:
            return "killed"
        finally:
            with suppress(Exception):
                db.session.rollback()


@contextmanager
def opened(app: Flask, box: Sandbox, variants: list[Variant], patch: Any) -> Iterator[MoneyShop]:
    """The shop with its doors open; `patch` is pytest's monkeypatch."""
    # A fault is met at once: the SDK's own pauses would make thousands of steps take hours.
    patch.setattr(stripe_connection, "RETRIES", 0)
    gateway = DyingGateway(StripeGateway("sk_test_saffron", SECRET, box.url))
    patch.setitem(app.extensions, "adapters", replace(app.extensions["adapters"], gateway=gateway))
    with ExitStack() as moved:
        people = [UserFactory(role=role) for role in (Role.MANAGER, Role.OWNER)]
        manager, owner = (Actor(person.id, person.email, "203.0.113.7") for person in people)
        shop = MoneyShop(app, box, gateway, variants, moved, manager, owner)
        patch.setattr(outbox, "ring", shop.ring)
        yield shop

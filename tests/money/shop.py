"""A shop and its Stripe as a set of moves, for tests that make thousands of them in any order.

Real Postgres with real commits, the real SDK, the sandbox's Stripe. What is not real is only chance: the test delivers
Stripe's events itself (late, twice, out of order, never), rings the bells of jobs itself (or not), and kills whoever
is at work between Stripe's answer and our note of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from stripe import StripeClient

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
from bakery.orders.models import Order
from bakery.orders.placement import PlaceOrder
from bakery.orders.services import cancel_order, expire_due_orders, place_order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.operations.attempts import OPEN_STATES, CardOnFile
from bakery.payments.queries import is_paying
from bakery.scheduling.queries import earliest_pickup
from bakery.scheduling.types import Need
from jobs import outbox as runner
from sandbox.checkout import answer_bank
from sandbox.control import ControlError
from sandbox.server import Sandbox
from sandbox.webhooks import sign
from tests.factories.orders import make_cart

BASE, SECRET = "http://localhost", "whsec_saffron"
STAFF = Actor(None, "manager@saffron.test", "203.0.113.7")
# Jobs that move money; letters and PDFs have tests of their own.
MONEY_JOBS = ("jobs.payments.",)
# What a move may answer instead of doing it: a clear no, or Stripe being away.
NO = (DomainError, GatewayUnavailable, GatewayRefused, ControlError)


class Killed(BaseException):
    """kill -9, as far as a test in one process can: nothing below catches it."""


class DyingGateway:
    """Stripe as it is; `die()` kills its next caller after Stripe has done what it was asked."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._dies = False

    def die(self, dies: bool = True) -> None:
        self._dies = dies

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or name == "read_event":
            return found

        def ask(*args: Any, **options: Any) -> Any:
            answer = found(*args, **options)
            if self._dies:
                self._dies = False
                raise Killed
            return answer

        return ask


@dataclass
class MoneyShop:
    """The moves. Each answers what became of it in a word; none may end in another error than a clear no."""

    app: Flask
    box: Sandbox
    gateway: DyingGateway
    variants: list[Variant]
    time: ExitStack
    orders: list[int] = field(default_factory=list)
    # Events of Stripe that were not delivered yet, oldest first, and all that were ever made.
    mailbag: list[dict[str, Any]] = field(default_factory=list)
    delivered: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    cards: dict[str, CardOnFile] = field(default_factory=dict)
    bells: list[int] = field(default_factory=list)
    redis_is_up: bool = True
    ahead: float = 0.0

    # Customers

    def place(self, picks: list[tuple[int, int]]) -> str:
        """Order so many of these variants for the earliest slot."""
        lines = {self.variants[which % len(self.variants)]: quantity for which, quantity in picks}
        cart = make_cart(*lines.items())
        slot = earliest_pickup(db.session(), Need(lead_time_hours=24, make_minutes=0))
        assert slot is not None
        total = sum(variant.price_cents * quantity for variant, quantity in lines.items())
        wish = PlaceOrder(
            cart_id=cart.id,
            checkout_key=cart.checkout_key,
            name="Laila Rahimi",
            email=f"laila{cart.id}@saffron.test",
            phone="+61491570156",
            starts_at=slot.starts_at,
            accepted_total_cents=total,
        )
        self.orders.append(place_order(wish))
        return "placed"

    def open_page(self, order_id: int) -> str:
        services.start_checkout(order_id, self.gateway, BASE)
        return "opened"

    def pay(self, order_id: int, card: str, *, answers: bool = True) -> str:
        """On the page that is open; a bank that asks is answered, well or badly."""
        page = self.page_of(order_id)
        if page is None:
            return "no page"
        self.box.pay(page, card=card, authenticate=answers)
        return "paid"

    def charge(self, order_id: int, kind: str, *, answers: bool = True, off_session: bool = False) -> str:
        """A card that was saved before is charged; a bank that asks is answered, well or badly."""
        charged = services.charge_saved_card(
            order_id, self.card(kind), self.gateway, BASE, off_session=off_session
        )
        intent_id = db.session.get_one(Payment, charged.payment_id).payment_intent_id
        db.session.rollback()
        if charged.url:
            answer_bank(self.box.world, str(intent_id), answers)
        return str(charged.outcome)

    def card(self, kind: str) -> CardOnFile:
        """A customer's saved card at Stripe, by the name of the ready-made test card."""
        if kind not in self.cards:
            self.box.clear_faults("stripe")
            stripe = StripeClient("sk_test_saffron", base_addresses={"api": self.box.url}).v1
            customer = stripe.customers.create(params={"email": "laila@saffron.test"}).id
            method = stripe.payment_methods.attach(kind, params={"customer": customer}).id
            self.cards[kind] = CardOnFile(customer, method)
        return self.cards[kind]

    def close_page(self, order_id: int) -> str:
        page = self.page_of(order_id)
        if page is None:
            return "no page"
        self.box.expire(page)
        return "closed"

    def page_of(self, order_id: int) -> str | None:
        """The latest page, open or not: a browser may still show it."""
        query = select(Payment.session_id).where(
            Payment.order_id == order_id, Payment.session_id.is_not(None)
        )
        return db.session.scalar(query.order_by(Payment.id.desc()).limit(1))

    # Staff

    def cancel(self, order_id: int) -> str:
        cancel_order(order_id, STAFF, "the oven broke")
        services.cancel_attempt(order_id)
        return "cancelled"

    # Stripe's events

    def collect_events(self) -> None:
        """What Stripe has made since we looked last."""
        rows = self.box.world.store.rows(
            "SELECT seq, body FROM objects WHERE kind = 'event' AND seq > ? ORDER BY seq", self.seen
        )
        for row in rows:
            self.seen = row["seq"]
            self.mailbag.append(json.loads(row["body"]))

    def deliver(self, position: int, *, copies: int = 1) -> str:
        self.collect_events()
        if not self.mailbag:
            return "nothing"
        event = self.mailbag.pop(position % len(self.mailbag))
        for _ in range(copies):
            self._post(event)
        self.delivered.append(event)
        return str(event["type"])

    def deliver_again(self, position: int) -> str:
        """An old one once more, days later perhaps."""
        if not self.delivered:
            return "nothing"
        self._post(self.delivered[position % len(self.delivered)])
        return "again"

    def lose(self, position: int) -> str:
        self.collect_events()
        if not self.mailbag:
            return "nothing"
        return "lost " + str(self.mailbag.pop(position % len(self.mailbag))["type"])

    def _post(self, event: dict[str, Any]) -> None:
        body = json.dumps(event)
        answer = self.app.test_client().post(
            "/webhooks/stripe",
            data=body,
            content_type="application/json",
            headers={"Stripe-Signature": sign(body, SECRET, int(time.time()))},
        )
        assert answer.status_code == 200, answer.data

    # Jobs

    def ring(self, row_id: int, _on: str) -> bool:
        """In the place of Redis."""
        if self.redis_is_up:
            self.bells.append(row_id)
        return self.redis_is_up

    def work(self, limit: int = 20) -> str:
        """Workers run what was rung for."""
        bells, self.bells = self.bells[:limit], self.bells[limit:]
        for row_id in bells:
            self._run(row_id)
        return f"{len(bells)} done"

    def work_and_die(self) -> str:
        """The next job that asks Stripe is killed when Stripe has answered, before that is written down."""
        self.gateway.die()
        try:
            self.work()
        except Killed:
            return "killed"
        finally:
            self.gateway.die(False)
        return "survived"

    def sweep(self) -> int:
        """Rows nobody rang for, or whose worker died."""
        db.session.rollback()
        due = [row_id for row_id, _ in outbox.due(5000)]
        for row_id in due:
            self._run(row_id)
        return len(due)

    def _run(self, row_id: int) -> None:
        job = db.session.scalar(select(Outbox.job).where(Outbox.id == row_id))
        db.session.rollback()
        if job is not None and job.startswith(MONEY_JOBS):
            runner.run(row_id)
            return
        db.session.execute(update(Outbox).where(Outbox.id == row_id).values(done_at=clock.now()))
        db.session.commit()

    def expire(self) -> str:
        return f"{expire_due_orders(is_paying)} expired"

    def reconcile(self) -> str:
        return str(services.reconcile(self.gateway, clock.now() - timedelta(days=30)))

    # The world

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
            self.let_pass(timedelta(minutes=45))
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

    def order(self, order_id: int) -> Order:
        db.session.rollback()
        return db.session.get_one(Order, order_id)


@contextmanager
def opened(app: Flask, box: Sandbox, variants: list[Variant], patch: Any) -> Iterator[MoneyShop]:
    """The shop with its doors open; `patch` is pytest's monkeypatch."""
    # A fault is met at once: the SDK's own pauses would make thousands of steps take hours.
    patch.setattr(stripe_connection, "RETRIES", 0)
    gateway = DyingGateway(StripeGateway("sk_test_saffron", SECRET, box.url))
    patch.setitem(app.extensions, "adapters", replace(app.extensions["adapters"], gateway=gateway))
    with ExitStack() as moved:
        shop = MoneyShop(app, box, gateway, variants, moved)
        patch.setattr(outbox, "ring", shop.ring)
        yield shop

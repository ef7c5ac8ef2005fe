"""A payment service in memory: sessions that a test pays, expires, or finds away."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bakery.integrations.gateway.port import (
    BadSignature,
    CheckoutRequest,
    CheckoutSession,
    GatewayRefused,
    GatewayUnavailable,
)
from tests.fakes.balance import FakeBalance
from tests.fakes.gateway_cards import FakeCards
from tests.fakes.gateway_customers import FakeCustomers
from tests.fakes.gateway_disputes import FakeDisputes
from tests.fakes.gateway_refunds import FakeRefunds, refund_body

__all__ = ["FakeGateway", "refund_body", "session_body"]


class FakeGateway(FakeCards, FakeCustomers, FakeDisputes, FakeRefunds, FakeBalance):
    """`away`: does not answer. `refusing`: says no with this code. `interrupt`: called between work and answer."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, CheckoutSession] = {}
        self.by_key: dict[str, tuple[CheckoutRequest, CheckoutSession]] = {}
        self.refunds, self.captured = {}, {}
        self.disputed, self.refunds_begin = set(), "succeeded"
        self.away = False
        self.refusing = ""
        self.interrupt: Callable[[], None] | None = None
        self.calls: list[str] = []
        self.charges, self.page_cards = {}, {}
        self.asking, self.declining = set(), {}
        self.customers, self.cards, self.setups = {}, {}, {}

    def load(self) -> None:
        self.calls.append("load")

    def _answer(self, call: str = "") -> None:
        self.calls.append(call)
        if self.away:
            raise GatewayUnavailable("the payment service does not answer")
        if self.refusing:
            raise GatewayRefused("the payment service says no", code=self.refusing)

    def _worked(self) -> None:
        if self.interrupt:
            interrupt, self.interrupt = self.interrupt, None
            interrupt()

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        self._answer("create_checkout")
        if request.idempotency_key in self.by_key:
            first, made = self.by_key[request.idempotency_key]
            if first != request:
                raise GatewayRefused("this key was used for something else", code="idempotency_error")
            return self.sessions[made.id]
        made = self._keep(
            CheckoutSession(
                id=f"cs_test_{len(self.sessions) + 1}_{request.payment_id}",
                status="open",
                payment_status="unpaid",
                amount_cents=sum(item.amount_cents * item.quantity for item in request.items),
                currency=request.currency.lower(),
                url=f"https://pay.saffron.test/{request.payment_id}",
                payment_intent_id=None,
                client_reference_id=request.order_number,
                expires_at=request.expires_at,
                metadata={"order_number": request.order_number, "payment_id": str(request.payment_id)},
            )
        )
        self.by_key[request.idempotency_key] = (request, made)
        self._worked()
        return made

    def get_checkout(self, session_id: str) -> CheckoutSession:
        self._answer("get_checkout")
        if session_id not in self.sessions:
            raise GatewayRefused("no such session", code="resource_missing")
        return self.sessions[session_id]

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        self._answer("expire_checkout")
        if self.sessions[session_id].status != "open":
            raise GatewayRefused("only open sessions can be expired")
        return self.close(session_id)

    def close(self, session_id: str) -> CheckoutSession:
        """What the clock, or somebody in the dashboard, does to an open page."""
        return self._keep(replace(self.sessions[session_id], status="expired", url=None))

    def pay(self, session_id: str, typed: str = "visa", **reported: Any) -> CheckoutSession:
        """What the customer does on the hosted page. `reported` is what the service then says differently."""
        request = next(request for request, made in self.by_key.values() if made.id == session_id)
        kept_for = request.customer_id if request.future_usage else None
        card = self.give_card(f"pm_{session_id}", kept_for, typed)
        self.page_cards[f"pi_{session_id}"] = card.payment_method_id
        paid: dict[str, Any] = {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent_id": f"pi_{session_id}",
            "url": None,
        }
        done = self._keep(replace(self.sessions[session_id], **(paid | reported)))
        if done.payment_intent_id and done.payment_status == "paid" and done.amount_cents:
            self.book_charge(
                done.payment_intent_id,
                done.amount_cents,
                done.client_reference_id,
                currency=(done.currency or "aud").upper(),
            )
        return done

    def find_checkout(self, payment_intent_id: str) -> CheckoutSession | None:
        self._answer("find_checkout")
        for each in self.sessions.values():
            if each.payment_intent_id == payment_intent_id:
                return each
        return None

    def list_completed_checkouts(self, since: datetime) -> list[CheckoutSession]:
        self._answer("list_completed_checkouts")
        return [s for s in self.sessions.values() if s.status == "complete"]

    def read_event(self, payload: bytes, signature: str) -> dict[str, Any]:
        if signature != "genuine":
            raise BadSignature("forged")
        return json.loads(payload)

    def _keep(self, session: CheckoutSession) -> CheckoutSession:
        session = replace(session, raw=session_body(session))
        self.sessions[session.id] = session
        return session


def session_body(session: CheckoutSession) -> dict[str, Any]:
    """A Checkout Session as Stripe writes it, as far as the shop reads it."""
    return {
        "id": session.id,
        "object": "checkout.session",
        "status": session.status,
        "payment_status": session.payment_status,
        "amount_total": session.amount_cents,
        "currency": session.currency,
        "payment_intent": session.payment_intent_id,
        "client_reference_id": session.client_reference_id,
        "metadata": dict(session.metadata),
    }

"""A payment service in memory: sessions that a test pays, expires, or finds away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from bakery.integrations.gateway.port import (
    BadSignature,
    CheckoutRequest,
    CheckoutSession,
    GatewayRefund,
    GatewayUnavailable,
)


class FakeGateway:
    def __init__(self) -> None:
        self.sessions: dict[str, CheckoutSession] = {}
        self.by_key: dict[str, CheckoutSession] = {}
        self.refunds: dict[str, GatewayRefund] = {}
        self.away = False

    def _answer(self) -> None:
        if self.away:
            raise GatewayUnavailable("the payment service does not answer")

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        self._answer()
        if request.idempotency_key in self.by_key:
            return self.by_key[request.idempotency_key]
        session = CheckoutSession(
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
        self.sessions[session.id] = self.by_key[request.idempotency_key] = session
        return session

    def get_checkout(self, session_id: str) -> CheckoutSession:
        self._answer()
        return self.sessions[session_id]

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        self._answer()
        self.sessions[session_id] = replace(self.sessions[session_id], status="expired", url=None)
        return self.sessions[session_id]

    def pay(self, session_id: str) -> CheckoutSession:
        """What the customer does on the hosted page."""
        self.sessions[session_id] = replace(
            self.sessions[session_id],
            status="complete",
            payment_status="paid",
            payment_intent_id=f"pi_{session_id}",
            url=None,
        )
        return self.sessions[session_id]

    def list_completed_checkouts(self, since: datetime) -> list[CheckoutSession]:
        self._answer()
        return [s for s in self.sessions.values() if s.status == "complete"]

    def refund(self, payment_intent_id: str, amount_cents: int, *, idempotency_key: str) -> GatewayRefund:
        self._answer()
        return self.refunds.setdefault(
            idempotency_key,
            GatewayRefund(
                f"re_{len(self.refunds) + 1}_{payment_intent_id}", "succeeded", amount_cents, "aud"
            ),
        )

    def read_event(self, payload: bytes, signature: str) -> dict[str, Any]:
        if signature != "genuine":
            raise BadSignature("forged")
        return json.loads(payload)

"""Refunds in memory: each begins as `refunds_begin` says, and a test settles it as it likes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bakery.integrations.gateway.port import GatewayRefused
from bakery.integrations.gateway.refund_port import GatewayRefund

OVER = ("failed", "canceled")


class FakeRefunds:
    """The part of the fake that gives money back. `refunds`: each by its key. `captured`: what a payment brought, where
    a test says so: then no more than that goes back of it. `disputed`: payments of which nothing does.
    """

    refunds: dict[str, GatewayRefund]
    captured: dict[str, int]
    disputed: set[str]
    refunds_begin: str

    def refund(
        self,
        payment_intent_id: str,
        amount_cents: int,
        *,
        idempotency_key: str,
        metadata: Mapping[str, str] | None = None,
    ) -> GatewayRefund:
        self._answer("refund")
        if idempotency_key not in self.refunds:
            self._refuse(payment_intent_id, amount_cents)
            refund_id = f"re_{len(self.refunds) + 1}_{payment_intent_id}"
            raw = refund_body(refund_id, payment_intent_id, amount_cents, self.refunds_begin)
            raw["metadata"] = dict(metadata or {})
            self.refunds[idempotency_key] = _read(raw)
            self.book_refund(raw)
        self._worked()
        return self.refunds[idempotency_key]

    def get_refund(self, refund_id: str) -> GatewayRefund:
        self._answer("get_refund")
        return self.refunds[self._key(refund_id)]

    def cancel_refund(self, refund_id: str) -> GatewayRefund:
        self._answer("cancel_refund")
        if self.refunds[self._key(refund_id)].status != "requires_action":
            raise GatewayRefused("only a refund that waits for its customer is called back")
        return self.settle(refund_id, "canceled")

    def list_refunds(self, since: datetime) -> list[GatewayRefund]:
        self._answer("list_refunds")
        return list(self.refunds.values())

    def list_refunds_of(self, payment_intent_id: str) -> list[GatewayRefund]:
        self._answer("list_refunds_of")
        return [made for made in self.refunds.values() if made.raw["payment_intent"] == payment_intent_id]

    def settle(self, refund_id: str, status: str, reason: str = "") -> GatewayRefund:
        """What the bank, or somebody at the service, makes of a refund."""
        key = self._key(refund_id)
        raw = self.refunds[key].raw | {"status": status}
        if status in OVER:
            self.book_refund(raw)
        self.refunds[key] = _read(raw | {"failure_reason": reason} if reason else raw)
        return self.refunds[key]

    def _key(self, refund_id: str) -> str:
        for key, made in self.refunds.items():
            if made.id == refund_id:
                return key
        raise GatewayRefused("no such refund", code="resource_missing")

    def _refuse(self, intent_id: str, amount_cents: int) -> None:
        if intent_id in self.disputed:
            raise GatewayRefused("it has been charged back", code="charge_disputed")
        if intent_id not in self.captured:
            return
        went = sum(
            made.amount_cents
            for made in self.refunds.values()
            if made.raw["payment_intent"] == intent_id and made.status not in OVER
        )
        left = self.captured[intent_id] - went
        if left <= 0:
            raise GatewayRefused("it has already been refunded", code="charge_already_refunded")
        if amount_cents > left:
            raise GatewayRefused("the amount is greater than what is left of the charge")


def refund_body(
    refund_id: str, payment_intent_id: str, amount_cents: int, status: str = "succeeded"
) -> dict[str, Any]:
    """A Refund as Stripe writes it, as far as the shop reads it."""
    return {
        "id": refund_id,
        "object": "refund",
        "status": status,
        "amount": amount_cents,
        "currency": "aud",
        "payment_intent": payment_intent_id,
    }


def _read(raw: dict[str, Any]) -> GatewayRefund:
    made = GatewayRefund(raw["id"], raw["status"], raw["amount"], raw["currency"], raw)
    return replace(made, failure_reason=raw.get("failure_reason", ""), metadata=raw.get("metadata", {}))

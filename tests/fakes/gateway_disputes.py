"""Disputes and fraud warnings of a payment service in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bakery.core import clock
from bakery.integrations.gateway.dispute_port import GatewayDispute, GatewayWarning
from bakery.integrations.gateway.port import GatewayRefused

FEE = 2500
WEEK = timedelta(days=7)


class FakeDisputes:
    """The part of the fake that knows disputes: `disputes` and `warnings` are bodies as Stripe writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.disputes: dict[str, dict[str, Any]] = {}
        self.warnings: dict[str, dict[str, Any]] = {}
        # By idempotency key.
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.answers: dict[str, tuple[str, dict[str, str]]] = {}
        self.closings: dict[str, str] = {}

    def _answer(self, call: str = "") -> None:
        raise NotImplementedError

    def _worked(self) -> None:
        raise NotImplementedError

    def list_disputes(self, since: datetime) -> list[GatewayDispute]:
        self._answer("list_disputes")
        young = [body for body in self.disputes.values() if body["created"] >= since.timestamp()]
        return [read(body) for body in young]

    def get_dispute(self, dispute_id: str) -> GatewayDispute:
        self._answer("get_dispute")
        if dispute_id not in self.disputes:
            raise GatewayRefused("no such dispute", code="resource_missing")
        return read(self.disputes[dispute_id])

    def upload_evidence(self, name: str, data: bytes, *, idempotency_key: str) -> str:
        self._answer("upload_evidence")
        self.uploads.setdefault(idempotency_key, (f"file_{len(self.uploads) + 1}", data))
        self._worked()
        return self.uploads[idempotency_key][0]

    def answer_dispute(
        self, dispute_id: str, evidence: Mapping[str, str], *, idempotency_key: str
    ) -> GatewayDispute:
        self._answer("answer_dispute")
        body = self.disputes[dispute_id]
        if idempotency_key not in self.answers:
            if body["status"] not in ("needs_response", "warning_needs_response"):
                raise GatewayRefused("This dispute is already closed or answered")
            if body["evidence_details"]["due_by"] < clock.now().timestamp():
                raise GatewayRefused("The evidence is past due")
            self.answers[idempotency_key] = (dispute_id, dict(evidence))
            body["status"] = body["status"].replace("needs_response", "under_review")
        self._worked()
        return read(body)

    def close_dispute(self, dispute_id: str, *, idempotency_key: str) -> GatewayDispute:
        self._answer("close_dispute")
        body = self.disputes[dispute_id]
        if idempotency_key not in self.closings:
            if body["status"] != "needs_response":
                raise GatewayRefused("This dispute is already closed")
            self.closings[idempotency_key] = dispute_id
            body["status"] = "lost"
        self._worked()
        return read(body)

    def list_fraud_warnings(self, since: datetime) -> list[GatewayWarning]:
        self._answer("list_fraud_warnings")
        young = [body for body in self.warnings.values() if body["created"] >= since.timestamp()]
        return [GatewayWarning(body["id"], body) for body in young]


def read(body: dict[str, Any]) -> GatewayDispute:
    return GatewayDispute(body["id"], body["status"], dict(body))


def dispute_body(
    intent_id: str, cents: int, *moved: dict[str, Any], status: str = "needs_response", **changes: Any
) -> dict[str, Any]:
    """A Dispute as Stripe writes it, as far as the shop reads it."""
    now = clock.now().astimezone(UTC)
    return {
        "id": f"dp_of_{intent_id}",
        "object": "dispute",
        "amount": cents,
        "currency": "aud",
        "payment_intent": intent_id,
        "reason": "fraudulent",
        "status": status,
        "created": int(now.timestamp()),
        "evidence_details": {"due_by": int((now + WEEK).timestamp()), "has_evidence": False},
        "balance_transactions": list(moved),
    } | changes


def movement(reference: str, cents: int, fee: int = 0, currency: str = "aud") -> dict[str, Any]:
    """One balance transaction of a dispute."""
    return {
        "id": reference,
        "object": "balance_transaction",
        "amount": cents,
        "fee": fee,
        "net": cents - fee,
        "currency": currency,
        "type": "adjustment",
    }


def warning_body(intent_id: str, *, actionable: bool = True, **changes: Any) -> dict[str, Any]:
    """An early fraud warning as Stripe writes it."""
    return {
        "id": f"issfr_of_{intent_id}",
        "object": "radar.early_fraud_warning",
        "actionable": actionable,
        "created": int(clock.now().timestamp()),
        "fraud_type": "made_with_stolen_card",
        "payment_intent": intent_id,
    } | changes

"""Refunds at Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.integrations.gateway.stripe_connection import PAGE, StripeConnection


class StripeRefunds(StripeConnection):
    """`RefundGateway` by Stripe."""

    def list_refunds(self, since: datetime) -> list[GatewayRefund]:
        """All refunds made since then, whoever made them, newest first."""
        return self._listed({"created": {"gte": int(since.timestamp())}, "limit": PAGE})

    def list_refunds_of(self, payment_intent_id: str) -> list[GatewayRefund]:
        """All refunds of one payment, whoever made them, newest first."""
        return self._listed({"payment_intent": payment_intent_id, "limit": PAGE})

    def get_refund(self, refund_id: str) -> GatewayRefund:
        """Raises GatewayRefused for a refund that Stripe does not know."""
        with self._asking() as stripe:
            return read_refund(stripe.refunds.retrieve(refund_id).to_dict())

    def refund(
        self,
        payment_intent_id: str,
        amount_cents: int,
        *,
        idempotency_key: str,
        metadata: Mapping[str, str] | None = None,
    ) -> GatewayRefund:
        """Give money back. The same idempotency key gives it back once."""
        params: dict[str, Any] = {"payment_intent": payment_intent_id, "amount": amount_cents}
        if metadata:
            params["metadata"] = dict(metadata)
        with self._asking() as stripe:
            made = stripe.refunds.create(params=params, options={"idempotency_key": idempotency_key})
            return read_refund(made.to_dict())

    def cancel_refund(self, refund_id: str) -> GatewayRefund:
        """Call back a refund that waits for its customer. Raises GatewayRefused for any other."""
        with self._asking() as stripe:
            return read_refund(stripe.refunds.cancel(refund_id).to_dict())

    def _listed(self, params: dict[str, Any]) -> list[GatewayRefund]:
        with self._asking() as stripe:
            found = stripe.refunds.list(params=params)
            return [read_refund(each.to_dict()) for each in found.auto_paging_iter()]


def read_refund(raw: dict[str, Any]) -> GatewayRefund:
    """Stripe's Refund in the shop's words."""
    return GatewayRefund(
        id=raw["id"],
        status=raw["status"] or "succeeded",
        amount_cents=raw["amount"],
        currency=raw["currency"],
        raw=raw,
        failure_reason=raw.get("failure_reason") or "",
        metadata=dict(raw.get("metadata") or {}),
    )

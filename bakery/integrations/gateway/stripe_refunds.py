"""Refunds at Stripe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.integrations.gateway.stripe_connection import PAGE, StripeConnection


class StripeRefunds(StripeConnection):
    """`RefundGateway` by Stripe."""

    def list_refunds(self, since: datetime) -> list[GatewayRefund]:
        """All refunds made since then, whoever made them, newest first."""
        params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.refunds.list(params=params)
            return [read_refund(each.to_dict()) for each in found.auto_paging_iter()]

    def refund(self, payment_intent_id: str, amount_cents: int, *, idempotency_key: str) -> GatewayRefund:
        """Give money back. The same idempotency key gives it back once."""
        params = {"payment_intent": payment_intent_id, "amount": amount_cents}
        with self._asking() as stripe:
            made = stripe.refunds.create(params=params, options={"idempotency_key": idempotency_key})
            return read_refund(made.to_dict())


def read_refund(raw: dict[str, Any]) -> GatewayRefund:
    """Stripe's Refund in the shop's words."""
    return GatewayRefund(
        id=raw["id"],
        status=raw["status"] or "succeeded",
        amount_cents=raw["amount"],
        currency=raw["currency"],
        raw=raw,
    )

"""Giving money back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class GatewayRefund:
    """Money given back. `raw` is the service's own object, as its events carry it."""

    id: str
    status: str  # "succeeded", "pending", "requires_action", "failed", "canceled"
    amount_cents: int
    currency: str
    raw: dict[str, Any] = field(default_factory=dict)
    # The service's own word for why it failed.
    failure_reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


class RefundGateway(Protocol):
    """Raises GatewayUnavailable or GatewayRefused; every writing call carries an idempotency key."""

    def list_refunds(self, since: datetime) -> list[GatewayRefund]: ...

    def list_refunds_of(self, payment_intent_id: str) -> list[GatewayRefund]: ...

    def get_refund(self, refund_id: str) -> GatewayRefund: ...

    def refund(
        self,
        payment_intent_id: str,
        amount_cents: int,
        *,
        idempotency_key: str,
        metadata: Mapping[str, str] | None = None,
    ) -> GatewayRefund: ...

    def cancel_refund(self, refund_id: str) -> GatewayRefund:
        """Call back one that waits for its customer to say where the money goes."""

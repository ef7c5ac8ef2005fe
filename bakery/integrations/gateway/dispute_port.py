"""Disputes: reading them, answering them, and the warnings that come before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class GatewayDispute:
    """A dispute. `raw` is the service's own object, as its events carry it."""

    id: str
    status: str
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayWarning:
    """An early fraud warning. `raw` is the service's own object, as its events carry it."""

    id: str
    raw: dict[str, Any] = field(default_factory=dict)


class DisputeGateway(Protocol):
    """Raises GatewayUnavailable or GatewayRefused; every writing call carries an idempotency key."""

    def list_disputes(self, since: datetime) -> list[GatewayDispute]: ...

    def get_dispute(self, dispute_id: str) -> GatewayDispute: ...

    def upload_evidence(self, name: str, data: bytes, *, idempotency_key: str) -> str:
        """Hand over a PDF; answers the name that an answer calls it by."""

    def answer_dispute(
        self, dispute_id: str, evidence: Mapping[str, str], *, idempotency_key: str
    ) -> GatewayDispute:
        """Submit the evidence for good: the bank gets it as it is."""

    def close_dispute(self, dispute_id: str, *, idempotency_key: str) -> GatewayDispute:
        """Give in: the dispute is lost, for good."""

    def list_fraud_warnings(self, since: datetime) -> list[GatewayWarning]: ...

"""Disputes at Stripe."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bakery.integrations.gateway.dispute_port import GatewayDispute, GatewayWarning
from bakery.integrations.gateway.stripe_connection import PAGE, StripeConnection


class StripeDisputes(StripeConnection):
    """`DisputeGateway` by Stripe."""

    def list_disputes(self, since: datetime) -> list[GatewayDispute]:
        """All disputes and inquiries that were opened since then, newest first."""
        params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.disputes.list(params=params)
            return [read_dispute(each.to_dict()) for each in found.auto_paging_iter()]

    def get_dispute(self, dispute_id: str) -> GatewayDispute:
        """Raises GatewayRefused for a dispute that Stripe does not know."""
        with self._asking() as stripe:
            return read_dispute(stripe.disputes.retrieve(dispute_id).to_dict())

    def upload_evidence(self, name: str, data: bytes, *, idempotency_key: str) -> str:
        """The id of the file. The same idempotency key uploads it once."""
        # A named stream: Stripe shows the name to the bank.
        file = io.BytesIO(data)
        file.name = name
        with self._asking(in_background=True) as stripe:
            made = stripe.files.create(
                params={"purpose": "dispute_evidence", "file": file},
                options={"idempotency_key": idempotency_key},
            )
            return str(made.id)

    def answer_dispute(
        self, dispute_id: str, evidence: Mapping[str, str], *, idempotency_key: str
    ) -> GatewayDispute:
        """Submit. Raises GatewayRefused when the dispute is answered, over or past its day."""
        params = {"evidence": dict(evidence), "submit": True}
        with self._asking() as stripe:
            made = stripe.disputes.update(
                dispute_id, params=params, options={"idempotency_key": idempotency_key}
            )
            return read_dispute(made.to_dict())

    def close_dispute(self, dispute_id: str, *, idempotency_key: str) -> GatewayDispute:
        """Accept the loss. Raises GatewayRefused when it is over already."""
        with self._asking() as stripe:
            made = stripe.disputes.close(dispute_id, options={"idempotency_key": idempotency_key})
            return read_dispute(made.to_dict())

    def list_fraud_warnings(self, since: datetime) -> list[GatewayWarning]:
        """All early fraud warnings since then, newest first."""
        params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with self._asking() as stripe:
            found = stripe.radar.early_fraud_warnings.list(params=params)
            rows = [each.to_dict() for each in found.auto_paging_iter()]
        return [GatewayWarning(row["id"], row) for row in rows]


def read_dispute(raw: dict[str, Any]) -> GatewayDispute:
    """Stripe's Dispute in the shop's words."""
    return GatewayDispute(id=raw["id"], status=raw["status"], raw=raw)

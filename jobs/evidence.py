"""Writing down what is known of a sale, should anybody ever dispute it."""

from __future__ import annotations

from bakery.aftercare import evidence
from bakery.aftercare.models import EvidenceKind
from bakery.integrations.adapters import adapters


def store(order_id: int, kind: str, occasion: str) -> None:
    """Write it down, once for each occasion."""
    evidence.store_record(order_id, EvidenceKind(kind), occasion, adapters().files)

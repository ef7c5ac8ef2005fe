"""The hash of a record: who changes it later cannot hide it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from bakery.aftercare.models import EvidenceRecord


def canonical(value: Any) -> bytes:
    """One spelling of one value: sorted names, no spaces, plain UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def seal(record: EvidenceRecord) -> str:
    """The sha256 of everything that a record says, and of the record before it."""
    return digest_of(
        {
            "order": record.order_id,
            "kind": record.kind,
            "occasion": record.occasion,
            "at": record.at.isoformat(),
            "previous": record.previous_sha256,
            "facts": record.facts,
        }
    )


def first_broken(records: Sequence[EvidenceRecord]) -> EvidenceRecord | None:
    """The first of an order's records (the oldest first) that is not what it was, or does not follow the one before;
    None when all are whole.
    """
    previous = ""
    for record in records:
        if record.previous_sha256 != previous or record.sha256 != seal(record):
            return record
        previous = record.sha256
    return None

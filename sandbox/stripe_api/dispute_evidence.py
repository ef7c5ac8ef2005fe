"""The evidence of a dispute: what may be sent, how much of it, and Stripe's magic words."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.params import Params

FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
LONGEST_TEXT, LONGEST_IN_ALL = 20_000, 150_000
LARGEST_IN_ALL = 4_500_000  # bytes of all files together
# Stripe's own words for tests: evidence of this text is decided so a moment after it was submitted.
MAGIC = {
    "winning_evidence": "won",
    "losing_evidence": "lost",
    "escalate_inquiry_evidence": "escalated",
}


def empty() -> dict[str, Any]:
    return {name: None for name in sorted((*FILES, *TEXTS))} | {"enhanced_evidence": {}}


def read(call: Call, params: Params) -> dict[str, Any]:
    """The fields given; an empty one is unset. Refuses files that are none, or not meant as evidence."""
    branch = params.branch("evidence")
    if branch is None:
        return {}
    given = {name: branch.text(name, longest=LONGEST_TEXT) for name in TEXTS if branch.has(name)}
    for name in FILES:
        if branch.has(name):
            given[name] = _file(call, branch, name)
    return given


def _file(call: Call, branch: Params, name: str) -> str | None:
    key = branch.text(name)
    if key is None:
        return None
    found = call.get("file", key, branch.path(name), names="file upload")
    if found["purpose"] != "dispute_evidence":
        raise invalid(f"The file {key} was not uploaded as dispute evidence.", branch.path(name))
    return key


def refuse_too_much(call: Call, evidence: dict[str, Any]) -> None:
    """Refuses more text or larger files than a bank takes."""
    length = sum(len(evidence[name] or "") for name in TEXTS)
    if length > LONGEST_IN_ALL:
        raise StripeError(
            f"The evidence has {length:,} characters; a dispute takes {LONGEST_IN_ALL:,} in all.",
            param="evidence",
        )
    keys = {evidence[name] for name in FILES if evidence[name]}
    size = sum((call.store.get(key, "file") or {"size": 0})["size"] for key in keys)
    if size > LARGEST_IN_ALL:
        raise StripeError(
            f"The files of the evidence have {size:,} bytes; a dispute takes {LARGEST_IN_ALL:,} in all.",
            param="evidence",
        )


def given(evidence: dict[str, Any]) -> bool:
    return any(evidence[name] for name in (*FILES, *TEXTS))

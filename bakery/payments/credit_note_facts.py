"""What a credit note says, as plain data taken once and kept with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bakery.orders.models import Order, OrderLine
from bakery.payments.models import Receipt
from bakery.payments.receipt_facts import SHOP_WORDS, Facts, buyer, verify_at
from bakery.payments.refund_models import RefundLine, RefundPart, RefundRequest
from bakery.payments.refund_states import PartState, RefundKind, RefundSource
from bakery.payments.refund_words import WAYS
from bakery.shop.queries import Profile


def collect(
    order: Order,
    request: RefundRequest,
    lines: Sequence[tuple[RefundLine, OrderLine]],
    parts: Sequence[RefundPart],
    receipt: Receipt | None,
    shop: Profile,
) -> Facts:
    """Everything printed but number and date. The shop's words as they were when the order was placed, or are now."""
    then = order.snapshot.get("shop", {})
    spread = sum(line.amount_cents for line, _ in lines)
    return {
        "order_number": order.number,
        "receipt": receipt.label if receipt else "",
        "receipt_at": receipt.issued_at.isoformat() if receipt else "",
        "time_zone": order.time_zone,
        "currency": request.currency,
        "prices_include_tax": order.prices_include_tax,
        "total_cents": request.amount_cents,
        "tax_cents": request.tax_cents,
        # What was given back in Stripe past all that was sold: no line and no rate is known for it.
        "unknown_cents": request.amount_cents - spread,
        "reason": why(request),
        "shop": {word: then.get(word) or getattr(shop, word) for word in SHOP_WORDS},
        "customer": buyer(order),
        "verify_at": verify_at(),
        "lines": [_line(part, sold) for part, sold in lines],
        "taxes": _taxes(lines),
        "ways": [
            {
                "words": WAYS[part.tender],
                "cents": part.amount_cents,
                "at": part.ended_at.isoformat() if part.ended_at else "",
                "reference": part.stripe_refund_id or "",
            }
            for part in parts
            if part.state == PartState.SUCCEEDED
        ],
    }


def why(request: RefundRequest) -> str:
    """Why it went back, as its customer may read it: what staff wrote for each other is not theirs."""
    if request.kind == RefundKind.CANCELLATION:
        return "The order was cancelled."
    if request.source == RefundSource.CUSTOMER:
        return "Given back at your request."
    return {
        RefundKind.LINES: "Part of the order was given back.",
        RefundKind.ALL: "The order was given back.",
    }.get(RefundKind(request.kind), "The price was lowered afterwards.")


def _line(part: RefundLine, sold: OrderLine) -> Mapping[str, Any]:
    return {
        "name": sold.product_name,
        "size": sold.variant_name,
        "quantity": part.quantity,
        "total_cents": part.amount_cents,
        "tax_cents": part.tax_cents,
        "tax_rate_bp": sold.tax_rate_bp,
    }


def _taxes(lines: Sequence[tuple[RefundLine, OrderLine]]) -> list[Facts]:
    """One row a rate, highest first: what goes back at it without tax, the tax, and both."""
    rows: dict[tuple[int, str], Facts] = {}
    for part, sold in lines:
        row = rows.setdefault(
            (-sold.tax_rate_bp, sold.tax_code),
            {
                "code": sold.tax_code,
                "name": sold.tax_name,
                "rate_bp": sold.tax_rate_bp,
                "net_cents": 0,
                "tax_cents": 0,
            },
        )
        row["net_cents"] += part.amount_cents - part.tax_cents
        row["tax_cents"] += part.tax_cents
    return [
        rows[key] | {"gross_cents": rows[key]["net_cents"] + rows[key]["tax_cents"]} for key in sorted(rows)
    ]

"""What a receipt says, as plain data taken from the order once and kept with the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bakery.core.money import Money
from bakery.orders.models import Order, OrderLine
from bakery.payments.models import Transaction, TransactionKind
from bakery.shop.queries import Profile

Facts = dict[str, Any]
SHOP_WORDS = ("name", "legal_name", "tagline", "abn", "address", "phone", "email")


def collect(order: Order, ledger: Sequence[Transaction], shop: Profile, issued_at: datetime) -> Facts:
    """Everything printed. The shop's words as they were when the order was placed, else as they are."""
    then = order.snapshot.get("shop", {})
    return {
        "order_number": order.number,
        "issued_at": issued_at.isoformat(),
        "pickup_at": order.pickup_at.isoformat(),
        "time_zone": order.time_zone,
        "currency": order.currency,
        "prices_include_tax": order.prices_include_tax,
        "total_cents": order.total_cents,
        "tax_cents": order.tax_cents,
        # What was paid towards the total when only a part of it was; 0 when all of it was.
        "deposit_cents": order.held_cents if order.due_later.cents else 0,
        "balance_due_at": order.balance_due_at.isoformat() if order.balance_due_at else None,
        "shop": {word: then.get(word) or getattr(shop, word) for word in SHOP_WORDS},
        "customer": {"name": order.contact_name, "email": order.contact_email},
        "lines": [_line(line) for line in order.lines],
        "taxes": taxes(order.lines, include_tax=order.prices_include_tax),
        "payments": [
            {"at": row.at.isoformat(), "cents": row.amount_cents, "reference": row.stripe_id}
            for row in ledger
            if row.kind == TransactionKind.CHARGE
        ],
    }


def _line(line: OrderLine) -> Facts:
    return {
        "name": line.product_name,
        "size": line.variant_name,
        "message": line.message,
        "quantity": line.quantity,
        "unit_cents": line.unit_price_cents,
        "discount_cents": line.discount_cents,
        "total_cents": line.total_cents,
        "tax_code": line.tax_code,
        "tax_rate_bp": line.tax_rate_bp,
        "tax_cents": line.tax_cents,
    }


def taxes(lines: Sequence[OrderLine], *, include_tax: bool) -> list[Facts]:
    """One row a rate, highest first: what was sold at it without tax, the tax, and both."""
    rows: dict[tuple[int, str], Facts] = {}
    for line in lines:
        row = rows.setdefault(
            (-line.tax_rate_bp, line.tax_code),
            {"name": line.tax_name, "rate_bp": line.tax_rate_bp, "net_cents": 0, "tax_cents": 0},
        )
        row["net_cents"] += line.total_cents - (line.tax_cents if include_tax else 0)
        row["tax_cents"] += line.tax_cents
    return [
        rows[key] | {"gross_cents": rows[key]["net_cents"] + rows[key]["tax_cents"]} for key in sorted(rows)
    ]


def money(facts: Facts, cents: int) -> Money:
    """An amount in the receipt's currency."""
    return Money(cents, facts["currency"])

"""What a receipt says, as plain data taken from the order once and kept with the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bakery.core.money import Money
from bakery.infra.running import settings
from bakery.orders.models import Order, OrderLine
from bakery.payments.models import Transaction, TransactionKind
from bakery.shop.queries import Profile

Facts = dict[str, Any]
SHOP_WORDS = ("name", "legal_name", "tagline", "abn", "address", "phone", "email")
# How a customer's money came; a correction is the staff's.
PAID_BY = {
    TransactionKind.CHARGE: "by card",
    TransactionKind.CASH: "in cash",
    TransactionKind.EXTERNAL_CARD: "by card at the counter",
    TransactionKind.ADJUSTMENT: "as corrected",
}


def collect(order: Order, paid: Sequence[Transaction], shop: Profile, issued_at: datetime) -> Facts:
    """Everything printed on the tax invoice. `paid` is what was paid towards the order so far."""
    return {
        **_head(order, shop, issued_at),
        "prices_include_tax": order.prices_include_tax,
        "total_cents": order.total_cents,
        "tax_cents": order.tax_cents,
        # What was paid towards the total when only a part of it was; 0 when all of it was.
        "deposit_cents": order.held_cents if order.due_later.cents else 0,
        "balance_due_at": order.balance_due_at.isoformat() if order.balance_due_at else None,
        "lines": [_line(line) for line in order.lines],
        "taxes": taxes(order.lines, include_tax=order.prices_include_tax),
        "payments": [payment(row) for row in paid],
    }


def collect_payment(
    order: Order,
    paid: Sequence[Transaction],
    invoice: tuple[str, datetime],
    shop: Profile,
    issued_at: datetime,
) -> Facts:
    """Everything printed on a payment receipt. The last of `paid` is the payment it is about."""
    label, invoiced_at = invoice
    return {
        **_head(order, shop, issued_at),
        "invoice": {"label": label, "issued_at": invoiced_at.isoformat()},
        "total_cents": order.total_cents,
        # What has gone back since, and was taken off the price: it changes nothing of what is due.
        "credited_cents": order.credited_cents,
        "payments": [payment(row) for row in paid],
        "due_cents": max(0, order.total_cents - sum(row.amount_cents for row in paid)),
    }


def _head(order: Order, shop: Profile, issued_at: datetime) -> Facts:
    """Who, when, which order. The shop's words as they were when the order was placed, else as they are."""
    then = order.snapshot.get("shop", {})
    return {
        "order_number": order.number,
        "issued_at": issued_at.isoformat(),
        "pickup_at": order.pickup_at.isoformat(),
        "time_zone": order.time_zone,
        "currency": order.currency,
        "shop": {word: then.get(word) or getattr(shop, word) for word in SHOP_WORDS},
        "customer": buyer(order),
        "verify_at": verify_at(),
    }


def buyer(order: Order) -> Facts:
    """Whom a paper is for."""
    return {
        "name": order.contact_name,
        "email": order.contact_email,
        "business_name": order.business_name,
        "abn": order.business_abn,
    }


def verify_at() -> str:
    """Where anybody may check a paper."""
    return f"{settings().base_url}/receipts/verify"


def payment(row: Transaction) -> Facts:
    """One payment as papers show it."""
    return {
        "transaction_id": row.id,
        "at": row.at.isoformat(),
        "cents": row.amount_cents,
        "by": PAID_BY[TransactionKind(row.kind)],
        "reference": row.stripe_id,
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
            {
                "code": line.tax_code,
                "name": line.tax_name,
                "rate_bp": line.tax_rate_bp,
                "net_cents": 0,
                "tax_cents": 0,
            },
        )
        row["net_cents"] += line.total_cents - (line.tax_cents if include_tax else 0)
        row["tax_cents"] += line.tax_cents
    return [
        rows[key] | {"gross_cents": rows[key]["net_cents"] + rows[key]["tax_cents"]} for key in sorted(rows)
    ]


def money(facts: Facts, cents: int) -> Money:
    """An amount in the receipt's currency."""
    return Money(cents, facts["currency"])

"""What Stripe's page shows of an order, and how one comes back from it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra.formats import money
from bakery.integrations.gateway.port import CheckoutItem
from bakery.orders.models import Order, OrderLine
from bakery.payments.models import Payment, PaymentKind

# Stripe shows up to a hundred lines.
MOST_LINES = 100
# What the order's page is told by whoever comes back from Stripe's: that orders it, the rest, or nothing was paid.
PAID, REST, LEFT = "1", "rest", "0"
# Of orders from before a day was said.
_REST_LATER = "The rest is due when it is collected."


def return_url(base_url: str, number: str, told: str) -> str:
    """The order's page as one comes back to it. Without the order's secret: see docs/decisions/0009-payments.md."""
    return f"{base_url}/orders/{number}?paid={told}"


def word_for(payment: Payment) -> str:
    """What the order's page is told once a payment is made."""
    return REST if payment.kind == PaymentKind.BALANCE else PAID


def list_items(session: Session, order: Order, payment: Payment) -> list[CheckoutItem]:
    """The order's lines as Stripe's page shows them; they add up to the order's total to the cent. A part of the
    price is one line, which says what it is a part of.
    """
    if payment.kind == PaymentKind.DEPOSIT:
        words = f"{money(order.total)} in all. {order.deposit_wording or _REST_LATER}"
        return [CheckoutItem(f"Deposit for order {order.number}", payment.amount_cents, 1, words)]
    if payment.kind == PaymentKind.BALANCE and not order.held.cents:
        return [CheckoutItem(f"Order {order.number}", payment.amount_cents, 1)]
    if payment.kind == PaymentKind.BALANCE:
        words = f"{money(order.total)} in all, of which {money(order.held)} is paid"
        return [CheckoutItem(f"The rest of order {order.number}", payment.amount_cents, 1, words)]
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    items = [_item(line) for line in session.scalars(query)]
    left = order.total_cents - sum(item.amount_cents * item.quantity for item in items)
    if left > 0 and left == order.tax_cents and not order.prices_include_tax:
        items.append(CheckoutItem("Tax", left, 1))
        left = 0
    if left or not items or len(items) > MOST_LINES:
        return [CheckoutItem(f"Order {order.number}", order.total_cents, 1)]
    return items


def _item(line: OrderLine) -> CheckoutItem:
    name = f"{line.product_name}, {line.variant_name}" if line.variant_name else line.product_name
    if line.discount_cents == 0:
        return CheckoutItem(name, line.unit_price_cents, line.quantity, line.message)
    if line.quantity > 1:
        name = f"{line.quantity} × {name}"
    return CheckoutItem(name, line.total_cents, 1, line.message)

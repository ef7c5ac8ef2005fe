"""The two states of an order. The names are fixed (docs/domain)."""

from __future__ import annotations

from enum import StrEnum

from bakery.core.states import Machine


class OrderStatus(StrEnum):
    PENDING_PAYMENT = "PENDING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    IN_PRODUCTION = "IN_PRODUCTION"
    READY = "READY"
    COLLECTED = "COLLECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class PaymentStatus(StrEnum):
    UNPAID = "UNPAID"
    DEPOSIT_PAID = "DEPOSIT_PAID"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


_O, _P = OrderStatus, PaymentStatus

# Somebody counts on it: the kitchen has it, or had.
AGREED = (_O.CONFIRMED, _O.IN_PRODUCTION, _O.READY, _O.COLLECTED)
# `Order.due_later` in SQL, with its values written out: so its index can answer it.
STILL_DUE = (
    "shop_order.status IN ('CONFIRMED', 'IN_PRODUCTION', 'READY', 'COLLECTED')"
    " AND shop_order.payment_status IN ('UNPAID', 'DEPOSIT_PAID', 'PARTIALLY_REFUNDED')"
    " AND shop_order.total_cents - shop_order.credited_cents - shop_order.held_cents > 0"
)

ORDER = Machine(
    "order",
    {
        _O.PENDING_PAYMENT: frozenset({_O.CONFIRMED, _O.EXPIRED, _O.CANCELLED}),
        # READY straight away: a box taken off the shelf. Back steps: a mis-tap in the kitchen, undone.
        _O.CONFIRMED: frozenset({_O.IN_PRODUCTION, _O.READY, _O.CANCELLED}),
        _O.IN_PRODUCTION: frozenset({_O.READY, _O.CONFIRMED, _O.CANCELLED}),
        _O.READY: frozenset({_O.COLLECTED, _O.IN_PRODUCTION, _O.CANCELLED}),
        _O.COLLECTED: frozenset({_O.READY}),
        # A payment that came late and still found stock and capacity.
        _O.EXPIRED: frozenset({_O.CONFIRMED}),
        _O.CANCELLED: frozenset(),
    },
)

PAYMENT = Machine(
    "payment",
    {
        _P.UNPAID: frozenset({_P.DEPOSIT_PAID, _P.PAID}),
        _P.DEPOSIT_PAID: frozenset({_P.PAID, _P.PARTIALLY_REFUNDED, _P.REFUNDED}),
        _P.PAID: frozenset({_P.PARTIALLY_REFUNDED, _P.REFUNDED}),
        # Back steps: a refund that the bank sent back.
        _P.PARTIALLY_REFUNDED: frozenset({_P.PARTIALLY_REFUNDED, _P.REFUNDED, _P.PAID, _P.DEPOSIT_PAID}),
        _P.REFUNDED: frozenset({_P.PARTIALLY_REFUNDED, _P.PAID, _P.DEPOSIT_PAID}),
    },
)

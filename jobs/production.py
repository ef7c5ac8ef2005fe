"""What the kitchen is owed when an order changes."""

from __future__ import annotations

from bakery.production import services


def open_tickets(order_id: int) -> None:
    """Put a paid order on the kitchen's board."""
    services.open_tickets(order_id)


def void_tickets(order_id: int) -> None:
    """Call off a cancelled order's tickets."""
    services.void_tickets(order_id)


def follow_order(order_id: int) -> None:
    """Bring tickets in line with an order moved in the back office."""
    services.follow_order(order_id)

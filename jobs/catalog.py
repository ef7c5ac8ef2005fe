"""What a change of the menu owes."""

from __future__ import annotations

from bakery.integrations.adapters import adapters
from bakery.upkeep import pictures


def draw_picture(product_id: int) -> None:
    """Draw the picture of a cake that has none."""
    pictures.draw_picture(product_id, adapters().files)

"""Small reads of the catalogue; the menu's are in cards, a product's in product_page."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Category


def list_categories(session: Session) -> Sequence[Category]:
    """Every category, in menu order."""
    return session.scalars(select(Category).order_by(Category.position, Category.id)).all()

"""Reviews across products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Review


def list_praise(session: Session, limit: int = 3) -> Sequence[Any]:
    """The newest five-star reviews with their product's name and slug, one a product."""
    newest = (
        select(Review.id)
        .where(Review.rating == 5, Review.published_at.is_not(None))
        .ext(distinct_on(Review.product_id))
        .order_by(Review.product_id, Review.published_at.desc())
        .subquery()
    )
    return session.execute(
        select(Review.author_name, Review.body, Review.rating, Product.name, Product.slug)
        .join(Product, Product.id == Review.product_id)
        .where(Review.id.in_(select(newest.c.id)), Product.published_at.is_not(None))
        .order_by(Review.published_at.desc())
        .limit(limit)
    ).all()

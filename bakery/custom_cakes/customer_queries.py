"""What a customer sees of their own requests."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.states import OPEN

PAGE_SIZE = 20
_OPEN = CustomCakeRequest.status.in_(OPEN)


def count_requests_of(session: Session, user_id: int) -> int:
    """How many requests a customer ever sent."""
    query = select(func.count()).select_from(CustomCakeRequest).where(CustomCakeRequest.user_id == user_id)
    return session.scalar(query) or 0


def list_requests_of(
    session: Session, user_id: int, page: int = 1, page_size: int = PAGE_SIZE
) -> Sequence[CustomCakeRequest]:
    """A page of a customer's requests: what is still open by its day, then the newest."""
    return session.scalars(
        select(CustomCakeRequest)
        .where(CustomCakeRequest.user_id == user_id)
        .order_by(
            case((_OPEN, CustomCakeRequest.needed_on)).asc().nulls_last(),
            CustomCakeRequest.created_at.desc(),
            CustomCakeRequest.id.desc(),
        )
        .offset((page - 1) * page_size)
        .limit(page_size)
    ).all()

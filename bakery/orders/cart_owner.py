"""Whose cart: a signed-in person's, or that of the browser that carries the token."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false

from bakery.orders.models import Cart


@dataclass(frozen=True, slots=True)
class CartOwner:
    """A person if signed in, else a browser by its token's digest; with neither, nobody, who has no cart."""

    user_id: int | None = None
    token_digest: str | None = None

    @property
    def exists(self) -> bool:
        """Whether there is anybody who could have a cart."""
        return self.user_id is not None or self.token_digest is not None

    def owns(self) -> ColumnElement[bool]:
        """The condition that a cart is theirs. A person's cart is never reached by a token."""
        if self.user_id is not None:
            return Cart.user_id == self.user_id
        return Cart.token_digest == self.token_digest if self.token_digest else false()

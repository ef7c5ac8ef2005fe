"""The cookie by which a browser finds the cakes again that it was thinking about."""

from __future__ import annotations

from flask import Request, Response, current_app
from flask_login import current_user

from bakery.core import ids
from bakery.custom_cakes.drafts import DraftOwner

NAME = "cake"
KEEP = 30 * 24 * 3600


def draft_owner(request: Request, token: str | None = None) -> DraftOwner:
    """Who is asking: the browser by its token (or by the one it is about to get), and the person if signed in."""
    known = token or request.cookies.get(NAME, "")
    return DraftOwner(
        token_digest=ids.digest(known) if known else None,
        user_id=current_user.id if current_user.is_authenticated else None,
    )


def send_token(response: Response, token: str | None) -> Response:
    """Give the browser its token, if there is a new one."""
    if token:
        response.set_cookie(
            NAME,
            token,
            max_age=KEEP,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SETTINGS"].https,
        )
    return response

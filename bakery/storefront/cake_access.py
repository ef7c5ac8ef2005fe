"""Who may see a request for a custom cake: its customer, the browser that sent it, or who has its secret link."""

from __future__ import annotations

import flask
from flask import request
from flask_login import current_user
from sqlalchemy.orm import Session

from bakery.core.errors import NotFound
from bakery.core.ids import same_secret
from bakery.custom_cakes import queries
from bakery.custom_cakes.models import CustomCakeRequest

_KNOWN = "cakes"
MOST = 20
# What a secret is compared with when there is no such request: as long as a real one.
_NOBODYS = "-" * 43


def open_request(session: Session, number: str) -> CustomCakeRequest:
    """The request under this number, if this person may see it. All others get the same NotFound.

    A `?key=` in the address is taken before anything else: right, this browser knows the request from now on;
    wrong, nothing else opens it. The comparison takes the same time whether the request exists or not.
    """
    row = _lookup(session, number)
    if "key" in request.args:
        right = same_secret(request.args["key"], row.secret if row else _NOBODYS)
        if row is not None and right:
            remember_key(row)
            return row
    elif row is not None and _is_theirs(row):
        return row
    raise NotFound("There is no such request, or it is not yours to see.")


def remember_key(row: CustomCakeRequest) -> None:
    """Note in the browser's signed session that it has this request's key; the oldest fall out."""
    remember_number(row.number)


def remember_number(number: str) -> None:
    """The same for a number that was known already; sign-in takes them along."""
    known = [other for other in known_requests() if other != number]
    flask.session[_KNOWN] = [*known, number][-MOST:]


def known_requests() -> list[str]:
    """The numbers this browser has the key to."""
    return list(flask.session.get(_KNOWN, []))


def _lookup(session: Session, number: str) -> CustomCakeRequest | None:
    try:
        return queries.find_request(session, number)
    except NotFound:
        return None


def _is_theirs(row: CustomCakeRequest) -> bool:
    if row.number in known_requests():
        return True
    return bool(current_user.is_authenticated and row.user_id is not None and row.user_id == current_user.id)

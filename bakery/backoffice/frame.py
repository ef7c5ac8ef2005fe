"""What frames every staff page: the places this person may go, and who they are."""

from __future__ import annotations

from flask import Blueprint, request
from flask_login import current_user

from bakery.core.actor import Actor
from bakery.people.rights import Right, has_right

# (group, [(slug, address, name, icon, right)])
PLACES: list[tuple[str, list[tuple[str, str, str, str, Right]]]] = [
    (
        "Today",
        [
            ("orders", "/admin/orders", "Orders", "receipt", Right.SEE_ORDERS),
            ("kitchen", "/kitchen", "Kitchen", "whisk", Right.USE_KITCHEN),
        ],
    ),
    (
        "Behind the scenes",
        [
            ("alerts", "/admin/alerts", "Alerts", "bell", Right.SEE_JOBS),
            ("jobs", "/admin/jobs", "Jobs", "refresh", Right.SEE_JOBS),
            ("audit", "/admin/audit", "Audit log", "shield", Right.SEE_AUDIT),
        ],
    ),
]


def places() -> list[tuple[str, list[tuple[str, str, str, str, None]]]]:
    """The places of this person's rights."""
    mine = []
    for group, items in PLACES:
        allowed = [
            (slug, href, name, icon, None)
            for slug, href, name, icon, right in items
            if has_right(current_user.role, right)
        ]
        if allowed:
            mine.append((group, allowed))
    return mine


def actor() -> Actor:
    """Who is doing this, for histories and the audit log."""
    return Actor(current_user.id, current_user.display_name, request.remote_addr)


def init_frame(blueprint: Blueprint) -> Blueprint:
    """Give a staff blueprint's templates `places`, `staff` and `may`, and keep its pages out of every cache."""

    @blueprint.context_processor
    def frame() -> dict[str, object]:
        role: str = current_user.role
        return {
            "places": places(),
            "staff": current_user,
            "may": lambda name: has_right(role, Right[name]),
        }

    @blueprint.after_request
    def private(response):  # type: ignore[no-untyped-def]
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return blueprint

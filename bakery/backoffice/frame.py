"""What frames every staff page: the places this person may go, and who they are."""

from __future__ import annotations

from flask import Blueprint, g, request
from flask_login import current_user
from sqlalchemy import select

from bakery.core.actor import Actor
from bakery.custom_cakes.queue_queries import count_waiting
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.payments import dispute_queries, refund_list
from bakery.people.rights import Right, has_right

# (group, [(slug, address, name, icon, right)])
PLACES: list[tuple[str, list[tuple[str, str, str, str, Right]]]] = [
    (
        "Today",
        [
            ("orders", "/admin/orders", "Orders", "receipt", Right.SEE_ORDERS),
            ("custom-cakes", "/admin/custom-cakes", "Custom cakes", "cake", Right.APPROVE_CAKES),
            ("kitchen", "/kitchen", "Kitchen", "whisk", Right.USE_KITCHEN),
        ],
    ),
    (
        "Money",
        [
            ("refunds", "/admin/refunds", "Refunds", "undo", Right.ASK_REFUNDS),
            ("disputes", "/admin/disputes", "Disputes", "card", Right.MANAGE_DISPUTES),
            ("books", "/admin/insights/reconciliation", "Books", "scale", Right.SEE_BOOKS),
            ("accounts", "/admin/insights/accounts", "For the accountant", "download", Right.SEE_BOOKS),
        ],
    ),
    (
        "The shop",
        [
            ("products", "/admin/products", "Products", "tag", Right.MANAGE_PRODUCTS),
            ("stations", "/admin/stations", "Kitchen time", "clock", Right.MANAGE_SCHEDULE),
            ("settings", "/admin/settings", "Settings", "settings", Right.MANAGE_SETTINGS),
        ],
    ),
    (
        "Behind the scenes",
        [
            ("models", "/admin/models", "Price model", "chart", Right.MANAGE_MODELS),
            ("alerts", "/admin/alerts", "Alerts", "bell", Right.SEE_JOBS),
            ("jobs", "/admin/jobs", "Jobs", "refresh", Right.SEE_JOBS),
            ("audit", "/admin/audit", "Audit log", "shield", Right.SEE_AUDIT),
        ],
    ),
]

# What waits at a place for somebody to decide.
_COUNTS = {
    "custom-cakes": count_waiting,
    "refunds": refund_list.count_waiting,
    "disputes": dispute_queries.count_waiting,
}


def places() -> list[tuple[str, list[tuple[str, str, str, str, int | None]]]]:
    """The places of this person's rights, with how much waits there."""
    mine = []
    for group, items in PLACES:
        allowed = [
            (slug, href, name, icon, _waiting(slug))
            for slug, href, name, icon, right in items
            if has_right(current_user.role, right)
        ]
        if allowed:
            mine.append((group, allowed))
    return mine


def _waiting(slug: str) -> int | None:
    """What stands beside a place's name; a part of a page shows no places, so nothing is counted for it."""
    if slug not in _COUNTS or htmx.wants_fragment():
        return None
    if "waiting" not in g:
        # One statement for all places: every page of the back office shows them.
        asked = select(*(count().scalar_subquery().label(slug) for slug, count in _COUNTS.items()))
        g.waiting = db.session.execute(asked).mappings().one()
    return int(g.waiting[slug])


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

"""What each role may do. Rights are by task; a role is a set of them."""

from __future__ import annotations

from enum import StrEnum

from bakery.core.states import find_state
from bakery.people.models import Role


class Right(StrEnum):
    """A task that somebody may be trusted with."""

    SEE_ORDERS = "see orders"
    MOVE_ORDERS = "move orders on"
    CANCEL_ORDERS = "cancel orders"
    ASK_REFUNDS = "ask for refunds"
    REFUND = "refund up to the limit"
    REFUND_ABOVE = "approve refunds above the limit"
    TAKE_MONEY = "take money at the counter"
    RELEASE_UNPAID = "let the kitchen start unpaid orders"
    MANAGE_DISPUTES = "answer disputes"
    SEE_BOOKS = "see the books"
    MEND_BOOKS = "correct the books"
    # Also the right to see requests at all: they name people, prices and what the shop earns.
    APPROVE_CAKES = "decide on custom cakes"
    SEE_PERSONAL_DATA = "see personal data"
    EXPORT_ORDERS = "export orders"
    USE_KITCHEN = "use the kitchen screen"
    MANAGE_PRODUCTS = "manage products"
    ADJUST_STOCK = "adjust stock"
    MANAGE_SCHEDULE = "manage the schedule"
    MANAGE_MODELS = "manage the price model"
    SEE_JOBS = "see jobs and alerts"
    RETRY_JOBS = "retry jobs and resolve alerts"
    SEE_AUDIT = "see the audit log"
    MANAGE_STAFF = "manage staff"
    MANAGE_SETTINGS = "manage settings"


_R = Right
_COUNTER = frozenset(
    {_R.SEE_ORDERS, _R.MOVE_ORDERS, _R.SEE_PERSONAL_DATA, _R.USE_KITCHEN, _R.ASK_REFUNDS, _R.TAKE_MONEY}
)
_BAKER = frozenset({_R.SEE_ORDERS, _R.MOVE_ORDERS, _R.USE_KITCHEN})
_MANAGER = frozenset(set(Right) - {_R.MANAGE_STAFF, _R.MANAGE_SETTINGS, _R.MEND_BOOKS})

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CUSTOMER: frozenset(),
    Role.BAKER: _BAKER,
    Role.COUNTER: _COUNTER,
    Role.MANAGER: _MANAGER,
    Role.OWNER: frozenset(Right),
}


def has_right(role: str, right: Right) -> bool:
    """Whether a role includes a right. An unknown role has none."""
    known = find_state(Role, role)
    return known is not None and right in ROLE_RIGHTS[known]

"""The order list's filters as they stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from bakery.backoffice.list_address import list_address
from bakery.core.states import find_state
from bakery.orders.staff_queries import OPEN, SORTS, OrderFilters
from bakery.orders.states import OrderStatus

VIEWS: dict[str, str] = {
    "today": "For today",
    "open": "Open",
    "cakes": "Cakes",
    "unpaid": "Awaiting payment",
    "due": "Money due",
    "all": "All",
}


@dataclass(frozen=True)
class ListQuery:
    """A list address, read. `errors` are sentences about what was left out."""

    view: str
    filters: OrderFilters
    page: int
    raw: dict[str, str]
    errors: tuple[str, ...]

    def address(self, **changes: str | int) -> str:
        """This list with some parameters changed; empty ones are left out."""
        return list_address("/admin/orders", self.raw, changes)

    def sort_url(self) -> Callable[[str, str], str]:
        return lambda key, direction: self.address(sort=key, dir=direction, page=1)


def read_list_query(args: MultiDict[str, str], zone: str, today: date, *, personal: bool) -> ListQuery:
    """The list's address as filters; what cannot be read is said and left out.

    Without `personal`, the search looks at order numbers only and nothing is sorted by name.
    """
    raw = {
        key: args.get(key, "").strip()[:120]
        for key in ("view", "q", "status", "cakes", "from", "to", "sort", "dir", "page")
    }
    errors: list[str] = []
    view = raw["view"] if raw["view"] in VIEWS else ("all" if raw["q"] or raw["status"] else "today")
    since, until = _date(raw["from"], "From", errors), _date(raw["to"], "To", errors)
    if view == "today" and not since and not until:
        since, until = None, today
    if since and until and since > until:
        errors.append("The first date lies after the last, so there is nothing to show.")
    if raw["status"] and find_state(OrderStatus, raw["status"]) is None:
        errors.append("There is no such status; it was left out.")
    page = int(raw["page"]) if raw["page"].isdecimal() and 0 < int(raw["page"]) < 100_000 else 1
    sorts = set(SORTS) if personal else set(SORTS) - {"name"}
    filters = OrderFilters(
        zone=zone,
        q=raw["q"],
        statuses=_statuses(view, raw["status"]),
        cakes_only=view == "cakes" or raw["cakes"] == "1",
        due_only=view == "due",
        pickup_from=since,
        pickup_to=until,
        sort=raw["sort"] if raw["sort"] in sorts else ("placed" if view == "all" else "pickup"),
        descending=raw["dir"] == "desc" or (not raw["dir"] and not raw["sort"] and view == "all"),
        personal=personal,
    )
    return ListQuery(view, filters, page, raw, tuple(errors))


def _statuses(view: str, status: str) -> tuple[OrderStatus, ...]:
    if chosen := find_state(OrderStatus, status):
        return (chosen,)
    if view in ("today", "open", "cakes"):
        return OPEN
    return (OrderStatus.PENDING_PAYMENT,) if view == "unpaid" else ()


def _date(text: str, name: str, errors: list[str]) -> date | None:
    if not text:
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError:
        errors.append(f"{name}: that is not a date; write it as year-month-day.")
        return None
    return on if abs(on - date(2026, 1, 1)) < timedelta(days=36500) else None

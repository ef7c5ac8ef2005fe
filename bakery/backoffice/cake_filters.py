"""The queue's filters as they stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from bakery.backoffice.list_address import list_address
from bakery.core.states import find_state
from bakery.custom_cakes.queue_queries import SORTS, QueueFilters
from bakery.custom_cakes.states import OVER, RequestStatus

BASE = "/admin/custom-cakes"
_R = RequestStatus
# view: (name, its statuses, the one whose count is shown)
VIEWS: dict[str, tuple[str, tuple[RequestStatus, ...], RequestStatus | None]] = {
    "waiting": ("To decide", (_R.PENDING_REVIEW,), _R.PENDING_REVIEW),
    "changes": ("With the customer", (_R.CHANGES_REQUESTED,), _R.CHANGES_REQUESTED),
    "offers": ("Awaiting payment", (_R.APPROVED_AWAITING_PAYMENT,), _R.APPROVED_AWAITING_PAYMENT),
    "paid": ("Paid", (_R.PAID,), None),
    "over": ("Over", OVER, None),
    "all": ("All", (), None),
}
AGES = {"1": "Sent a day ago or more", "3": "Three days or more", "7": "A week or more"}


@dataclass(frozen=True)
class QueueQuery:
    """A list address, read. `errors` are sentences about what was left out."""

    view: str
    filters: QueueFilters
    page: int
    raw: dict[str, str]
    errors: tuple[str, ...]

    def address(self, **changes: str | int) -> str:
        """This list with some parameters changed; empty ones are left out."""
        return list_address(BASE, self.raw, changes)

    def sort_url(self) -> Callable[[str, str], str]:
        return lambda key, direction: self.address(sort=key, dir=direction, page=1)


def read_queue_query(args: MultiDict[str, str]) -> QueueQuery:
    """The list's address as filters; what cannot be read is said and left out."""
    raw = {
        key: args.get(key, "").replace("\x00", "").strip()[:120]
        for key in ("view", "q", "status", "from", "to", "age", "sort", "dir", "page")
    }
    errors: list[str] = []
    view = raw["view"] if raw["view"] in VIEWS else ("all" if raw["q"] or raw["status"] else "waiting")
    since, until = _date(raw["from"], "From", errors), _date(raw["to"], "To", errors)
    if since and until and since > until:
        errors.append("The first date lies after the last, so there is nothing to show.")
    chosen = find_state(RequestStatus, raw["status"])
    if raw["status"] and chosen is None:
        errors.append("There is no such status; it was left out.")
    page = int(raw["page"]) if raw["page"].isdecimal() and 0 < int(raw["page"]) < 100_000 else 1
    settled = view in ("paid", "over", "all")
    filters = QueueFilters(
        q=raw["q"],
        statuses=(chosen,) if chosen else VIEWS[view][1],
        needed_from=since,
        needed_to=until,
        days_old=int(raw["age"]) if raw["age"] in AGES else 0,
        sort=raw["sort"] if raw["sort"] in SORTS else ("sent" if settled else "needed"),
        descending=raw["dir"] == "desc" or (not raw["dir"] and not raw["sort"] and settled),
    )
    return QueueQuery(view, filters, page, raw, tuple(errors))


def _date(text: str, name: str, errors: list[str]) -> date | None:
    if not text:
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError:
        errors.append(f"{name}: that is not a date; write it as year-month-day.")
        return None
    return on if abs(on - date(2026, 1, 1)) < timedelta(days=36500) else None

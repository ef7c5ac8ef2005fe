"""The refund list's filters as they stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from bakery.backoffice.list_address import list_address
from bakery.core.states import find_state
from bakery.payments.refund_list import SORTS, RefundFilters, RefundView
from bakery.payments.refund_states import RefundSource

BASE = "/admin/refunds"
VIEWS = {
    RefundView.WAITING: "To decide",
    RefundView.SECOND: "Second approval",
    RefundView.GIVE: "To give by hand",
    RefundView.PROCESSING: "On their way",
    RefundView.FAILED: "Failed",
    RefundView.DONE: "Done",
    RefundView.ALL: "All",
}
SOURCES = {
    RefundSource.CUSTOMER: "The customer asked",
    RefundSource.STAFF: "Staff asked",
    RefundSource.POLICY: "The order was cancelled",
    RefundSource.STRIPE: "Made in Stripe’s dashboard",
}


@dataclass(frozen=True)
class RefundQuery:
    """A list address, read. `errors` are sentences about what was left out."""

    filters: RefundFilters
    page: int
    raw: dict[str, str]
    errors: tuple[str, ...]

    @property
    def view(self) -> RefundView:
        return self.filters.view

    def address(self, **changes: str | int) -> str:
        """This list with some parameters changed; empty ones are left out."""
        return list_address(BASE, self.raw, changes)

    def sort_url(self) -> Callable[[str, str], str]:
        return lambda key, direction: self.address(sort=key, dir=direction, page=1)


def read_refund_query(args: MultiDict[str, str], zone: str, *, personal: bool) -> RefundQuery:
    """The list's address as filters; what cannot be read is said and left out."""
    raw = {
        key: args.get(key, "").replace("\x00", "").strip()[:120]
        for key in ("view", "q", "source", "from", "to", "sort", "dir", "page")
    }
    errors: list[str] = []
    usual = RefundView.ALL if raw["q"] else RefundView.WAITING
    view = find_state(RefundView, raw["view"]) or usual
    since, until = _date(raw["from"], "From", errors), _date(raw["to"], "To", errors)
    if since and until and since > until:
        errors.append("The first date lies after the last, so there is nothing to show.")
    source = find_state(RefundSource, raw["source"])
    if raw["source"] and source is None:
        errors.append("There is no such origin; it was left out.")
    page = int(raw["page"]) if raw["page"].isdecimal() and 0 < int(raw["page"]) < 100_000 else 1
    latest_first = view in (RefundView.DONE, RefundView.ALL)
    filters = RefundFilters(
        zone=zone,
        view=view,
        q=raw["q"],
        source=source,
        asked_from=since,
        asked_to=until,
        sort=raw["sort"] if raw["sort"] in SORTS else "asked",
        descending=raw["dir"] == "desc" or (not raw["dir"] and not raw["sort"] and latest_first),
        personal=personal,
    )
    return RefundQuery(filters, page, raw, tuple(errors))


def _date(text: str, name: str, errors: list[str]) -> date | None:
    if not text:
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError:
        errors.append(f"{name}: that is not a date; write it as year-month-day.")
        return None
    return on if abs(on - date(2026, 1, 1)) < timedelta(days=36500) else None

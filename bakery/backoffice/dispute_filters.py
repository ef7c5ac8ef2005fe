"""The list of disputes as its address says it, and how long is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from werkzeug.datastructures import MultiDict

from bakery.backoffice.list_address import list_address
from bakery.payments.dispute_models import DisputeState
from bakery.payments.dispute_queries import DisputeFilters
from bakery.payments.dispute_words import REASONS

BASE = "/admin/disputes"
_D = DisputeState
# view: (name, its states)
VIEWS: dict[str, tuple[str, tuple[DisputeState, ...]]] = {
    "waiting": ("To answer", (_D.NEEDS_RESPONSE,)),
    "review": ("With the bank", (_D.UNDER_REVIEW,)),
    "won": ("Won", (_D.WON,)),
    "lost": ("Lost", (_D.LOST,)),
    "all": ("All", ()),
}
KINDS = {"dispute": "Disputes", "inquiry": "Inquiries"}


@dataclass(frozen=True)
class ListQuery:
    """A list address, read; what makes no sense is left out."""

    view: str
    filters: DisputeFilters
    page: int
    raw: dict[str, str]

    def address(self, **changes: str | int) -> str:
        """This list with some parameters changed; empty ones are left out."""
        return list_address(BASE, self.raw, changes)


def read_list_query(args: MultiDict[str, str]) -> ListQuery:
    raw = {
        key: args.get(key, "").replace("\x00", "").strip()[:120]
        for key in ("view", "q", "kind", "reason", "page")
    }
    view = raw["view"] if raw["view"] in VIEWS else "all"
    page = int(raw["page"]) if raw["page"].isdecimal() and 0 < int(raw["page"]) < 100_000 else 1
    filters = DisputeFilters(
        states=VIEWS[view][1],
        inquiries=(raw["kind"] == "inquiry") if raw["kind"] in KINDS else None,
        reason=raw["reason"],
        q=raw["q"],
    )
    return ListQuery(view, filters, page, raw)


def reason_choices(found: list[str]) -> list[tuple[str, str]]:
    """(Stripe's word, ours) of the reasons that there are."""
    named = [(code, REASONS[code].short if code in REASONS else code.replace("_", " ")) for code in found]
    return sorted(named, key=lambda pair: pair[1])


def left(due_by: datetime | None, now: datetime) -> tuple[str, bool]:
    """How long is left to answer (`3 days, 4 hours`), and whether it presses; empty without a deadline."""
    if due_by is None:
        return "", False
    minutes = int((due_by - now).total_seconds() // 60)
    if minutes < 0:
        return "too late", True
    days, hours = divmod(minutes // 60, 24)
    if days >= 3:
        return f"{days} days left", False
    if days:
        return f"{_many(days, 'day')}, {_many(hours, 'hour')} left", True
    return (f"{_many(hours, 'hour')} left" if hours else f"{_many(minutes, 'minute')} left"), True


def _many(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"

"""The menu's filters as they stand in the address: read, checked, and written back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from bakery.catalog.menu import PRICE_BANDS, SERVINGS, SORTS
from bakery.catalog.models import Allergen, Tag

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class MenuQuery:
    """A menu address. Values that the menu does not know are dropped: an old link still shows the menu."""

    category: str
    tags: tuple[str, ...]
    free_from: tuple[str, ...]
    prices: tuple[str, ...]
    servings: int
    on: date | None
    on_text: str
    sort: str
    page: int

    def pairs(self) -> Pairs:
        """The filters as address parameters, page left out."""
        pairs: Pairs = [("category", self.category)] if self.category else []
        pairs += [("diet", tag) for tag in self.tags]
        pairs += [("free", code) for code in self.free_from]
        pairs += [("price", band) for band in self.prices]
        if self.servings > 1:
            pairs.append(("serves", str(self.servings)))
        if self.on:
            pairs.append(("on", self.on.isoformat()))
        if self.sort != "menu":
            pairs.append(("sort", self.sort))
        return pairs

    def address(self, *, page: int = 1) -> str:
        """The address of a page of this selection."""
        pairs = self.pairs() + ([("page", str(page))] if page > 1 else [])
        return f"/menu?{urlencode(pairs)}" if pairs else "/menu"

    def without(self, name: str, value: str) -> str:
        """The address with one choice taken back."""
        pairs = [pair for pair in self.pairs() if pair != (name, value)]
        return f"/menu?{urlencode(pairs)}" if pairs else "/menu"


def read_menu_query(args: MultiDict[str, str], categories: set[str]) -> MenuQuery:
    """The menu's address as filters."""
    on_text = args.get("on", "").strip()
    category = args.get("category", "")
    servings = args.get("serves", "")
    sort = args.get("sort", "menu")
    page = args.get("page", "1")
    return MenuQuery(
        category=category if category in categories else "",
        tags=tuple(tag for tag in Tag if tag in args.getlist("diet")),
        free_from=tuple(code for code in Allergen if code in args.getlist("free")),
        prices=tuple(band for band, _ in PRICE_BANDS if band in args.getlist("price")),
        servings=int(servings) if servings in {str(n) for n, _ in SERVINGS} else 1,
        on=_date(on_text),
        on_text=on_text,
        sort=sort if sort in SORTS else "menu",
        page=int(page) if page.isdecimal() and len(page) < 5 and int(page) > 0 else 1,
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None

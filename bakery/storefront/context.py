"""What every page's frame shows of the shop: address, phone, hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from functools import cached_property
from itertools import groupby
from typing import Any

from flask import Flask, g

from bakery.infra.db import db
from bakery.infra.formats import time_shop
from bakery.infra.memo import remember
from bakery.scheduling.queries import weekly_hours
from bakery.scheduling.rules import Interval
from bakery.shop.queries import Profile, get_profile

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ShopFrame:
    """The shop as templates know it: its profile's fields, and `hours`. Read at the first use of a request."""

    @cached_property
    def profile(self) -> Profile:
        return get_profile(db.session())

    @cached_property
    def _hours(self) -> tuple[list[tuple[str, str]], list[str]]:
        return remember("shop.hours", "shop", 600, _load_hours)

    @property
    def hours(self) -> list[tuple[str, str]]:
        return self._hours[0]

    @property
    def opening_hours(self) -> list[str]:
        """As schema.org writes them: `Mo 07:00-18:00`."""
        return self._hours[1]

    @property
    def timezone(self) -> str:
        return self.profile.time_zone

    def __getattr__(self, name: str) -> Any:
        return getattr(self.profile, name)


def shop_frame() -> ShopFrame:
    """The one frame of this request: a page and its parts read the shop once."""
    if "shop_frame" not in g:
        g.shop_frame = ShopFrame()
    return g.shop_frame


def init_context(app: Flask) -> None:
    """Give templates `shop`. Nothing is read unless a template asks."""

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"shop": shop_frame()}


def _load_hours() -> tuple[list[tuple[str, str]], list[str]]:
    week = weekly_hours(db.session())
    texts = [_day_text(week.get(day, ())) for day in range(7)]
    groups = []
    for text, days in groupby(range(7), key=lambda day: texts[day]):
        span = list(days)
        groups.append((_span(span), text))
    schema = [
        f"{DAYS[day][:2]} {_clock(interval.opens):%H:%M}-{_clock(interval.closes):%H:%M}"
        for day in sorted(week)
        for interval in week[day]
    ]
    return groups, schema


def _span(days: list[int]) -> str:
    if len(days) == 1:
        return DAYS[days[0]]
    return f"{DAYS[days[0]]} to {DAYS[days[-1]]}" if len(days) > 2 else f"{DAYS[days[0]]}, {DAYS[days[-1]]}"


def _day_text(intervals: Sequence[Interval]) -> str:
    if not intervals:
        return "closed"
    return ", ".join(f"{time_shop(_clock(i.opens))} to {time_shop(_clock(i.closes))}" for i in intervals)


def _clock(minute: int) -> time:
    """A minute of the day as the clock shows it; midnight at its end is 0:00."""
    return time(minute // 60 % 24, minute % 60)

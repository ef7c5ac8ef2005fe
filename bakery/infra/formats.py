"""How money, dates and times read: by Babel, in the shop's locale and time zone."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_precision
from flask import Flask

from bakery.core import clock
from bakery.core.abn import format_abn
from bakery.core.money import Money

LOCALE = "en_AU"
# Half a year: no other day of that name is nearer.
NEAR_DAYS = 180


def money(value: Money) -> str:
    """`$86.00`. Knows currencies without minor units."""
    return _money(value.cents, value.currency)


def amount(cents: int, currency: str) -> Decimal:
    """`86.00`: for files that machines read."""
    return Decimal(cents).scaleb(-get_currency_precision(currency))


# Babel takes a third of a millisecond; a page shows the same few amounts and dates again and again.
@lru_cache(maxsize=4096)
def _money(cents: int, currency: str) -> str:
    digits = get_currency_precision(currency)
    return format_currency(Decimal(cents).scaleb(-digits), currency, locale=LOCALE)


@lru_cache(maxsize=2048)
def date_shop(value: date) -> str:
    """`Sat 21 Nov`."""
    return format_date(value, "EEE d MMM", locale=LOCALE)


@lru_cache(maxsize=2048)
def date_long(value: date) -> str:
    """`Saturday 21 November 2026`."""
    return format_date(value, "EEEE d MMMM y", locale=LOCALE)


def date_near(value: date) -> str:
    """`Saturday 21 November`; with the year as soon as somebody could wonder which one is meant."""
    if abs((value - clock.now().date()).days) > NEAR_DAYS:
        return date_long(value)
    return _date_near(value)


@lru_cache(maxsize=2048)
def _date_near(value: date) -> str:
    return format_date(value, "EEEE d MMMM", locale=LOCALE)


def time_shop(value: datetime | time, zone: str | None = None) -> str:
    """`2:30 pm`. An instant is read in `zone`."""
    if isinstance(value, datetime) and zone:
        value = value.astimezone(ZoneInfo(zone))
    return _time(value.hour, value.minute)


@lru_cache(maxsize=1440)
def _time(hour: int, minute: int) -> str:
    return format_time(time(hour, minute), "h:mm a", locale=LOCALE)


def datetime_shop(value: datetime, zone: str) -> str:
    """`Sat 21 Nov, 2:30 pm`, in the zone given."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{date_shop(local.date())}, {time_shop(local)}"


def init_formats(app: Flask) -> None:
    """Register the filters named below, and `money_of(cents, currency)`."""
    for filter_ in (money, date_shop, date_long, date_near, time_shop, datetime_shop):
        app.jinja_env.filters[filter_.__name__] = filter_
    app.jinja_env.filters["abn"] = format_abn
    app.jinja_env.globals["money_of"] = Money

"""What a cancelled order gives back: so much of it until so many days before. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from bakery.core.money import round_half_up

MOST_TIERS = 8
MOST_DAYS = 366
_LINE = re.compile(
    r"(?P<percent>\d{1,3}) ?% until (?P<days>\d{1,3}) days? before\.?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Tier:
    """Until `days` before the pickup, `percent` of what was paid comes back."""

    days: int
    percent: int

    def __post_init__(self) -> None:
        if type(self.days) is not int or not 0 <= self.days <= MOST_DAYS:
            raise ValueError(f"a tier begins 0 to {MOST_DAYS} days before")
        if type(self.percent) is not int or not 0 <= self.percent <= 100:
            raise ValueError("a tier gives back 0 to 100 per cent")


Tiers = tuple[Tier, ...]


def tiers_of(rows: Iterable[Mapping[str, Any]]) -> Tiers:
    """Tiers as they are kept, `[{"days": 7, "percent": 100}, …]`, the earliest first.

    Refuses (ValueError) what is none, a day named twice, and a later tier that gives more than an earlier one.
    """
    try:
        found = [Tier(row["days"], row["percent"]) for row in rows]
    except (TypeError, KeyError) as error:
        raise ValueError("a tier has days and percent") from error
    found.sort(key=lambda tier: -tier.days)
    if len(found) > MOST_TIERS or len({tier.days for tier in found}) != len(found):
        raise ValueError(f"up to {MOST_TIERS} tiers, each from another day on")
    if any(earlier.percent < later.percent for earlier, later in zip(found, found[1:], strict=False)):
        raise ValueError("who cancels later gets no more")
    return tuple(found)


def read_tiers(text: str) -> Tiers:
    """Tiers as staff write them, one a line: `100 % until 7 days before`. Nothing written: no money comes back.

    Refuses (ValueError) a line that is none, and what `tiers_of` refuses.
    """
    rows = []
    for line in text.splitlines():
        if line.strip():
            found = _LINE.fullmatch(line.strip())
            if found is None:
                raise ValueError(f"“{line.strip()[:40]}” is not like “100 % until 7 days before”")
            rows.append({"days": int(found["days"]), "percent": int(found["percent"])})
    return tiers_of(rows)


def write_tiers(tiers: Iterable[Tier]) -> str:
    """The same the other way round."""
    return "\n".join(
        f"{tier.percent} % until {tier.days} day{'' if tier.days == 1 else 's'} before" for tier in tiers
    )


def percent_of(tiers: Sequence[Tier], pickup_on: date, today: date) -> int:
    """How much of it comes back when it is cancelled today, in hundredths; nothing after the last tier."""
    ahead = (pickup_on - today).days
    return max((tier.percent for tier in tiers if tier.days <= ahead), default=0)


def share_of(total_paid: int, percent: int) -> int:
    """So many hundredths of what was paid, to the cent, half a cent to the customer."""
    return round_half_up(Fraction(total_paid * percent, 100))


def given_back(
    total_paid: int, tiers: Sequence[Tier], pickup_on: date, today: date, kept_cents: int = 0
) -> int:
    """What comes back of `total_paid` cents, by the shop's local days. `kept_cents` of it never do.

    Rounded to the cent, half a cent to the customer. Refuses (ValueError) negative amounts.
    """
    if total_paid < 0 or kept_cents < 0:
        raise ValueError("amounts are not negative")
    share = share_of(total_paid, percent_of(tiers, pickup_on, today))
    return min(share, max(0, total_paid - kept_cents))

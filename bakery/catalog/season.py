"""Whether something is sold at a time of the year."""

from __future__ import annotations

from datetime import date


def in_season(on: date, season_from: str | None, season_to: str | None) -> bool:
    """Whether a date lies within "MM-DD" to "MM-DD", both included; a span may run over the new year.

    Without a season, always.
    """
    if not season_from or not season_to:
        return True
    day = f"{on:%m-%d}"
    if season_from <= season_to:
        return season_from <= day <= season_to
    return day >= season_from or day <= season_to

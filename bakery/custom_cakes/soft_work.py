"""The work that open requests may bring to the kitchen's stations, beside what is booked: shown to staff."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes.contents import need_of
from bakery.custom_cakes.models import CustomCakeRequest, SoftHold, SoftHoldState
from bakery.custom_cakes.spec import from_json
from bakery.scheduling.queries import plan_steps
from bakery.scheduling.types import Station

# No cake is begun longer before the day it is for.
_LONGEST = timedelta(days=60)


def soft_station_minutes(session: Session, first: date, last: date) -> dict[tuple[date, Station], int]:
    """Minutes by date and station, from `first` to `last`, of requests that nobody has decided yet: one query.

    A date and station that none of them asks for is missing.
    """
    rows = session.execute(
        select(SoftHold.on_date, CustomCakeRequest.design)
        .join(CustomCakeRequest, CustomCakeRequest.id == SoftHold.request_id)
        .where(
            SoftHold.state == SoftHoldState.HELD,
            SoftHold.on_date.between(first, last + _LONGEST),
            SoftHold.expires_at > clock.now(),
        )
    )
    found: dict[tuple[date, Station], int] = {}
    for on, design in rows:
        for step in plan_steps(session, need_of(from_json(design)), on):
            if first <= step.on <= last:
                found[step.on, step.station] = found.get((step.on, step.station), 0) + step.minutes
    return found

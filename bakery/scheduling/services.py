"""What staff change about the kitchen's time: one transaction each."""

from __future__ import annotations

from datetime import date

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Invalid
from bakery.infra import formats
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.scheduling import rules
from bakery.scheduling.models import MAX_STATION_MINUTES
from bakery.scheduling.station_holds import lock_days
from bakery.scheduling.stations import StationLoad, Stations
from bakery.scheduling.types import Station, StepOn


def set_station_minutes(on: date, station: Station, minutes: int | None, actor: Actor) -> StationLoad:
    """Give a station other minutes on one date: somebody is ill, or a helper comes. None: the plan's again.

    What is promised stays promised, also where it is more than there is now: the answer says both. Refuses with
    Invalid a date that has passed or lies beyond what is taken (`on`), and minutes that no day has (`minutes`).
    """
    if minutes is not None and not 0 <= minutes <= MAX_STATION_MINUTES:
        raise Invalid(f"Write 0 to {MAX_STATION_MINUTES:,} minutes.", field="minutes")
    with transaction() as session:
        known = rules.load(session)
        if known is None:
            raise Invalid("The shop has no pickup plan yet.", field="on")
        ahead = (on - clock.today(known.time_zone)).days
        if not 0 <= ahead <= known.custom_days_ahead:
            raise Invalid(
                f"Choose a day from today on, and no further than {known.custom_days_ahead} days ahead.",
                field="on",
            )
        row = lock_days(session, [StepOn(station, on, 0)])[on, station]
        before, row.capacity_minutes = row.capacity_minutes, minutes
        if before != minutes:
            audit.record(
                session,
                actor,
                "schedule.station",
                "station",
                f"{station.value} {on.isoformat()}",
                before={"minutes": before},
                after={"minutes": minutes, "booked": row.booked_minutes},
                reason=f"{formats.date_long(on)}: {'the plan again' if minutes is None else f'{minutes} minutes'}",
            )
        return Stations(known, {(on, station): (minutes, row.booked_minutes)}, on).load(station, on)

"""Taking and giving back the minutes of stations with a slot's hold. The caller holds the slot's row lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.scheduling.models import SlotHold, StationDay, StationHold
from bakery.scheduling.stations import Stations
from bakery.scheduling.types import Station, StepOn


def take(session: Session, held: SlotHold, steps: Sequence[StepOn], kitchen: Stations) -> StepOn | None:
    """Book every step, or none: the one answered has no time left, as the locked rows say."""
    if not steps:
        return None
    rows = lock_days(session, steps)
    fresh = kitchen.as_booked({key: (row.capacity_minutes, row.booked_minutes) for key, row in rows.items()})
    busy = fresh.busy(steps)
    if busy:
        return busy
    for step in steps:
        row = rows[step.on, step.station]
        row.booked_minutes = StationDay.booked_minutes + step.minutes
        session.add(StationHold(slot_hold_id=held.id, station_day_id=row.id, minutes=step.minutes))
    session.flush()
    return None


def free(session: Session, held: SlotHold) -> None:
    """Give back what went with a slot's hold. The caller does so once: the hold's state says whether."""
    rows = session.execute(
        select(StationHold.station_day_id, StationHold.minutes).where(StationHold.slot_hold_id == held.id)
    )
    minutes: dict[int, int] = {day_id: booked for day_id, booked in rows}
    if not minutes:
        return
    query = select(StationDay).where(StationDay.id.in_(minutes))
    for row in session.scalars(_locked(query)):
        row.booked_minutes = StationDay.booked_minutes - minutes[row.id]
    session.flush()


def lock_days(session: Session, steps: Sequence[StepOn]) -> dict[tuple[date, Station], StationDay]:
    """The locked rows of the steps' days, read fresh; the first work of a day makes its row.

    Always by date and then station, in inserting as in locking: who wants the same days comes the same way.
    """
    keys = sorted({(step.on, step.station.value) for step in steps})
    session.execute(
        insert(StationDay)
        .values([{"on_date": on, "station": station} for on, station in keys])
        .on_conflict_do_nothing(index_elements=["on_date", "station"])
    )
    query = select(StationDay).where(tuple_(StationDay.on_date, StationDay.station).in_(keys))
    return {(row.on_date, Station(row.station)): row for row in session.scalars(_locked(query))}


def _locked(query: Select[StationDay]) -> Select[StationDay]:
    return (
        query.order_by(StationDay.on_date, StationDay.station)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )

"""Taking and giving back the capacity of pickup slots and stations, inside the caller's transaction.

A slot's row is locked before its hold is read or written; whoever also locks stock levels locks those first. The
days of stations come after the slot, by date and station. A station's minutes belong to the slot's hold: they
live and end with it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.scheduling import reasons, rules, station_holds
from bakery.scheduling.calendar import Booked, Calendar, room
from bakery.scheduling.errors import SlotGone, StationFull
from bakery.scheduling.models import PickupSlot, SlotHold, SlotHoldState
from bakery.scheduling.queries import booked_steps, open_calendar
from bakery.scheduling.stations import Stations
from bakery.scheduling.types import Availability, Need, Slot

__all__ = [
    "SlotGone",
    "StationFull",
    "consume",
    "extend",
    "give_back",
    "hold",
    "lock_both",
    "lock_slot",
    "release",
    "retake",
]


def lock_slot(session: Session, starts_at: datetime) -> PickupSlot | None:
    """Lock a slot's row and answer it fresh; None when there is no row."""
    return session.scalar(
        select(PickupSlot)
        .where(PickupSlot.starts_at == starts_at)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def lock_both(session: Session, owner: str, starts_at: datetime, need: Need) -> None:
    """Before an owner gives back what it holds and takes what `need` asks instead, in one transaction: lock both
    slots, the earlier first, and then the stations' days of both.

    Whoever did not would lock a slot or an earlier day after a later one, and could stand across whoever comes the
    right way.
    """
    starts_at = starts_at.astimezone(UTC)
    steps = booked_steps(session, owner)
    known = rules.load(session)
    if known is not None:
        zone = ZoneInfo(known.time_zone)
        on = starts_at.astimezone(zone).date()
        steps += Stations(known, {}, clock.now().astimezone(zone).date()).steps(need, on) or ()
        for slot in known.slots(on):
            if slot.starts_at == starts_at:
                _insert_row(session, slot)
    held = _open_hold(session, owner)
    wanted = PickupSlot.starts_at == starts_at
    session.execute(
        select(PickupSlot.id)
        .where(wanted | (PickupSlot.id == held.slot_id) if held else wanted)
        .order_by(PickupSlot.starts_at)
        .with_for_update(key_share=True)
    )
    if steps:
        station_holds.lock_days(session, steps)


def hold(
    session: Session,
    owner: str,
    starts_at: datetime,
    need: Need,
    expires_at: datetime,
    now: datetime | None = None,
) -> PickupSlot:
    """Promise a slot's capacity to `owner` until `expires_at`. The same promise again changes nothing.

    Asks the same rules as every page, as of `now`. Refuses with SlotGone when the slot is taken, closed, too
    soon or does not exist; with StationFull when a station has no time left; with ValueError when the owner
    holds another slot.
    """
    starts_at = starts_at.astimezone(UTC)
    held = _open_hold(session, owner)
    if held:
        row = session.get_one(PickupSlot, held.slot_id)
        if row.starts_at != starts_at or held.minutes != need.make_minutes:
            raise ValueError(f"{owner} already holds another slot")
        return row
    calendar, slot = _possible(session, starts_at, need, now or clock.now())
    row = _make_row(session, slot)
    if not room(calendar.rules, booked(row)).fits(need):
        raise _gone(calendar, need, starts_at, slot)
    row.booked_orders = PickupSlot.booked_orders + 1
    row.booked_minutes = PickupSlot.booked_minutes + need.make_minutes
    held = SlotHold(owner=owner, slot_id=row.id, minutes=need.make_minutes, expires_at=expires_at)
    session.add(held)
    session.flush()
    # Judged again below, under the lock: `_possible` found that nothing is due before today.
    steps = calendar.stations.steps(need, slot.on) or ()
    busy = station_holds.take(session, held, steps, calendar.stations)
    if busy:
        raise StationFull(reasons.no_time(busy), starts_at)
    return row


def release(session: Session, owner: str) -> bool:
    """Give back what `owner` holds and has not paid for. False when it holds nothing (any more)."""
    held = _locked_hold(session, owner)
    if held is None or held.state != SlotHoldState.HELD:
        return False
    _free(session, held)
    return True


def consume(session: Session, owner: str) -> bool:
    """The order is paid: the slot stays booked for good. False when nothing is held, or was consumed already."""
    held = _locked_hold(session, owner)
    if held is None or held.state != SlotHoldState.HELD:
        return False
    held.state, held.ended_at = SlotHoldState.CONSUMED, clock.now()
    session.flush()
    return True


def give_back(session: Session, owner: str) -> bool:
    """Free the slot of an order that was cancelled, paid or not. False when there is nothing to free."""
    held = _locked_hold(session, owner)
    if held is None:
        return False
    _free(session, held)
    return True


def extend(session: Session, owner: str, expires_at: datetime) -> bool:
    """Keep the promise longer. Never shortens it; False when nothing is held."""
    held = _locked_hold(session, owner)
    if held is None or held.state != SlotHoldState.HELD:
        return False
    held.expires_at = max(held.expires_at, expires_at)
    session.flush()
    return True


def retake(session: Session, owner: str, starts_at: datetime, need: Need, as_of: datetime) -> None:
    """Book the slot for an owner whose hold may have been given back: a payment that came late.

    Lead time and cut-off are judged `as_of` the time given; the slot must not have begun. Refuses with
    SlotGone. Books once, however often it is called.
    """
    held = _locked_hold(session, owner)
    if held and held.state == SlotHoldState.CONSUMED:
        return
    if starts_at <= clock.now():
        raise SlotGone("That pickup time has passed.", starts_at)
    if held is None:
        hold(session, owner, starts_at, need, clock.now(), now=as_of)
    consume(session, owner)


def booked(row: PickupSlot) -> Booked:
    """A slot's row as the calendar reads it."""
    return Booked(
        row.capacity_orders, row.capacity_minutes, row.booked_orders, row.booked_minutes, row.closed
    )


def _possible(session: Session, starts_at: datetime, need: Need, now: datetime) -> tuple[Calendar, Slot]:
    calendar = open_calendar(session, now, fresh=True, stations=bool(need.steps))
    if calendar is None:
        raise SlotGone("We are not taking orders at the moment.", starts_at)
    on = starts_at.astimezone(ZoneInfo(calendar.rules.time_zone)).date()
    slot = next((slot for slot in calendar.day(need, on).slots if slot.starts_at == starts_at), None)
    if slot is None:
        raise _gone(calendar, need, starts_at, None)
    return calendar, slot


def _gone(calendar: Calendar, need: Need, starts_at: datetime, slot: Slot | None) -> SlotGone:
    on = starts_at.astimezone(ZoneInfo(calendar.rules.time_zone)).date()
    day = calendar.day(need, on)
    found = Availability(need, calendar.rules.time_zone, (day,))
    kind = StationFull if day.busy else SlotGone
    return kind(reasons.why_slot(found, day, slot), starts_at)


def _make_row(session: Session, slot: Slot) -> PickupSlot:
    """The slot's locked row; the first order of a slot makes it. Its capacity stays the plan's."""
    _insert_row(session, slot)
    row = lock_slot(session, slot.starts_at)
    assert row is not None
    return row


def _insert_row(session: Session, slot: Slot) -> None:
    session.execute(
        insert(PickupSlot)
        .values(starts_at=slot.starts_at, on_date=slot.on, local_time=slot.at)
        .on_conflict_do_nothing(index_elements=["starts_at"])
    )


def _open_hold(session: Session, owner: str) -> SlotHold | None:
    return session.scalar(
        select(SlotHold)
        .where(SlotHold.owner == owner, SlotHold.state != SlotHoldState.RELEASED)
        .execution_options(populate_existing=True)
    )


def _locked_hold(session: Session, owner: str) -> SlotHold | None:
    """The owner's open hold, read again once the slot it changes under is locked."""
    held = _open_hold(session, owner)
    if held is None:
        return None
    session.execute(
        select(PickupSlot.id).where(PickupSlot.id == held.slot_id).with_for_update(key_share=True)
    )
    return _open_hold(session, owner)


def _free(session: Session, held: SlotHold) -> None:
    row = session.get_one(PickupSlot, held.slot_id)
    row.booked_orders = PickupSlot.booked_orders - 1
    row.booked_minutes = PickupSlot.booked_minutes - held.minutes
    station_holds.free(session, held)
    held.state, held.ended_at = SlotHoldState.RELEASED, clock.now()
    session.flush()

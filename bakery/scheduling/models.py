"""Hours, exceptions, cut-offs, slots and stations. Local dates and times are the shop's; instants are UTC."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id, in_states
from bakery.scheduling.types import Station

MAX_STATION_MINUTES = 10_000


class SlotHoldState(StrEnum):
    """A hold of capacity ends exactly once."""

    HELD = "HELD"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"


class OpeningHours(Base):
    """One interval of one weekday (0 = Monday); a day may have several."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint("opens < closes", name="opens_before_closes"),
    )

    id: Mapped[Id]
    weekday: Mapped[int] = mapped_column(SmallInteger)
    opens: Mapped[time]
    closes: Mapped[time]


class ScheduleException(Base):
    """A date that differs: closed all day, or open only in the given interval (several rows add up)."""

    __tablename__ = "schedule_exception"
    __table_args__ = (
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="interval_whole"),
        CheckConstraint("opens IS NULL OR opens < closes", name="opens_before_closes"),
    )

    id: Mapped[Id]
    on_date: Mapped[date] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(80))
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    # Repeats on this day and month every year.
    yearly: Mapped[bool] = mapped_column(default=False)


class Cutoff(Base):
    """Orders for pickup on `weekday` close `days_before` days earlier at `at`, local time; exactly then is closed."""

    __tablename__ = "cutoff"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint("days_before BETWEEN 0 AND 30", name="days_before_sane"),
    )

    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    days_before: Mapped[int] = mapped_column(SmallInteger, default=0)
    at: Mapped[time]


class SlotPlan(Base):
    """How pickup is cut into slots, and what each station gets done on a day the shop is open: a single row."""

    __tablename__ = "slot_plan"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_minutes_sane"),
        CheckConstraint("capacity_orders >= 0 AND capacity_minutes >= 0", name="capacity_not_negative"),
        CheckConstraint(
            " AND ".join(f"{station}_minutes BETWEEN 0 AND {MAX_STATION_MINUTES}" for station in Station),
            name="stations_sane",
        ),
        CheckConstraint("custom_days_ahead BETWEEN 1 AND 800", name="custom_days_sane"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    slot_minutes: Mapped[int] = mapped_column(default=30)
    capacity_orders: Mapped[int] = mapped_column(default=4)
    capacity_minutes: Mapped[int] = mapped_column(default=120)
    # Nobody can promise a loaf in five minutes: the least notice of any order.
    min_notice_minutes: Mapped[int] = mapped_column(default=60)
    max_days_ahead: Mapped[int] = mapped_column(default=60)
    # A wedding is asked for a year ahead.
    custom_days_ahead: Mapped[int] = mapped_column(default=365, server_default="365")
    # Minutes of all who work there, on a day the shop is open: two bakers, one and a half at the bench, two
    # decorators, less what the menu takes of them.
    bake_minutes: Mapped[int] = mapped_column(default=600, server_default="600")
    fill_minutes: Mapped[int] = mapped_column(default=480, server_default="480")
    decorate_minutes: Mapped[int] = mapped_column(default=600, server_default="600")


class PickupSlot(Base):
    """A slot that somebody has booked, or that staff closed or resized; others exist by plan only."""

    __tablename__ = "pickup_slot"
    __table_args__ = (
        CheckConstraint("booked_orders >= 0 AND booked_minutes >= 0", name="booked_not_negative"),
        Index("ix_pickup_slot_on_date", "on_date"),
    )

    id: Mapped[Id]
    starts_at: Mapped[datetime] = mapped_column(unique=True)
    on_date: Mapped[date]
    local_time: Mapped[time]
    # None: the plan's, so that a larger plan opens full slots at once.
    capacity_orders: Mapped[int | None]
    capacity_minutes: Mapped[int | None]
    booked_orders: Mapped[int] = mapped_column(default=0)
    booked_minutes: Mapped[int] = mapped_column(default=0)
    closed: Mapped[bool] = mapped_column(default=False)


class SlotHold(Base):
    """Capacity of a slot promised to an owner until `expires_at`."""

    __tablename__ = "slot_hold"
    __table_args__ = (
        in_states("state", SlotHoldState),
        Index("ix_slot_hold_expiry", "expires_at", postgresql_where="state = 'HELD'"),
        # One owner holds one slot at a time.
        Index("uq_slot_hold_owner_open", "owner", unique=True, postgresql_where="state <> 'RELEASED'"),
    )

    id: Mapped[Id]
    owner: Mapped[str] = mapped_column(String(64))
    slot_id: Mapped[int] = mapped_column(ForeignKey("pickup_slot.id"), index=True)
    minutes: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=SlotHoldState.HELD)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class StationDay(Base):
    """A station's date that somebody has booked, or that staff gave other minutes; others exist by plan only."""

    __tablename__ = "station_day"
    __table_args__ = (
        in_states("station", Station),
        UniqueConstraint("on_date", "station"),
        CheckConstraint("booked_minutes >= 0", name="booked_not_negative"),
        CheckConstraint(
            f"capacity_minutes IS NULL OR capacity_minutes BETWEEN 0 AND {MAX_STATION_MINUTES}",
            name="capacity_sane",
        ),
    )

    id: Mapped[Id]
    on_date: Mapped[date]
    station: Mapped[str] = mapped_column(String(20))
    # None: the plan's on a day the shop is open, nothing on one it is closed.
    capacity_minutes: Mapped[int | None]
    booked_minutes: Mapped[int] = mapped_column(default=0, server_default="0")


class StationHold(Base):
    """A station's minutes that go with an order's slot: they are held, sold and freed by the slot's hold."""

    __tablename__ = "station_hold"
    __table_args__ = (
        UniqueConstraint("slot_hold_id", "station_day_id"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
    )

    id: Mapped[Id]
    slot_hold_id: Mapped[int] = mapped_column(ForeignKey("slot_hold.id"))
    station_day_id: Mapped[int] = mapped_column(ForeignKey("station_day.id"), index=True)
    minutes: Mapped[int]

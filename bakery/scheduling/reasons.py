"""Why an order cannot be collected at some time, in a sentence for the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bakery.infra import formats
from bakery.scheduling.types import Availability, Day, Need, Reason, Slot, Station, StepOn

# Who works where, as a customer would call them.
TEAMS = {Station.BAKE: "bakers", Station.FILL: "pastry cooks", Station.DECORATE: "decorators"}


def why_day(day: Day, need: Need) -> str:
    """Why a date has no slot. Refuses a day that has one."""
    if day.reason is None:
        raise ValueError(f"{day.on} has free slots")
    on = formats.date_near(day.on)
    if day.busy:
        return no_time(day.busy)
    return {
        Reason.NOT_OPEN: "We are not taking orders at the moment.",
        Reason.CLOSED: f"We are closed on {on}{f' ({day.detail})' if day.detail else ''}.",
        Reason.SEASON: f"{day.detail} is out of season on {on}.",
        Reason.CUT_OFF: f"Orders for {on} have closed.",
        Reason.NOTICE: f"{notice(need)}, so {on} is too soon.",
        Reason.FULL: f"All pickup times on {on} are taken{_work(need)}.",
        Reason.LATE: f"{_begun(need)}, so {on} is too soon.",
        Reason.TOO_FAR: f"We do not take orders for {on} yet.",
    }[day.reason]


def no_time(step: StepOn) -> str:
    """`Our decorators have no time left on Friday 4 December.`"""
    return f"Our {TEAMS[step.station]} have no time left on {formats.date_near(step.on)}."


def why_slot(found: Availability, day: Day | None, wanted: Slot | None) -> str:
    """Why one pickup time cannot be had, though its date may have others."""
    if day is None:
        return "We are not taking orders at the moment."
    if not day.slots:
        return why_day(day, found.need)
    if wanted is None:
        return f"That pickup time on {formats.date_near(day.on)} is no longer free. Please choose another."
    return f"{wanted.label} on {formats.date_near(day.on)} has just been taken."


def why_nothing(days: Sequence[Day], need: Need, last_day: date) -> str:
    """Why no day at all is possible: the reason that a customer can do the most about goes first."""
    reasons = {day.reason for day in days}
    until = formats.date_near(last_day)
    if Reason.FULL in reasons:
        return f"All pickup times until {until} are taken{_work(need)}."
    if Reason.BUSY in reasons:
        return f"Our kitchen has no time left for {need.forced_by.lower() or 'this order'} until {until}."
    for day in days:
        if day.reason == Reason.SEASON:
            return f"{day.detail} is out of season."
    if reasons & {Reason.NOTICE, Reason.CUT_OFF, Reason.LATE}:
        return f"{notice(need)}, and we take orders until {until} only."
    return f"We are closed until {until}." if days else "We are not taking orders at the moment."


def notice(need: Need) -> str:
    """`Walnut Cake needs 2 days' notice`."""
    hours = need.lead_time_hours
    if not hours:
        return "We need a little time to get your order ready"
    span, word = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    words = f"{span} {word}'s" if span == 1 else f"{span} {word}s'"
    return f"{need.forced_by or 'This order'} needs {words} notice"


def _begun(need: Need) -> str:
    days = need.working_days
    return f"{need.forced_by or 'This order'} is begun {days} working day{'' if days == 1 else 's'} ahead"


def _work(need: Need) -> str:
    return " for an order of this size" if need.make_minutes > 0 else ""

"""What is to be done next about the rest of an order, and when. Pure.

Without an agreed card: a word before the day, a word on it, a last one after it, then the end. With one: its charge is
announced, made on the day, made once more a day later if the bank said no; only then the last word and the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bakery.payments.balance_models import BalanceStep

_S = BalanceStep
# Nobody is written to in the middle of the night, and a charge falls into the hours in which a bank can be asked.
MORNING, CHARGE_TIME = time(9), time(10)
# Who has just ordered knows what is due.
AFRESH = timedelta(hours=12)
ANNOUNCED_DAYS = 2
# A charge follows its announcement after a day at the earliest, and a refusal after another.
NOTICE = AGAIN = timedelta(days=1)
# However late a job runs: between the last word and the end there is time to pay.
LAST_WORD = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken, and until when it gave time."""

    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Something that is due of an order the kitchen has.

    `paying`: money is on its way, so its event decides. `may_cancel`: nothing of it is begun, and its deposit is all
    that was paid. `grace`: nothing where the shop does not cancel by itself.
    """

    due_at: datetime
    zone: str
    confirmed_at: datetime
    remind_days: int
    grace: timedelta
    has_card: bool = False
    paying: bool = False
    may_cancel: bool = True
    done: Mapping[BalanceStep, Done] = field(default_factory=dict)

    @property
    def due_on(self) -> date:
        return self.due_at.astimezone(ZoneInfo(self.zone)).date()

    def at(self, days_before: int, local: time) -> datetime:
        """An instant on the shop's clock, so many days before the day on which it is due."""
        on = self.due_on - timedelta(days=days_before)
        return datetime.combine(on, local, ZoneInfo(self.zone))


def next_step(rest: Rest, now: datetime) -> BalanceStep | None:
    """The one step whose time has come; None while there is nothing to do but wait.

    What was missed is not made up for: a word that says "tomorrow" is not sent the day after. A charge is, and so is
    the end, each after its own notice.
    """
    if rest.paying:
        return None
    if rest.has_card and not _card_is_over(rest):
        return _step_of_card(rest, now)
    if now > rest.due_at:
        return _step_of_overdue(rest, now)
    return _reminder(rest, now)


def time_to_pay(rest: Rest, now: datetime) -> datetime | None:
    """Until when the last word, spoken now, gives time before the order is cancelled; None where it is not."""
    if not rest.grace:
        return None
    return max(max(rest.due_at, rest.confirmed_at) + rest.grace, now + LAST_WORD)


def charge_at(rest: Rest) -> datetime | None:
    """When an agreed card is charged next; None before it is announced, and once there is no further try."""
    done = rest.done
    if not rest.has_card or _card_is_over(rest) or _S.ANNOUNCE_CHARGE not in done:
        return None
    if _S.CHARGE_REFUSED in done:
        return done[_S.CHARGE].at + AGAIN
    return max(rest.at(0, CHARGE_TIME), done[_S.ANNOUNCE_CHARGE].at + NOTICE)


def _card_is_over(rest: Rest) -> bool:
    """Whether the card will not be charged (again): its bank wants its owner, or said no twice."""
    return _S.BANK_ASKS in rest.done or _S.CHARGE_AGAIN_REFUSED in rest.done


def _step_of_card(rest: Rest, now: datetime) -> BalanceStep | None:
    if _S.ANNOUNCE_CHARGE not in rest.done:
        return _S.ANNOUNCE_CHARGE if now >= rest.at(ANNOUNCED_DAYS, MORNING) else None
    at = charge_at(rest)
    if at is None or now < at:
        return None
    # One that was begun and has no outcome was cut short: it is gone on with.
    return _S.CHARGE_AGAIN if _S.CHARGE_REFUSED in rest.done else _S.CHARGE


def _step_of_overdue(rest: Rest, now: datetime) -> BalanceStep | None:
    last_word = rest.done.get(_S.OVERDUE)
    if last_word is None:
        return _S.OVERDUE
    if last_word.until is not None and now < last_word.until:
        return None
    if last_word.until is not None and rest.may_cancel and rest.grace:
        return _S.CANCELLED
    return None if _S.TOLD in rest.done else _S.TOLD


def _reminder(rest: Rest, now: datetime) -> BalanceStep | None:
    if now < rest.confirmed_at + AFRESH or _S.BANK_ASKS in rest.done or _S.CHARGE_AGAIN_REFUSED in rest.done:
        return None
    if now >= rest.at(0, MORNING):
        step = _S.REMIND_ON_DAY
    elif rest.remind_days and rest.at(rest.remind_days, MORNING) <= now < rest.at(0, time()):
        step = _S.REMIND_BEFORE
    else:
        return None
    return None if step in rest.done else step

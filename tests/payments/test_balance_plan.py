"""What is done about the rest of an order, by the clock alone: due on Wednesday 2 December, in Sydney."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.payments.balance_models import BalanceStep
from bakery.payments.balance_plan import (
    LAST_WORD,
    Done,
    Rest,
    charge_at,
    next_step,
    time_to_pay,
)
from bakery.scheduling.due_dates import end_of_day
from tests.factories.scheduling import SYDNEY, sydney

S = BalanceStep
DUE = end_of_day(sydney("2026-12-02 12:00").date(), "Australia/Sydney")
ORDERED = sydney("2026-11-20 12:00")


def rest(**changes: object) -> Rest:
    known = {
        "due_at": DUE,
        "zone": "Australia/Sydney",
        "confirmed_at": ORDERED,
        "remind_days": 2,
        "grace": timedelta(hours=24),
    }
    return Rest(**(known | changes))


def run(start: Rest, times: list[datetime], outcome: dict[BalanceStep, BalanceStep] | None = None) -> Rest:
    """The plan carried out at these moments; `outcome` is what becomes of a charge."""
    at = start
    for now in times:
        step = next_step(at, now)
        if step is None or step in at.done:
            continue  # a charge that is gone on with has its time already
        until = time_to_pay(at, now) if step == S.OVERDUE else None
        done = {**at.done, step: Done(now, until)}
        if step in (outcome or {}):
            done[outcome[step]] = Done(now)
        at = replace(at, done=done)
        if step == S.CANCELLED:
            break
    return at


def every(minutes: int, since: str, until: str) -> list[datetime]:
    first, last = sydney(since), sydney(until)
    return [
        first + timedelta(minutes=n) for n in range(0, int((last - first).total_seconds() // 60), minutes)
    ]


def when(found: Rest) -> list[tuple[str, str]]:
    """The steps with day and time on the shop's clock."""
    return [(step.value, f"{done.at.astimezone(SYDNEY):%d %H:%M}") for step, done in found.done.items()]


def test_a_word_before_on_and_after_the_day_and_then_the_end() -> None:
    found = run(rest(), every(5, "2026-11-20 12:00", "2026-12-10 12:00"))
    assert when(found) == [
        ("remind_before", "30 09:00"),
        ("remind_on_day", "02 09:00"),
        ("overdue", "03 00:00"),
        ("cancelled", "04 00:00"),
    ]


def test_without_a_grace_staff_are_told_and_nothing_is_cancelled() -> None:
    found = run(rest(grace=timedelta(0), remind_days=0), every(5, "2026-11-20 12:00", "2026-12-10 12:00"))
    assert when(found) == [("remind_on_day", "02 09:00"), ("overdue", "03 00:00"), ("told", "03 00:05")]
    assert found.done[S.OVERDUE].until is None


def test_what_the_kitchen_has_begun_is_never_cancelled() -> None:
    found = run(rest(may_cancel=False), every(5, "2026-12-02 12:00", "2026-12-10 12:00"))
    assert [step for step, _ in when(found)] == ["remind_on_day", "overdue", "told"]
    assert when(found)[-1] == ("told", "04 00:00")


def test_while_money_is_on_its_way_nothing_is_done() -> None:
    assert run(rest(paying=True), every(5, "2026-11-20 12:00", "2026-12-10 12:00")).done == {}


def test_a_job_that_was_down_for_days_makes_up_for_no_reminder_and_gives_time_before_the_end() -> None:
    found = run(rest(), every(5, "2026-12-06 08:00", "2026-12-07 08:00"))
    assert when(found) == [("overdue", "06 08:00"), ("cancelled", "06 14:00")]


def test_who_has_just_ordered_is_not_reminded_at_once() -> None:
    late = rest(confirmed_at=sydney("2026-12-01 20:00"))
    found = run(late, every(5, "2026-12-01 20:00", "2026-12-02 23:00"))
    assert when(found) == [("remind_on_day", "02 09:00")]
    later = rest(confirmed_at=sydney("2026-12-01 23:30"))
    assert when(run(later, every(5, "2026-12-01 20:00", "2026-12-02 23:00"))) == [
        ("remind_on_day", "02 11:30")
    ]


def test_an_agreed_card_is_announced_and_charged_on_the_day() -> None:
    found = run(rest(has_card=True), every(5, "2026-11-20 12:00", "2026-12-02 10:05"))
    assert when(found) == [("announce_charge", "30 09:00"), ("charge", "02 10:00")]


def test_a_refusal_is_tried_once_more_a_day_later_and_then_the_last_word_is_spoken() -> None:
    refused = {S.CHARGE: S.CHARGE_REFUSED, S.CHARGE_AGAIN: S.CHARGE_AGAIN_REFUSED}
    found = run(rest(has_card=True), every(5, "2026-11-20 12:00", "2026-12-10 12:00"), refused)
    assert when(found) == [
        ("announce_charge", "30 09:00"),
        ("charge", "02 10:00"),
        ("charge_refused", "02 10:00"),
        ("charge_again", "03 10:00"),
        ("charge_again_refused", "03 10:00"),
        ("overdue", "03 10:05"),
        ("cancelled", "04 00:00"),
    ]


def test_a_bank_that_asks_for_its_customer_is_not_asked_again() -> None:
    found = run(
        rest(has_card=True), every(5, "2026-12-01 12:00", "2026-12-10 12:00"), {S.CHARGE: S.BANK_ASKS}
    )
    assert when(found) == [
        ("announce_charge", "01 12:00"),
        ("charge", "02 12:00"),
        ("bank_asks", "02 12:00"),
        ("overdue", "03 00:00"),
        ("cancelled", "04 00:00"),
    ]


def test_a_charge_follows_its_announcement_after_a_day_also_when_that_was_late() -> None:
    found = run(rest(has_card=True), every(5, "2026-12-02 18:00", "2026-12-03 19:00"))
    assert when(found) == [("announce_charge", "02 18:00"), ("charge", "03 18:00")]


def test_a_charge_that_was_cut_short_is_gone_on_with() -> None:
    begun = rest(
        has_card=True, done={S.ANNOUNCE_CHARGE: Done(ORDERED), S.CHARGE: Done(sydney("2026-12-02 10:00"))}
    )
    assert next_step(begun, sydney("2026-12-02 10:05")) == S.CHARGE


def test_a_card_that_was_taken_back_leaves_the_words() -> None:
    announced = rest(done={S.ANNOUNCE_CHARGE: Done(sydney("2026-11-30 09:00"))})
    assert next_step(announced, sydney("2026-12-02 10:00")) == S.REMIND_ON_DAY
    assert charge_at(announced) is None


@pytest.mark.parametrize("zone", ["Australia/Sydney", "America/New_York", "Pacific/Auckland", "UTC"])
def test_the_hours_are_those_on_the_shops_clock(zone: str) -> None:
    due = end_of_day(sydney("2026-12-02 12:00").date(), zone)
    there = replace(rest(), due_at=due, zone=zone)
    assert f"{there.at(0, time(9)):%Y-%m-%d %H:%M}" == "2026-12-02 09:00"
    assert there.due_on.isoformat() == "2026-12-02"


facts = st.builds(
    rest,
    confirmed_at=st.integers(0, 14 * 24).map(lambda hours: ORDERED + timedelta(hours=hours)),
    remind_days=st.integers(0, 10),
    grace=st.integers(0, 72).map(lambda hours: timedelta(hours=hours)),
    has_card=st.booleans(),
    may_cancel=st.booleans(),
)
moments = st.lists(st.integers(0, 25 * 24 * 60), max_size=80).map(
    lambda minutes: [ORDERED + timedelta(minutes=m) for m in sorted(minutes)]
)
outcomes = st.fixed_dictionaries(
    {},
    optional={
        S.CHARGE: st.sampled_from([S.CHARGE_REFUSED, S.BANK_ASKS]),
        S.CHARGE_AGAIN: st.sampled_from([S.CHARGE_AGAIN_REFUSED, S.BANK_ASKS]),
    },
)


@given(facts, moments, outcomes)
def test_however_late_and_often_it_is_asked_nobody_is_surprised(
    start: Rest, times: list[datetime], outcome: dict[BalanceStep, BalanceStep]
) -> None:
    found = run(start, times, outcome)
    done = found.done
    if S.REMIND_BEFORE in done:
        assert done[S.REMIND_BEFORE].at < start.at(0, datetime.min.time())
    if S.REMIND_ON_DAY in done:
        assert done[S.REMIND_ON_DAY].at <= start.due_at
    if S.CHARGE in done:
        assert done[S.CHARGE].at - done[S.ANNOUNCE_CHARGE].at >= timedelta(days=1)
    if S.CHARGE_AGAIN in done:
        assert done[S.CHARGE_AGAIN].at - done[S.CHARGE].at >= timedelta(days=1)
    if S.CANCELLED in done:
        assert start.may_cancel and start.grace
        assert done[S.CANCELLED].at - done[S.OVERDUE].at >= LAST_WORD
        assert done[S.CANCELLED].at >= start.due_at + start.grace
        assert S.TOLD not in done


@given(facts, moments, outcomes)
def test_a_step_that_is_asked_for_twice_is_taken_once(
    start: Rest, times: list[datetime], outcome: dict[BalanceStep, BalanceStep]
) -> None:
    refused = {S.CHARGE: S.CHARGE_REFUSED, S.CHARGE_AGAIN: S.CHARGE_AGAIN_REFUSED} | outcome
    once = run(start, times, refused)
    again = run(start, sorted([*times, *times]), refused)
    assert set(once.done) <= set(again.done)

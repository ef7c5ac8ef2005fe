"""How much a cancelled order gives back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.pricing.cancellation import Tier, given_back, percent_of, read_tiers, tiers_of, write_tiers

PICKUP = date(2026, 12, 24)
TIERS = tiers_of([{"days": 3, "percent": 50}, {"days": 7, "percent": 100}])


@pytest.mark.parametrize(
    ("days_before", "cents"),
    [(400, 8601), (7, 8601), (6, 4301), (3, 4301), (2, 0), (0, 0), (-1, 0)],
)
def test_the_last_day_of_a_tier_still_counts(days_before: int, cents: int) -> None:
    assert given_back(8601, TIERS, PICKUP, PICKUP - timedelta(days=days_before)) == cents


def test_without_tiers_nothing_comes_back_by_itself() -> None:
    assert given_back(8600, (), PICKUP, date(2026, 1, 1)) == 0


@pytest.mark.parametrize(
    ("days_before", "kept", "cents"),
    [(10, 2000, 8000), (10, 12_000, 0), (4, 2000, 5000), (4, 6000, 4000), (1, 2000, 0)],
)
def test_what_was_agreed_to_stay_stays(days_before: int, kept: int, cents: int) -> None:
    assert given_back(10_000, TIERS, PICKUP, PICKUP - timedelta(days=days_before), kept) == cents


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(-5, 30))
def test_never_more_than_was_paid_and_later_never_more(paid: int, kept: int, days_before: int) -> None:
    today = PICKUP - timedelta(days=days_before)
    back = given_back(paid, TIERS, PICKUP, today, kept)
    assert 0 <= back <= max(0, paid - kept)
    assert given_back(paid, TIERS, PICKUP, today + timedelta(days=1), kept) <= back


def test_the_share_of_a_day() -> None:
    assert percent_of(TIERS, PICKUP, date(2026, 12, 17)) == 100
    assert percent_of(TIERS, PICKUP, date(2026, 12, 18)) == 50


@pytest.mark.parametrize(
    "rows",
    [
        [{"days": 7}],
        [{"days": "7", "percent": 100}],
        [{"days": 7, "percent": 101}],
        [{"days": -1, "percent": 50}],
        [{"days": 7, "percent": 50}, {"days": 7, "percent": 40}],
        [{"days": 7, "percent": 50}, {"days": 3, "percent": 60}],
        [{"days": day, "percent": 50} for day in range(9)],
        ["7 days"],
        [{"days": True, "percent": 50}],
    ],
)
def test_tiers_that_make_no_sense_are_refused(rows: list[object]) -> None:
    with pytest.raises(ValueError, match=r"tier|later"):
        tiers_of(rows)


def test_amounts_below_zero_are_refused() -> None:
    for paid, kept in ((-1, 0), (1, -1)):
        with pytest.raises(ValueError, match="negative"):
            given_back(paid, TIERS, PICKUP, PICKUP, kept)


def test_tiers_stand_from_the_earliest_on() -> None:
    assert TIERS == (Tier(7, 100), Tier(3, 50))


@pytest.mark.parametrize(
    ("text", "tiers"),
    [
        ("100 % until 7 days before\n50 % until 3 days before", TIERS),
        ("50% until 3 days before.\r\n\r\n 100% UNTIL 7 days before ", TIERS),
        ("25 % until 1 day before", (Tier(1, 25),)),
        ("", ()),
    ],
)
def test_tiers_are_read_as_people_write_them_and_written_back(text: str, tiers: tuple[Tier, ...]) -> None:
    assert read_tiers(text) == tiers
    assert read_tiers(write_tiers(tiers)) == tiers


@pytest.mark.parametrize(
    "text", ["all", "100 until 7 days", "1000 % until 7 days before", "50 % until 400 days before"]
)
def test_lines_that_are_no_tier_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"tier|like"):
        read_tiers(text)

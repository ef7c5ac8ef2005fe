"""How much of a price is paid first: by product, by the size of the order, for a custom cake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.pricing.deposit import SMALLEST_CENTS, Large, Part, Rule, deposit_of, kept_of, rule_of

HALF = Rule(percent=50)


@pytest.mark.parametrize(
    ("total", "percent", "deposit"),
    [
        (24_000, 30, 7_200),
        (24_000, None, 0),
        (24_000, 100, 0),
        (33_333, 50, 16_667),
        (33_335, 30, 10_001),
        (33_331, 30, 10_000),
        (33_332, 30, 10_000),
        (10_001, 1, 101),  # a hundredth of a cent is a cent of the deposit
        (0, 50, 0),
        (99, 50, 0),
        (100, 50, 50),
    ],
)
def test_a_share_of_one_thing_takes_the_odd_cent(total: int, percent: int | None, deposit: int) -> None:
    assert deposit_of([Part(total, 1, rule_of(percent))]) == deposit


def test_a_fixed_deposit_is_for_each_unit_and_never_more_than_the_line() -> None:
    fixed = Rule(cents=2_000)
    assert deposit_of([Part(8_600, 1, fixed)]) == 2_000
    assert deposit_of([Part(17_200, 2, fixed)]) == 4_000
    # A line of 15.00 is paid whole: nothing is left for later, and so there is no deposit.
    assert deposit_of([Part(1_500, 1, fixed)]) == 0
    assert deposit_of([Part(1_500, 1, fixed), Part(8_600, 1, fixed)]) == 3_500


def test_lines_without_a_rule_are_paid_whole() -> None:
    assert deposit_of([Part(8_600, 1, HALF), Part(1_950, 3)]) == 4_300 + 1_950
    assert deposit_of([Part(8_600), Part(1_950)]) == 0


def test_the_odd_cents_of_several_lines_are_one_cent_at_most() -> None:
    """Half a cent three times is a cent and a half: two, not three."""
    assert deposit_of([Part(1_001, 1, HALF)] * 3) == 1_502


def test_a_large_order_gives_its_percentage_from_its_total_on() -> None:
    large = Large(30_000, 30)
    assert deposit_of([Part(29_999)], large) == 0
    assert deposit_of([Part(30_000)], large) == 9_000
    assert deposit_of([Part(40_001)], Large(30_000, 0)) == 0


def test_where_both_fit_the_larger_is_asked() -> None:
    lines = [Part(40_000, 1, Rule(percent=20)), Part(10_000)]
    assert deposit_of(lines) == 18_000
    assert deposit_of(lines, Large(30_000, 30)) == 18_000
    assert deposit_of(lines, Large(30_000, 50)) == 25_000


def test_all_of_it_at_once_is_larger_than_any_share() -> None:
    assert deposit_of([Part(40_000, 1, Rule(percent=100))], Large(30_000, 30)) == 0


percents = st.integers(1, 100)
rules = (
    st.none() | st.builds(Rule, percents) | st.builds(lambda cents: Rule(cents=cents), st.integers(1, 20_000))
)
lines = st.lists(st.builds(Part, st.integers(0, 200_000), st.integers(1, 20), rules), max_size=8)
larges = st.none() | st.builds(Large, st.integers(0, 300_000), st.integers(0, 100))


@given(lines, larges)
def test_neither_part_is_ever_too_small_and_both_are_the_total(
    parts: list[Part], large: Large | None
) -> None:
    total = sum(part.gross_cents for part in parts)
    deposit = deposit_of(parts, large)
    assert deposit == 0 or SMALLEST_CENTS <= deposit <= total - SMALLEST_CENTS


@given(lines, larges)
def test_a_deposit_is_at_least_every_rule_that_fits_and_less_than_a_cent_above_the_largest(
    parts: list[Part], large: Large | None
) -> None:
    deposit = deposit_of(parts, large)
    total = sum(part.gross_cents for part in parts)
    asked = []
    if any(part.rule for part in parts):
        asked.append(sum(part.rule.share(part) if part.rule else part.gross_cents for part in parts))
    if large and large.percent and total >= large.from_cents:
        asked.append(total * large.percent / 100)
    if deposit:
        assert 0 <= deposit - max(asked) < 1 + 1e-6


@given(lines, larges, st.randoms())
def test_the_order_of_the_lines_does_not_matter(parts: list[Part], large: Large | None, dice: object) -> None:
    mixed = list(parts)
    dice.shuffle(mixed)
    assert deposit_of(mixed, large) == deposit_of(parts, large)


@given(st.integers(0, 500_000), st.integers(0, 100))
def test_what_is_kept_is_whole_cents_of_the_deposit_and_the_odd_one_goes_back(
    deposit: int, percent: int
) -> None:
    kept = kept_of(deposit, percent)
    assert 0 <= kept <= deposit
    assert 0 <= deposit * percent - kept * 100 < 100


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rule(),
        lambda: Rule(30, 500),
        lambda: Rule(0),
        lambda: Rule(101),
        lambda: Rule(cents=0),
        lambda: Rule(cents=-1),
        lambda: Part(-1),
        lambda: Part(100, 0),
        lambda: kept_of(100, 101),
        lambda: kept_of(-1, 50),
    ],
)
def test_what_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match="deposit"):
        make()

"""The figures about the price model are what they are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bakery.backoffice import model_charts as charts
from bakery.forecasting.learning_report import (
    DecidedCake,
    by_model,
    by_month,
    by_size,
    by_week,
    coverage,
    group,
    patterns,
)

PLAIN = DecidedCake(
    "CC-1", date(2026, 11, 3), 20_000, 22_000, 19_000, 25_000, "v-one", 20.0, 1, (("flavour", "Walnut"),), {}
)


def test_an_error_is_against_what_was_asked_in_the_end() -> None:
    low = replace(PLAIN, predicted_cents=18_000, low_cents=16_000, high_cents=19_000)
    found = group("", [PLAIN, low])
    assert (found.error, found.bias, found.coverage) == (pytest.approx(0.1), pytest.approx(0.0), 0.5)
    assert not found.clear and not group("", [PLAIN]).clear, "one cake proves nothing"
    assert group("", [PLAIN, replace(PLAIN, predicted_cents=22_100)]).clear


def test_months_and_weeks_come_in_order_and_those_without_cakes_are_left_out() -> None:
    cakes = [replace(PLAIN, decided_on=PLAIN.decided_on + timedelta(days=days)) for days in (70, 0, 5, 7)]
    assert [(each.name, each.cakes) for each in by_month(cakes)] == [("2026-11-01", 3), ("2027-01-01", 1)]
    assert [(each.name, each.cakes) for each in by_week(cakes)] == [
        ("2026-11-02", 2), ("2026-11-09", 1), ("2027-01-11", 1),
    ]  # fmt: skip


def test_sizes_go_from_small_to_large_and_tiers_stand_alone() -> None:
    widths = [(30.0, 1), (18.0, 1), (23.1, 1), (18.1, 1), (40.0, 3)]
    cakes = [replace(PLAIN, width_cm=width, tiers=tiers) for width, tiers in widths]
    names = [each.name for each in by_size(cakes)]
    assert names == ["up to 18 cm", "18 to 23 cm", "23 to 28 cm", "over 28 cm", "several tiers"]


def test_patterns_need_some_cakes_and_a_lean_worth_acting_on() -> None:
    def some(word: str, count: int, predicted: int) -> list[DecidedCake]:
        return [replace(PLAIN, words=(("flavour", word),), predicted_cents=predicted)] * count

    cakes = [
        *some("Dear", 6, 23_000), *some("Cheap", 6, 17_000), *some("Right", 9, 20_100), *some("Rare", 4, 40_000),
    ]  # fmt: skip
    over, under = patterns(cakes)
    assert [each.name for each in over] == ["Dear"] and [each.name for each in under] == ["Cheap"]


def test_coverage_says_how_sure_it_is() -> None:
    missed = replace(PLAIN, low_cents=21_000)
    found = coverage([PLAIN] * 8 + [missed] * 2)
    assert found is not None and found.share == 0.8
    # Wilson's interval for 8 of 10.
    assert (round(found.low, 3), round(found.high, 3)) == (0.490, 0.943)
    assert coverage([]) is None
    assert by_model([PLAIN, replace(PLAIN, model="v-two")]).keys() == {"v-one", "v-two"}


def test_charts_stay_in_their_boxes_also_with_one_column_or_none() -> None:
    for count in (0, 1, 5, 30):
        cakes = [replace(PLAIN, decided_on=date(2024, 1, 1) + timedelta(days=31 * n)) for n in range(count)]
        groups = by_month(cakes)
        for columns in (charts.error_columns(groups, "month"), charts.coverage_columns(groups, "month")):
            assert len(columns) == min(count, charts.COLUMNS)
            for column in columns:
                assert 0 <= column.x and column.x + column.width <= charts.WIDTH
                assert charts.TOP <= column.y <= charts.HEIGHT and column.height >= 0
    leaning = charts.leaning_bars([group("a", [PLAIN]), group("b", [replace(PLAIN, predicted_cents=10_000)])])
    assert [(row.x, row.width) for row in leaning] == [(50.0, 10.0), (0.0, 50.0)]
    assert charts.share_bars([0.5, 0.25]) == [(0.0, 0.0, 24.0), (50.0, 12.0, 12.0)]

"""How much of a price is paid first."""

from __future__ import annotations

import pytest

from bakery.pricing.deposit import SMALLEST_CENTS, deposit_of


@pytest.mark.parametrize(
    ("total", "percent", "deposit"),
    [
        (24_000, 30, 7_200),
        (24_000, 0, 0),
        (24_000, 100, 0),
        (33_333, 50, 16_667),  # half a cent is rounded up
        (33_335, 30, 10_001),
        (0, 50, 0),
    ],
)
def test_the_deposit_is_its_share_of_the_total_rounded_to_the_cent(
    total: int, percent: int, deposit: int
) -> None:
    assert deposit_of(total, percent) == deposit


def test_no_part_is_too_small_to_be_paid_by_card() -> None:
    for total in range(0, 20_000, 7):
        for percent in range(101):
            deposit = deposit_of(total, percent)
            assert deposit == 0 or SMALLEST_CENTS <= deposit <= total - SMALLEST_CENTS


@pytest.mark.parametrize(("total", "percent"), [(100, -1), (100, 101), (-1, 50)])
def test_a_share_that_cannot_be_is_refused(total: int, percent: int) -> None:
    with pytest.raises(ValueError, match="deposit"):
        deposit_of(total, percent)

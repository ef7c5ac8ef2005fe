"""What goes back adds up, in whatever portions and order it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.core.money import included_tax
from bakery.pricing.refunds import Given, Sold, by_rate, cut_down, give_amount, give_rest, give_units, spread
from bakery.pricing.totals import PriceLine, price_lines


def sold(
    quantity: int = 3,
    unit: int = 650,
    discount: int = 0,
    rate: int = 1000,
    *,
    include: bool = True,
    key: int = 1,
) -> Sold:
    """A line as an order keeps it."""
    totals = price_lines([PriceLine(unit, quantity, f"r{rate}", f"GST {rate}", rate, discount)], include)
    priced = totals.lines[0]
    return Sold(
        key, quantity, unit, priced.total_cents, priced.tax_cents, include, rate, f"r{rate}", f"GST {rate}"
    )


def after(line: Sold, part: Given) -> Sold:
    return replace(
        line,
        gone_units=line.gone_units + part.units,
        gone_cents=line.gone_cents + part.cents,
        gone_tax_cents=line.gone_tax_cents + part.tax_cents,
    )


def test_one_of_three_gives_back_a_third_with_its_tax_and_its_share_of_the_discount() -> None:
    part = give_units(sold(3, 650, discount=150), 1)
    assert part == Given(1, 1, 600, included_tax(600, 1000), 50)


def test_the_last_unit_takes_what_rounding_left() -> None:
    line, parts = sold(3, 34, discount=2), []
    for _ in range(3):
        parts.append(give_units(line, 1))
        line = after(line, parts[-1])
    assert [part.cents for part in parts] == [33, 33, 34]
    assert [part.discount_cents for part in parts] == [1, 1, 0]
    assert (line.left_units, line.left_cents, line.left_tax_cents) == (0, 0, 0)


def test_where_tax_is_added_it_goes_back_as_well() -> None:
    line = sold(2, 999, include=False)
    assert line.gross_cents == 1998 + 200
    first = give_units(line, 1)
    assert (first.cents, first.tax_cents) == (1099, 100)
    last = give_units(after(line, first), 1)
    assert (first.cents + last.cents, first.tax_cents + last.tax_cents) == (2198, 200)


def test_units_share_what_an_amount_left_of_their_line() -> None:
    [part] = give_amount([line := sold(2, 1000)], 1000)
    assert (part.cents, part.units) == (1000, 0)
    line = after(line, part)
    assert give_units(line, 1).cents == 500
    assert give_units(line, 2).cents == 1000


@pytest.mark.parametrize("units", [0, -1, 4])
def test_no_units_and_more_than_are_left_are_refused(units: int) -> None:
    with pytest.raises(ValueError, match="left"):
        give_units(sold(3), units)


@pytest.mark.parametrize("cents", [0, -1, 1951, 10**12])
def test_no_amount_and_more_than_is_left_are_refused(cents: int) -> None:
    with pytest.raises(ValueError, match="left"):
        give_amount([sold(3)], cents)


def test_an_amount_is_spread_over_lines_and_rates_by_what_is_left_of_them() -> None:
    cake, loaf = sold(1, 8600, key=1), sold(2, 700, rate=0, key=2)
    parts = give_amount([cake, loaf], 1000)
    assert [(part.key, part.cents, part.tax_cents) for part in parts] == [(1, 860, 78), (2, 140, 0)]
    assert [(row.rate_bp, row.net_cents, row.tax_cents) for row in by_rate([cake, loaf], parts)] == [
        (1000, 782, 78),
        (0, 140, 0),
    ]


def test_lines_that_get_nothing_are_left_out() -> None:
    assert [part.key for part in give_amount([sold(1, 10_000, key=1), sold(1, 1, key=2)], 100)] == [1]
    given_away = sold(1, 0, key=3)
    assert give_amount([sold(1, 100, key=1), given_away], 50) == (Given(1, 0, 50, 5),)
    # What cost nothing can still come back.
    assert give_rest([given_away]) == (Given(3, 1, 0, 0),)


@pytest.mark.parametrize(
    ("cents", "weights", "parts"),
    [(100, [1, 1, 1], [34, 33, 33]), (5, [10, 0, 10], [3, 0, 2]), (0, [1], [0]), (7, [2, 2, 3], [2, 2, 3])],
)
def test_what_is_spread_adds_up(cents: int, weights: list[int], parts: list[int]) -> None:
    assert spread(cents, weights) == parts


def test_what_went_of_a_refund_is_shared_by_its_lines_as_the_whole_was() -> None:
    given = [Given(1, 1, 8600, 782), Given(2, 2, 1400, 0)]
    assert cut_down(given, 5000) == (Given(1, 1, 4300, 391), Given(2, 2, 700, 0))
    assert cut_down(given, 10_000) == cut_down(given, 12_000) == tuple(given)


lines = st.builds(
    lambda quantity, unit, part, rate, include: sold(
        quantity, unit, discount=quantity * unit * part // 100, rate=rate, include=include
    ),
    st.integers(1, 60),
    st.integers(0, 20_000),
    st.integers(0, 100),
    st.sampled_from([0, 500, 1000, 2000, 10_000]),
    st.booleans(),
)


@given(lines, st.data())
def test_any_portions_of_a_line_end_at_exactly_its_total(line: Sold, data: st.DataObject) -> None:
    """Units and amounts in any order; nothing is ever left negative, and the last leaves nothing."""
    whole, tax, discount = line.gross_cents, line.tax_cents, 0
    by_units = True
    while line.left_units:
        if line.left_cents > 1 and data.draw(st.booleans(), "an amount"):
            [part] = give_amount([line], data.draw(st.integers(1, line.left_cents - 1)))
            by_units = False
        else:
            part = give_units(line, data.draw(st.integers(1, line.left_units)))
            discount += part.discount_cents
        assert 0 <= part.tax_cents <= part.cents
        line = after(line, part)  # refuses what is more than is left
    assert (line.gone_cents, line.gone_tax_cents) == (whole, tax)
    assert discount == line.unit_price_cents * line.quantity - line.total_cents
    assert by_units or line.left_cents == 0


@given(lines, st.integers(1, 59))
def test_units_give_the_same_at_once_as_one_by_one(line: Sold, units: int) -> None:
    units = min(units, line.quantity)
    one_by_one, rest = 0, line
    for _ in range(units):
        part = give_units(rest, 1)
        one_by_one += part.cents
        rest = after(rest, part)
    assert give_units(line, units).cents == one_by_one


@given(st.lists(lines, min_size=1, max_size=6), st.data())
def test_amounts_in_any_portions_end_at_exactly_the_whole(
    sold_lines: list[Sold], data: st.DataObject
) -> None:
    open_lines = {key: replace(line, key=key) for key, line in enumerate(sold_lines)}
    whole = sum(line.gross_cents for line in open_lines.values())
    tax = sum(line.tax_cents for line in open_lines.values())
    went = went_tax = 0
    while left := sum(line.left_cents for line in open_lines.values()):
        cents = data.draw(st.integers(max(1, left // 3), left))
        parts = give_amount(open_lines.values(), cents)
        assert sum(part.cents for part in parts) == cents
        rates = by_rate(open_lines.values(), parts)
        assert sum(row.gross_cents for row in rates) == cents
        for part in parts:
            went, went_tax = went + part.cents, went_tax + part.tax_cents
            open_lines[part.key] = after(open_lines[part.key], part)
    assert (went, went_tax) == (whole, tax)


@given(lines, st.data())
def test_the_rest_is_the_rest(line: Sold, data: st.DataObject) -> None:
    if line.quantity > 1:
        line = after(line, give_units(line, data.draw(st.integers(1, line.quantity - 1))))
    [rest] = give_rest([line])
    assert (rest.units, rest.cents, rest.tax_cents) == (
        line.left_units,
        line.left_cents,
        line.left_tax_cents,
    )


def test_a_line_that_gave_more_than_it_cost_is_none() -> None:
    for wrong in ({"gone_units": 4}, {"gone_cents": 1951}, {"gone_cents": 1950, "gone_tax_cents": 0}):
        with pytest.raises(ValueError, match="goes back|go back"):
            replace(sold(3), **wrong)

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.pricing.totals import PriceLine, Totals, price_lines

RATES = [("gst", "GST 10%", 1000), ("gst_free", "GST-free", 0), ("odd", "Odd", 1235), ("all", "All", 10_000)]


@st.composite
def lines(draw: st.DrawFn) -> PriceLine:
    unit = draw(st.integers(0, 500_000))
    quantity = draw(st.integers(1, 1000))
    discount = draw(st.integers(0, unit * quantity))
    return PriceLine(unit, quantity, *draw(st.sampled_from(RATES)), discount_cents=discount)


baskets = st.lists(lines(), max_size=12)


def cake(quantity: int = 1) -> PriceLine:
    return PriceLine(8600, quantity, "gst", "GST 10%", 1000)


def loaf(quantity: int = 1) -> PriceLine:
    return PriceLine(900, quantity, "gst_free", "GST-free", 0)


def test_two_rates_on_one_receipt_with_tax_inside() -> None:
    totals = price_lines([cake(2), loaf(3)], include_tax=True)
    assert (totals.total_cents, totals.tax_cents) == (17200 + 2700, 1564)
    assert [(row.code, row.net_cents, row.tax_cents, row.gross_cents) for row in totals.rates] == [
        ("gst", 15636, 1564, 17200),
        ("gst_free", 2700, 0, 2700),
    ]


def test_tax_is_added_when_prices_are_without_it() -> None:
    totals = price_lines([cake(), loaf()], include_tax=False)
    assert (totals.subtotal_cents, totals.tax_cents, totals.total_cents) == (9500, 860, 10360)


@pytest.mark.parametrize(("cents", "tax"), [(5, 0), (6, 1), (16, 1), (17, 2), (11, 1), (110, 10), (105, 10)])
def test_tax_is_rounded_to_the_nearest_cent(cents: int, tax: int) -> None:
    line = PriceLine(cents, 1, "gst", "GST 10%", 1000)
    assert price_lines([line], include_tax=True).tax_cents == tax


def test_half_a_cent_of_tax_is_rounded_up() -> None:
    line = PriceLine(5, 1, "gst", "GST 10%", 1000)
    assert price_lines([line], include_tax=False).tax_cents == 1


def test_nothing_costs_nothing() -> None:
    assert price_lines([], include_tax=True) == Totals((), True, 0, 0, 0, ())


@given(baskets, st.booleans())
def test_lines_rates_and_totals_always_add_up(basket: list[PriceLine], include_tax: bool) -> None:
    totals = price_lines(basket, include_tax)
    assert totals.subtotal_cents == sum(line.total_cents for line in totals.lines)
    assert totals.tax_cents == sum(line.tax_cents for line in totals.lines)
    assert totals.total_cents == sum(row.gross_cents for row in totals.rates)
    assert totals.tax_cents == sum(row.tax_cents for row in totals.rates)
    assert len({row.code for row in totals.rates}) == len(totals.rates)


@given(baskets, st.booleans())
def test_the_customer_pays_each_line_to_the_cent_and_never_less_than_its_tax(
    basket: list[PriceLine], include_tax: bool
) -> None:
    totals = price_lines(basket, include_tax)
    wanted = sum(line.unit_price_cents * line.quantity - line.discount_cents for line in basket)
    assert totals.subtotal_cents == wanted
    assert totals.total_cents == wanted + (0 if include_tax else totals.tax_cents)
    assert 0 <= totals.tax_cents <= totals.total_cents


@given(lines(), st.booleans())
def test_the_tax_of_a_line_is_within_half_a_cent_of_the_exact_one(line: PriceLine, include_tax: bool) -> None:
    priced = price_lines([line], include_tax).lines[0]
    rate = Fraction(line.tax_rate_bp, 10_000)
    exact = priced.total_cents * rate / (1 + rate) if include_tax else priced.total_cents * rate
    assert abs(priced.tax_cents - exact) <= Fraction(1, 2)


@given(lines())
def test_adding_tax_to_a_net_price_and_taking_it_out_again_agree(line: PriceLine) -> None:
    added = price_lines([line], include_tax=False)
    gross = PriceLine(added.total_cents, 1, line.tax_code, line.tax_name, line.tax_rate_bp)
    assert abs(price_lines([gross], include_tax=True).tax_cents - added.tax_cents) <= 1


@pytest.mark.parametrize(
    "bad",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"unit_price_cents": -1},
        {"unit_price_cents": 9.5},
        {"discount_cents": 8601},
        {"discount_cents": -1},
        {"quantity": True},
    ],
)
def test_a_line_that_cannot_be_is_refused(bad: dict[str, int]) -> None:
    values = {"unit_price_cents": 8600, "quantity": 1} | bad
    with pytest.raises(ValueError):
        PriceLine(tax_code="gst", tax_name="GST 10%", tax_rate_bp=1000, **values)

"""Money, numbers, secrets, states and the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.core import clock, ids
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import InvalidTransition
from bakery.core.money import Money, added_tax, included_tax
from bakery.core.states import Machine, words

cents = st.integers(-(10**9), 10**9)


@pytest.mark.parametrize("amount", [1.0, "1", True, None])
def test_money_is_whole_minor_units(amount) -> None:
    with pytest.raises(TypeError):
        Money(amount, "AUD")


@given(cents, cents)
def test_money_adds_like_whole_numbers(a: int, b: int) -> None:
    assert Money(a, "AUD") + Money(b, "AUD") == Money(a + b, "AUD")
    assert Money(a, "AUD") - Money(b, "AUD") == Money(a - b, "AUD")
    assert (Money(a, "AUD") < Money(b, "AUD")) == (a < b)


def test_currencies_do_not_mix_and_money_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="AUD and NZD"):
        Money(1, "AUD") + Money(1, "NZD")
    with pytest.raises(ValueError, match="do not mix"):
        assert Money(1, "AUD") < Money(1, "NZD")
    with pytest.raises(TypeError):
        Money(1, "AUD") + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1, "AUD") * 1.5  # type: ignore[operator]
    assert Money(3, "AUD") * 4 == Money(12, "AUD")


@given(st.integers(0, 10**8), st.integers(0, 10_000))
def test_tax_inside_a_price_is_less_than_tax_on_top_and_neither_is_negative(price: int, rate: int) -> None:
    assert 0 <= included_tax(price, rate) <= added_tax(price, rate) <= price


@given(st.integers(-(10**8), 10**8), st.integers(0, 10_000))
def test_the_tax_of_a_refund_mirrors_that_of_its_sale(price: int, rate: int) -> None:
    assert included_tax(-price, rate) == -included_tax(price, rate)
    assert added_tax(-price, rate) == -added_tax(price, rate)


def test_numbers_read_aloud_well_and_are_found_however_typed() -> None:
    for _ in range(200):
        number = ids.new_number()
        assert not set(number.removeprefix("SC")) & set("01ILO")
        for typed in (number.lower(), number.replace("-", ""), f" {number[3:]} ", number.replace("-", " ")):
            assert ids.normalize_number(typed) == number


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_a_number(text: str) -> None:
    number = ids.normalize_number(text)
    assert number is None or ids.normalize_number(number) == number


def test_a_missing_secret_is_never_the_same() -> None:
    secret = ids.new_secret()
    assert ids.same_secret(secret, secret) and len(secret) >= 43
    for given_, expected in ((None, None), ("", ""), (secret, None), (None, secret), (secret, secret + "x")):
        assert not ids.same_secret(given_, expected)


class Light(StrEnum):
    GREEN = "GREEN"
    DARK_RED = "DARK_RED"


def test_a_machine_refuses_what_its_table_does_not_name() -> None:
    machine = Machine("light", {Light.GREEN: frozenset({Light.DARK_RED})})
    machine.check(Light.GREEN, Light.DARK_RED)
    for current, to in ((Light.DARK_RED, Light.GREEN), (Light.GREEN, Light.GREEN)):
        with pytest.raises(InvalidTransition) as refused:
            machine.check(current, to)
        assert words(to) in refused.value.message and refused.value.status == 409


def test_the_clock_travels_ticks_on_and_comes_back() -> None:
    there = datetime(2026, 10, 3, 15, 59, tzinfo=UTC)
    with clock.travel(there):
        assert timedelta(0) <= clock.now() - there < timedelta(seconds=5)
        assert str(clock.today("Australia/Sydney")) == "2026-10-04"
        assert str(clock.today("UTC")) == "2026-10-03"
        with clock.travel(there + timedelta(days=1)):
            assert clock.now().day == 4
        assert clock.now().day == 3
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="aware"), clock.travel(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


def test_the_system_is_an_actor_without_an_account() -> None:
    assert SYSTEM == Actor(None, "system", None)

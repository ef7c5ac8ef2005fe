"""The invented year: the same every time, plausible, and never against the shop's own rules."""

from collections import Counter
from datetime import date, timedelta

import pytest

from bakery.demo.content import CUSTOMERS, PRODUCTS, SHOP
from bakery.demo.content.history import hours_on, is_in_season, plan_history, slots_on
from bakery.demo.content.types import PlannedStatus, Season

START, END = date(2025, 11, 22), date(2026, 11, 21)
VARIANTS = {size.sku: (product, size) for product in PRODUCTS for size in product.variants}


@pytest.fixture(scope="module")
def year():
    return list(plan_history(7, START, END))


def test_a_year_holds_about_two_and_a_half_thousand_orders(year):
    assert 2_200 <= len(year) <= 2_800


def test_the_same_seed_plans_the_same_orders_and_a_week_is_that_week_of_the_year(year):
    assert list(plan_history(7, START, END)) == year
    week = list(plan_history(7, date(2026, 3, 2), date(2026, 3, 8)))
    assert week == [order for order in year if date(2026, 3, 2) <= order.pickup_at.date() <= date(2026, 3, 8)]
    assert list(plan_history(8, date(2026, 3, 2), date(2026, 3, 8))) != week


def test_pickups_are_at_slots_of_open_days_and_within_capacity(year):
    orders, minutes = Counter(), Counter()
    for order in year:
        assert order.pickup_at.time() in slots_on(order.pickup_at.date())
        orders[order.pickup_at] += 1
        minutes[order.pickup_at] += sum(
            VARIANTS[line.sku][1].make_minutes * line.quantity for line in order.lines
        )
    assert max(orders.values()) <= SHOP.slots.capacity_orders
    assert max(minutes.values()) <= SHOP.slots.capacity_make_minutes
    assert hours_on(date(2025, 12, 25)) == () and not any(
        o.pickup_at.date() == date(2025, 12, 25) for o in year
    )


def test_every_line_respects_lead_time_limit_season_and_message_rules(year):
    for order in year:
        assert order.lines and 0 <= order.customer < len(CUSTOMERS)
        assert len({line.sku for line in order.lines}) == len(order.lines)
        for line in order.lines:
            product, size = VARIANTS[line.sku]
            assert order.pickup_at - order.placed_at >= timedelta(hours=size.lead_time_hours)
            assert 1 <= line.quantity <= size.limit_per_order
            assert is_in_season(product.season, order.pickup_at.date())
            assert len(line.message) <= 40
            assert not line.message or product.accepts_message


def test_saturdays_are_busier_than_mondays_and_feasts_busier_than_both(year):
    by_day = Counter(order.pickup_at.date() for order in year)
    weekday = Counter(order.pickup_at.weekday() for order in year)
    assert weekday[5] > 2 * weekday[0]
    usual = len(year) / 365
    feast = sum(by_day[date(2026, 3, 20) - timedelta(days=i)] for i in range(5)) / 5
    assert feast > 1.5 * usual


def test_a_feast_sells_its_own_sweets(year):
    boxes = [o for o in year for line in o.lines if line.sku == "EID-30"]
    near = [
        o
        for o in boxes
        if any(
            0 <= (feast - o.pickup_at.date()).days <= 4 for feast in (date(2026, 3, 20), date(2026, 5, 27))
        )
    ]
    assert len(near) >= len(boxes) * 0.25 > 0


def test_most_orders_are_collected_and_every_variant_sells(year):
    status = Counter(order.status for order in year)
    assert 0.90 < status[PlannedStatus.COLLECTED] / len(year) < 0.98
    assert status[PlannedStatus.CANCELLED] > status[PlannedStatus.EXPIRED] > 0
    assert {line.sku for order in year for line in order.lines} == set(VARIANTS)


def test_a_season_may_run_over_the_new_year():
    mango = Season("Mango", (10, 15), (3, 15))
    assert is_in_season(mango, date(2026, 12, 31)) and is_in_season(mango, date(2026, 3, 15))
    assert not is_in_season(mango, date(2026, 3, 16))

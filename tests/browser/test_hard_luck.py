"""Two tabs, quicker customers, empty shelves, and a Stripe that is away."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.stack import Stack
from tests.browser.visitor import Visitor, new_address
from tests.browser.watch import Watch


def test_two_tabs_make_one_order(browse: Browse, shop: Stack) -> None:
    one = browse()
    one.go_to_checkout()
    two = Visitor(one.page.context.new_page(), shop)
    two.page.goto("/checkout")
    email = new_address()
    for tab in (one, two):
        tab.fill_checkout(email=email)
    one.place_order()
    two.place_order()
    one.at_stripe()
    two.at_stripe()
    assert one.stripe_session == two.stripe_session
    assert shop.sql("SELECT count(*) FROM shop_order WHERE contact_email = %s", email) == [(1,)]


def test_a_double_click_makes_one_order(browse: Browse, shop: Stack) -> None:
    hasty = browse()
    hasty.go_to_checkout()
    email = new_address()
    hasty.fill_checkout(email=email)
    hasty.page.get_by_role("button", name=re.compile(r"^Pay \$")).dblclick()
    hasty.at_stripe()
    assert shop.sql("SELECT count(*) FROM shop_order WHERE contact_email = %s", email) == [(1,)]


def test_a_double_tap_adds_one_cake_and_a_typed_nothing_becomes_one(browse: Browse) -> None:
    hasty = browse(390, 844)
    hasty.find_cake()
    hasty.page.get_by_role("button", name="Add to cart").dblclick()
    many = hasty.drawer.get_by_role("spinbutton")
    expect(many).to_have_value("1")
    many.fill("2")
    many.blur()
    expect(hasty.drawer.locator(".sums .total").last).to_contain_text("$")
    hasty.page.wait_for_timeout(600)
    expect(many).to_have_value("2")
    many.fill("0")
    many.blur()
    expect(many).to_have_value("1")
    hasty.page.wait_for_timeout(600)
    hasty.page.goto("/cart")
    expect(hasty.page.get_by_role("main").get_by_role("spinbutton")).to_have_value("1")


def test_a_slot_taken_meanwhile_is_offered_anew_and_nothing_is_lost(
    browse: Browse, shop: Stack, watch: Watch
) -> None:
    watch.allow("409: ")
    late = browse(390, 844)
    late.go_to_checkout(words="Noor")
    late.fill_contact(email="slower@saffron.test")
    taken = late.choose_slot(3)
    late.page.get_by_label("Anything we should know?").fill("Two candles")
    late.agree()
    _somebody_takes(shop, taken)
    late.place_order()
    expect(late.page.locator("#slot")).to_contain_text("no longer free")
    assert late.page.locator(f"input[name=slot][value='{taken}']").count() == 0
    expect(late.page.get_by_label("Your name")).to_have_value("Laila Rahimi")
    expect(late.page.get_by_label("Anything we should know?")).to_have_value("Two candles")
    expect(late.page.get_by_role("checkbox", name="terms")).to_be_checked()
    late.choose_slot(3)
    late.place_order()
    late.at_stripe()
    late.pay()
    late.is_thanked()


def test_what_sold_out_in_the_cart_is_told_and_removed_with_one_tap(
    browse: Browse, shop: Stack, watch: Watch
) -> None:
    watch.allow("409: ")
    buyer = browse(390, 844)
    buyer.page.goto("/menu/pistachio-rose-cake")
    buyer.page.get_by_role("button", name="Add to cart").click()
    expect(buyer.drawer).to_contain_text("Pistachio")
    (variant,) = shop.sql(
        "SELECT l.variant_id FROM cart_line l JOIN variant v ON v.id = l.variant_id WHERE v.sku LIKE 'PIS-%%'"
    )[-1]
    before = shop.sql("SELECT on_hand, reserved FROM stock_level WHERE variant_id = %s", variant)[0]
    buyer.page.goto("/checkout")
    buyer.fill_checkout(email="unlucky@saffron.test")
    shop.sql("UPDATE stock_level SET on_hand = reserved WHERE variant_id = %s", variant)
    try:
        buyer.place_order()
        line = buyer.page.locator(".cart-line")
        expect(line).to_contain_text("Sold out")
        line.get_by_role("button", name="Remove it").click()
        expect(buyer.page.get_by_role("heading", name="Your cart is empty")).to_be_visible()
    finally:
        shop.sql("UPDATE stock_level SET on_hand = %s WHERE variant_id = %s", before[0], variant)


def test_with_stripe_away_the_order_is_held_and_paid_when_it_is_back(browse: Browse, shop: Stack) -> None:
    buyer = browse(390, 844)
    buyer.go_to_checkout()
    buyer.fill_checkout(email="patient@saffron.test")
    shop.sandbox.fault("stripe", "error", status=500)
    try:
        buyer.place_order()
        expect(buyer.page.get_by_role("heading", name="Not paid yet")).to_be_visible()
        expect(buyer.page.get_by_text("held until")).to_be_visible()
        buyer.page.get_by_role("button", name="Pay $109.00 now").click()
        expect(buyer.page.get_by_role("heading", name="Not paid yet")).to_be_visible()
    finally:
        shop.sandbox.clear_faults()
    buyer.page.get_by_role("button", name="Pay $109.00 now").click()
    buyer.at_stripe()
    buyer.pay()
    buyer.is_thanked()


def _somebody_takes(shop: Stack, slot: str) -> None:
    starts_at = datetime.fromisoformat(slot).astimezone(ZoneInfo("Australia/Sydney"))
    shop.sql(
        "INSERT INTO pickup_slot (starts_at, on_date, local_time, capacity_orders, booked_orders,"
        " booked_minutes, closed) VALUES (%s, %s, %s, 1, 1, 0, false)"
        " ON CONFLICT (starts_at) DO UPDATE SET capacity_orders = pickup_slot.booked_orders",
        starts_at,
        starts_at.date(),
        starts_at.time(),
    )

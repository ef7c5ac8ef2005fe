"""Cards that do not simply pay, and people who turn back at the till."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.stack import Stack
from tests.browser.visitor import CARD, DECLINED, SECURE, new_address
from tests.browser.watch import Watch


def test_after_a_declined_card_another_one_pays(browse: Browse, watch: Watch) -> None:
    watch.allow("402: ")
    buyer = browse(390, 844)
    buyer.order_cake(email="declined@saffron.test")
    buyer.pay(DECLINED)
    expect(buyer.page.get_by_role("alert")).to_contain_text("declined")
    buyer.pay(CARD)
    buyer.is_thanked()


def test_the_bank_asks_and_is_answered(browse: Browse) -> None:
    buyer = browse()
    buyer.order_cake(email="secure@saffron.test")
    buyer.pay(SECURE)
    buyer.page.get_by_role("button", name="Complete authentication").click()
    buyer.is_thanked()


def test_the_bank_asks_and_is_not_convinced(browse: Browse, shop: Stack, watch: Watch) -> None:
    watch.allow("402: ")
    buyer = browse()
    buyer.order_cake(email="insecure@saffron.test")
    buyer.pay(SECURE)
    buyer.page.get_by_role("button", name="Fail authentication").click()
    expect(buyer.page.get_by_role("alert")).to_be_visible()
    buyer.pay(CARD)
    buyer.is_thanked()


def test_turning_back_keeps_the_order_and_paying_later_works(browse: Browse, shop: Stack) -> None:
    buyer = browse(390, 844)
    buyer.order_cake(email="undecided@saffron.test")
    page, opened = buyer.page, buyer.stripe_session
    page.get_by_role("link", name="Back to the shop").click()
    expect(page.get_by_role("heading", name="Not paid yet")).to_be_visible()
    expect(page.get_by_text("Nothing was charged")).to_be_visible()
    expect(page.get_by_text("held until")).to_be_visible()
    page.get_by_role("button", name="Pay $109.00 now").click()
    buyer.at_stripe()
    assert buyer.stripe_session == opened, "the page that is open is used again"
    buyer.pay()
    buyer.is_thanked()


def test_what_was_not_paid_in_time_goes_back_into_the_cart(browse: Browse, shop: Stack, watch: Watch) -> None:
    watch.allow("410: ")
    buyer = browse(390, 844)
    email = new_address()
    buyer.order_cake(words="Ahmad 7", email=email)
    page = buyer.page
    shop.sandbox.expire(buyer.stripe_session)
    page.reload()
    expect(page.get_by_role("heading", name="This checkout has expired")).to_be_visible()
    shop.sql("UPDATE shop_order SET hold_expires_at = now() WHERE contact_email = %s", email)
    page.get_by_role("link", name="Back to the shop").click()
    expect(page.get_by_role("heading", name="The time to pay has run out")).to_be_visible()
    page.get_by_role("button", name="Put it all back into the cart").click()
    expect(page.get_by_role("heading", level=1, name="Your cart")).to_be_visible()
    expect(page.locator(".cart-line")).to_contain_text("Ahmad 7")

"""A customer saves a card, pays with it in two taps, adds and removes cards, and is refused once in a while."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import complaints
from tests.browser.conftest import Browse
from tests.browser.stack import Stack
from tests.browser.visitor import CARD, DECLINED, Visitor, new_address
from tests.browser.watch import Watch

ASKS = "4000002760003184"
SAVE = re.compile("^Save this card for next time")
SIZES = [pytest.param(390, 844, id="phone"), pytest.param(1280, 900, id="desk")]


@pytest.fixture
def member(browse: Browse) -> Callable[..., Visitor]:
    """A new customer with an account."""

    def come_in(width: int = 1280, height: int = 900) -> Visitor:
        visitor = browse(width, height)
        visitor.page.goto("/register")
        visitor.page.get_by_label("Your name").fill("Zahra Noori")
        visitor.page.get_by_label("Email").fill(new_address())
        visitor.page.get_by_label("Password").fill("warm saffron bread")
        visitor.page.get_by_role("button", name="Open an account").click()
        expect(visitor.page.get_by_role("heading", level=1, name="Your account")).to_be_visible()
        return visitor

    return come_in


def fill_checkout(visitor: Visitor, slot: int = 0) -> None:
    visitor.go_to_checkout()
    visitor.page.get_by_label("Mobile or phone").fill("0491 570 110")
    visitor.choose_slot(slot)
    visitor.agree()


def save_a_card(visitor: Visitor, number: str = CARD) -> None:
    fill_checkout(visitor)
    visitor.page.get_by_label(SAVE).check()
    visitor.place_order()
    visitor.at_stripe()
    pay_with(visitor.page, number)
    visitor.is_thanked()
    # Which card it was, a job asks Stripe.
    kept = "SELECT 1 FROM saved_card c JOIN shop_order o ON o.user_id = c.user_id WHERE o.number = %s"
    visitor.shop.wait(lambda: visitor.shop.sql(kept, visitor.order_number))


def pay_with(page: Page, number: str) -> None:
    """Type a card on Stripe's page."""
    page.locator("input[name=card][value=own]").check()
    page.get_by_role("textbox", name="Card number").fill(number)
    page.get_by_role("textbox", name="Expiry").fill("12 / 34")
    page.get_by_role("textbox", name="Security code").fill("123")
    page.get_by_role("button", name=re.compile("^(Pay|Save)")).click()
    if "authenticate" in page.url:
        page.get_by_role("button", name=re.compile("Complete", re.IGNORECASE)).click()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_two_taps(member: Callable[..., Visitor], width: int, height: int) -> None:
    customer, found = member(width, height), []
    page = customer.page
    save_a_card(customer)
    fill_checkout(customer)
    expect(page.get_by_role("radio", name="Visa ending 4242")).to_be_checked()
    found += complaints(page)
    customer.place_order()
    customer.is_thanked()
    page.goto("/account/cards")
    expect(page.get_by_role("main")).to_contain_text("Visa ending 4242")
    found += complaints(page)
    assert not found, "\n".join(found)


def test_a_bank_that_asks_is_answered_on_its_own_page(member: Callable[..., Visitor]) -> None:
    customer = member()
    page = customer.page
    save_a_card(customer, ASKS)
    fill_checkout(customer)
    customer.place_order()
    expect(page).to_have_url(re.compile("/pay/authenticate/"))
    page.get_by_role("button", name=re.compile("Fail", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", level=1, name="Not paid yet")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("The bank wanted to check that it was you")
    found = complaints(page)
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    expect(page).to_have_url(re.compile("/pay/authenticate/"))
    page.get_by_role("button", name=re.compile("Complete", re.IGNORECASE)).click()
    customer.is_thanked()
    assert not found, "\n".join(found)


def test_a_card_is_added_and_removed_without_scripts(
    known_people: Callable[[str], Any], browse: Browse
) -> None:
    storage = known_people("customer")
    page = browse(390, 844, java_script_enabled=False, storage_state=storage).page
    page.goto("/account/cards")
    page.get_by_role("button", name="Agree and add a card").click()
    pay_with(page, "5555555555554444")
    card = page.get_by_text("Mastercard ending 4444").first
    for _ in range(100):
        if card.is_visible():
            break
        page.get_by_role("link", name="Look again").click()
    page.get_by_role("link", name="Remove Mastercard ending 4444").click()
    expect(page.get_by_role("heading", level=1, name="Remove Mastercard ending 4444?")).to_be_visible()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("main")).to_contain_text("No cards saved")


def test_the_pages_of_cards(signed_in: Browse) -> None:
    page, found = signed_in("customer").page, []
    page.goto("/account/cards")
    found += complaints(page)
    page.get_by_role("button", name="Agree and add a card").click()
    pay_with(page, CARD)
    expect(page.get_by_role("main")).to_contain_text("Visa ending 4242")
    found += complaints(page)
    page.get_by_role("link", name="Remove Visa ending 4242").click()
    expect(page.get_by_role("button", name="Remove it")).to_be_visible()
    found += complaints(page)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("main")).to_contain_text("No cards saved")
    page.goto("/account/delete")
    found += complaints(page)
    assert not found, "\n".join(found)


def test_a_refused_card_is_seen_by_staff_and_told_to_the_customer(
    browse: Browse, signed_in: Browse, shop: Stack, watch: Watch
) -> None:
    watch.allow("402: ")
    guest, email = browse(), new_address()
    guest.order_cake(email=email)
    guest.pay(DECLINED)
    expect(guest.page.get_by_role("alert")).to_be_visible()
    guest.page.get_by_role("link", name="Back to the shop").click()
    expect(guest.page.get_by_role("heading", level=1, name="Not paid yet")).to_be_visible()
    number = guest.order_number
    staff = signed_in("counter").page
    refused = "SELECT 1 FROM payment_failure f JOIN shop_order o ON o.id = f.order_id WHERE o.number = %s"
    shop.wait(lambda: shop.sql(refused, number))
    staff.goto(f"/admin/orders/{number}")
    expect(staff.locator("#attempts")).to_contain_text("Visa ending 0002 refused")
    found = complaints(staff)
    # Five minutes later nobody has paid.
    shop.sql("UPDATE payment SET created_at = created_at - interval '20 minutes'")
    shop.sql("ALTER TABLE payment_failure DISABLE TRIGGER append_only")
    shop.sql("UPDATE payment_failure SET at = at - interval '10 minutes'")
    shop.sql("ALTER TABLE payment_failure ENABLE TRIGGER append_only")
    shop.sql("UPDATE outbox SET next_try_at = now() WHERE job = 'jobs.nudges.look' AND done_at IS NULL")
    (mail,) = shop.wait(lambda: shop.sandbox.mails(to=email), 60)
    assert mail["subject"].startswith(f"Your payment did not go through: order {number} is held until ")
    link = re.search(r"http\S+/orders/\S+", mail["text"])
    assert link
    another = browse(390, 844)
    another.page.goto(link[0])
    expect(another.page.get_by_role("heading", level=1, name="Not paid yet")).to_be_visible()
    another.page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    another.at_stripe()
    another.pay()
    another.is_thanked()
    assert not found, "\n".join(found)

"""A card that is kept with a yes to it, pays the next order, and is forgotten when its customer says so."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.stack import PASSWORD, Stack
from tests.browser.visitor import new_address


def test_a_saved_card_pays_in_two_taps_and_is_removed(browse: Browse, shop: Stack) -> None:
    member = browse(390, 844, is_mobile=True, has_touch=True)
    page, email = member.page, new_address()
    _open_account(page, email)

    # The yes stands beside its words, and nothing is ticked for them.
    member.go_to_checkout()
    member.fill_checkout(email=email)
    box = page.get_by_role("checkbox", name="Save this card for next time")
    expect(box).not_to_be_checked()
    box.check()
    member.place_order()
    member.at_stripe()
    member.pay()
    member.is_thanked()
    shop.wait(lambda: _cards(shop, email))

    # The next order: the card is chosen already, and one button pays.
    member.go_to_checkout()
    expect(page.get_by_role("radio", name="Visa ending 4242")).to_be_checked()
    member.fill_checkout(email=email)
    member.place_order()
    member.is_thanked()
    assert page.url.startswith(shop.url), "no other page was needed"
    kept = shop.sandbox.object(_cards(shop, email)[0])
    assert kept["customer"], "Stripe keeps it, for its customer"

    # In the account it is theirs to remove; Stripe forgets it as well.
    page.goto("/account/cards")
    page.get_by_role("link", name="Remove Visa ending 4242").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", name="No cards saved")).to_be_visible()
    shop.wait(lambda: shop.sandbox.object(kept["id"])["customer"] is None)


def _open_account(page: Page, email: str) -> None:
    page.goto("/register")
    page.get_by_label("Your name").fill("Laila Rahimi")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open an account").click()
    page.wait_for_url(lambda url: "/register" not in url)


def _cards(shop: Stack, email: str) -> list[str]:
    """The saved cards of an account, as Stripe calls them."""
    rows = shop.sql(
        "SELECT c.payment_method_id FROM saved_card c JOIN user_account u ON u.id = c.user_id WHERE u.email = %s",
        email,
    )
    return [key for (key,) in rows]

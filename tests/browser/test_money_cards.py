"""Cards that are kept, with a yes to it, and cards that are refused: what customers do next."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.money import mail_about, way_back
from tests.browser.stack import PASSWORD, Stack
from tests.browser.visitor import CARD, DECLINED, new_address
from tests.browser.watch import Watch


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


def test_a_refused_card_and_the_way_back_by_mail_on_another_device(
    browse: Browse, shop: Stack, watch: Watch
) -> None:
    watch.allow("402: ")
    phone, email = browse(390, 844, is_mobile=True, has_touch=True), new_address()
    phone.order_cake(email=email)
    phone.pay(DECLINED)
    expect(phone.page.get_by_role("alert")).to_contain_text("declined")
    shop.wait(lambda: shop.sql("SELECT 1 FROM payment_failure f " + _OF, email))

    # They put the phone away; after some minutes a mail tells them how to go on.
    _minutes_pass(shop, email)
    mail = mail_about(shop, email, "did not go through")
    desk = browse()
    desk.page.goto(way_back(mail))
    expect(desk.page.get_by_role("heading", level=1, name="Not paid yet")).to_be_visible()
    expect(desk.page.get_by_role("alert")).to_contain_text("The bank did not accept the card")
    desk.page.get_by_role("button", name=re.compile(r"^Pay \$109\.00")).click()
    desk.at_stripe()
    desk.pay(CARD)
    desk.is_thanked()
    paid = shop.sql("SELECT payment_status, held_cents FROM shop_order WHERE contact_email = %s", email)
    assert paid == [("PAID", 10_900)]


_OF = "JOIN shop_order o ON o.id = order_id WHERE o.contact_email = %s"


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


def _minutes_pass(shop: Stack, email: str) -> None:
    """As if the customer had been away for six minutes: all that they did is older, and what waits is due."""
    of = f"(SELECT id FROM shop_order WHERE contact_email = '{email}')"
    # What failed is never edited, so the trigger that sees to it has to look away.
    shop.sql(
        "SET session_replication_role = replica;"
        f" UPDATE payment SET created_at = created_at - interval '6 minutes' WHERE order_id IN {of};"
        f" UPDATE payment_failure SET at = at - interval '6 minutes' WHERE order_id IN {of};"
        " UPDATE outbox SET next_try_at = now() WHERE job = 'jobs.nudges.look' AND done_at IS NULL"
        f" AND (args ->> 0)::bigint IN {of}"
    )

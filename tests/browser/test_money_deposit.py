"""A deposit orders a cake; the rest is paid from a mail on another device; every cent has its paper."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.money import adds_up, mail_about, way_back
from tests.browser.stack import Stack
from tests.browser.test_first_sale import words_of
from tests.browser.visitor import CAKE, new_address


def test_a_deposit_then_the_rest_from_a_mail_on_another_device(
    browse: Browse, signed_in: Browse, shop: Stack
) -> None:
    phone, email = browse(390, 844, is_mobile=True, has_touch=True), new_address()
    page = phone.page
    phone.order_cake(email=email)
    page.get_by_role("link", name="Back to the shop").click()
    expect(page.get_by_role("heading", level=1, name="Not paid yet")).to_be_visible()
    number = phone.order_number

    # They ring and ask to pay half of it later; staff write that down.
    owner = signed_in("owner").page
    owner.goto(f"/admin/orders/{number}")
    owner.locator("summary").filter(has_text="Ask for a deposit").click()
    owner.get_by_label("Percentage").fill("50")
    owner.get_by_role("button", name="Ask for it").click()
    expect(owner.get_by_text("Waiting for $54.50")).to_be_visible()

    # What is paid now, what later and until when, and what is not given back, stand there before anything is paid.
    page.reload()
    terms = page.get_by_text(re.compile(r"You pay \$54\.50 now as a deposit, and the remaining \$54\.50 by "))
    expect(terms).to_contain_text("is not given back")
    page.get_by_role("button", name=re.compile(r"^Pay \$54\.50 deposit")).click()
    phone.at_stripe()
    assert "A$54.50" in page.content()
    phone.pay()
    phone.is_thanked()
    expect(page.get_by_text("$54.50 is still to be paid")).to_be_visible()
    expect(
        page.get_by_text(re.compile(r"It is due by \w+.*You have paid \$54\.50 of \$109\.00"))
    ).to_be_visible()
    first = mail_about(shop, email, "pick up")
    assert "$54.50" in str(first["text"])

    # On another device, with nothing but the mail.
    desk = browse()
    desk.page.goto(way_back(first))
    expect(desk.page.get_by_text("$54.50 is still to be paid")).to_be_visible()
    desk.page.get_by_role("button", name="Pay the rest ($54.50) now").click()
    desk.at_stripe()
    assert "A$54.50" in desk.page.content()
    desk.pay()
    expect(desk.page.get_by_text("Your order is paid and confirmed")).to_be_visible()
    expect(desk.page.get_by_text("still to be paid")).to_have_count(0)

    # One invoice for the whole, one receipt for each payment; the mail about the rest brings its own.
    papers = desk.page.get_by_role("link", name=re.compile(r"\(PDF\)"))
    found = [
        words_of(desk.page.request.get(f"{shop.url}{each.get_attribute('href')}").body())
        for each in papers.all()
    ]
    invoice, *receipts = found
    assert CAKE in invoice and "$109.00" in invoice, invoice
    assert receipts and all(number in words and "$54.50" in words for words in receipts), receipts
    rest = mail_about(shop, email, "we have received the rest")
    (attached,) = rest["attachments"]  # type: ignore[misc]
    assert words_of(shop.sandbox.attachment(rest, attached["name"])) in found

    assert adds_up(owner, number)[-1] == 0
    ((held, status),) = shop.sql(
        "SELECT held_cents, payment_status FROM shop_order WHERE number = %s", number
    )
    assert (held, status) == (10_900, "PAID")

"""What people do with money after a sale, and how tests read it off the pages."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.stack import Stack
from tests.browser.visitor import Visitor

DISPUTED = "4000000000000259"
LINK = re.compile(r"https?://[^\s<>\"]+/(?:orders|custom-cakes)/[^\s<>\"]+")


def cents(text: str) -> int:
    """`−$109.00` in cents. Refuses what is no amount."""
    found = re.search(r"([-−–]?)\$?([\d,]+)\.(\d\d)", text)
    assert found, f"no amount: {text!r}"
    return (-1 if found[1] else 1) * int(found[2].replace(",", "") + found[3])


def movements(page: Page) -> list[int]:
    """The amounts of every line of an order's money in the back office, the closing one last."""
    table = page.get_by_role("table", name="Every movement of this order's money")
    return [cents(text) for text in table.locator("td[data-label='Amount']").all_inner_texts()]


def adds_up(page: Page, number: str) -> list[int]:
    """Opens the order in the back office: what is told of its money comes to nothing, to the cent."""
    page.goto(f"/admin/orders/{number}")
    amounts = movements(page)
    assert amounts and sum(amounts) == 0, amounts
    return amounts


def way_back(mail: dict[str, object]) -> str:
    """The link of a mail that opens its order on any device."""
    found = LINK.search(str(mail["text"]))
    assert found, mail["text"]
    return found[0]


def mail_about(shop: Stack, to: str, words: str) -> dict[str, object]:
    """The one mail to somebody whose subject says so, once it has come."""
    (mail,) = shop.wait(lambda: [each for each in shop.sandbox.mails(to=to) if words in each["subject"]])
    found: dict[str, object] = mail
    return found


def bought(visitor: Visitor, email: str, how_many: int = 1, card: str = "") -> str:
    """A paid order for walnut cakes; its number."""
    visitor.find_cake()
    visitor.choose_cake()
    for _ in range(how_many - 1):
        visitor.drawer.get_by_role("button", name="One more").click()
    if how_many > 1:
        expect(visitor.drawer.locator(".sums .total").last).to_have_text(f"${how_many * 109}.00")
    visitor.drawer.get_by_role("link", name="Choose a pickup time").click()
    visitor.fill_checkout(email=email)
    visitor.place_order()
    visitor.at_stripe()
    visitor.pay(card) if card else visitor.pay()
    visitor.is_thanked()
    return visitor.order_number


def decision(page: Page) -> Locator:
    """The part of a refund's page that waits for a person."""
    return page.get_by_role("region", name=re.compile("^(Decide|Where it stands)$"))

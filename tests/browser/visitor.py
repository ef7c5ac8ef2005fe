"""A person with a browser: what people do in the shop, in their words."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.stack import PASSWORD, Stack

CAKE = "Walnut & Date Celebration Cake"
CARD = "4242424242424242"
DECLINED = "4000000000000002"
SECURE = "4000002500003155"


def new_address() -> str:
    """A mail address that nobody had before."""
    return f"guest-{secrets.token_hex(4)}@saffron.test"


@dataclass
class Visitor:
    """One person; `page` is what they look at."""

    page: Page
    shop: Stack

    # The storefront

    def find_cake(self) -> None:
        """From the front door to the walnut cake's page."""
        self.page.goto("/")
        self.page.get_by_role("main").get_by_role("link", name="Celebration cakes").first.click()
        self.page.get_by_role("link", name=CAKE).click()
        expect(self.page.get_by_role("heading", level=1, name=CAKE)).to_be_visible()

    def choose_cake(self, size: str = "8″", words: str = "") -> None:
        """A size, words for the top, and into the cart."""
        self.page.get_by_role("radio", name=re.compile(f"^{size}")).check()
        if words:
            self.page.get_by_label("Words on the cake").fill(words)
        self.page.get_by_role("button", name="Add to cart").click()

    @property
    def drawer(self) -> Locator:
        return self.page.get_by_role("dialog", name="Your cart")

    def go_to_checkout(self, size: str = "8″", words: str = "") -> None:
        """Everything up to the form."""
        self.find_cake()
        self.choose_cake(size, words)
        self.page.get_by_role("link", name="Choose a pickup time").click()
        expect(self.page.get_by_role("heading", level=1, name="Checkout")).to_be_visible()

    def fill_contact(self, name: str = "Laila Rahimi", email: str = "laila@saffron.test") -> None:
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_label("Email", exact=True).fill(email)
        self.page.get_by_label("Mobile or phone").fill("0491 570 110")

    def slots(self) -> Locator:
        return self.page.locator(".slot-day input[type=radio]")

    def choose_slot(self, number: int = 0) -> str:
        """The n-th free time; answers its value."""
        slot = self.slots().nth(number)
        slot.check(force=True)
        return str(slot.get_attribute("value"))

    def agree(self) -> None:
        self.page.get_by_role("checkbox", name="terms").check()

    def fill_checkout(self, slot: int = 0, **contact: str) -> None:
        self.fill_contact(**contact)
        self.choose_slot(slot)
        self.agree()

    def place_order(self) -> None:
        """The button that leads to Stripe."""
        self.page.get_by_role("button", name=re.compile(r"^Pay \$")).click()

    def order_cake(self, slot: int = 0, words: str = "", **contact: str) -> None:
        """All of it, up to Stripe's page."""
        self.go_to_checkout(words=words)
        self.fill_checkout(slot, **contact)
        self.place_order()
        self.at_stripe()

    @property
    def order_number(self) -> str:
        found = re.search(r"/orders/([\w-]+)", self.page.url)
        assert found, f"not the page of an order: {self.page.url}"
        return found[1]

    def is_thanked(self) -> None:
        """The order's page, once the payment has been heard of."""
        expect(self.page.get_by_role("heading", level=1, name="Thank you")).to_be_visible()

    # Stripe's page

    def at_stripe(self) -> None:
        expect(self.page.get_by_role("heading", level=1, name="Pay by card")).to_be_visible()

    @property
    def stripe_session(self) -> str:
        return self.page.url.rstrip("/").rpartition("/")[2]

    def pay(self, card: str = CARD) -> None:
        self.page.locator(f"input[name=card][value='{card}']").check()
        self.page.get_by_role("button", name=re.compile("^Pay ")).click()

    # Staff

    def sign_in(self, who: str) -> None:
        self.page.goto("/login")
        self.page.get_by_label("Email").fill(f"{who}@saffron.test")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

"""What people do with custom cakes: a customer who designs one, and staff who decide on it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.stack import Stack

PHONE = "0491 570 110"


def free_day(shop: Stack, ahead: int) -> date:
    """The first day from so many days on with ordinary hours; each test has its own, so that they share no kitchen."""
    exceptions = {on for (on,) in shop.sql("SELECT on_date FROM schedule_exception")}
    on = datetime.now(ZoneInfo("Australia/Sydney")).date() + timedelta(days=ahead)
    while on in exceptions:
        on += timedelta(days=1)
    return on


def photo() -> bytes:
    """A picture as a phone would send it."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "mistyrose").save(out, "JPEG")
    return out.getvalue()


class CakeCustomer:
    """A customer in the builder and on their request's page."""

    def __init__(self, page: Page, name: str, email: str) -> None:
        self.page, self.name, self.email = page, name, email

    def begin(self, on: date, wish: Mapping[str, str] | None = None) -> None:
        """Into the builder, with the day and what a link filled in."""
        self.page.goto("/custom-cakes/new" + (f"?{urlencode(wish)}" if wish else ""))
        self.fill("The day you need it", on.isoformat())

    def fill(self, label: str, value: str) -> None:
        """A field, and the answer that follows it."""
        with self.answered():
            self.page.get_by_label(label, exact=True).fill(value)
        expect(self.page.get_by_label(label, exact=True)).to_have_value(value)

    def choose(self, group: str, option: str) -> None:
        """A chip or a swatch, and the answer that follows it."""
        with self.answered():
            self.page.get_by_role("group", name=group).get_by_label(option, exact=True).check(force=True)

    def press(self, button: str) -> None:
        """A button of the builder that changes the cake."""
        with self.answered():
            self.page.get_by_role("button", name=button).click()

    def answered(self):  # type: ignore[no-untyped-def]
        """The cake was worked out anew."""
        return self.page.expect_response(
            lambda answer: answer.request.method == "POST" and "/custom-cakes/" in answer.url
        )

    @property
    def price(self) -> Locator:
        return self.page.locator("#answer .cake-price")

    @property
    def drawing(self) -> str:
        return self.page.locator("#answer .cake-plate").inner_html()

    def sign(self) -> None:
        """Who is answered."""
        for label, value in (("Your name", self.name), ("Email", self.email), ("Mobile or phone", PHONE)):
            self.page.get_by_label(label, exact=True).fill(value)

    def send(self, button: str = "Send my wish") -> str:
        """Off it goes; the number it got."""
        self.page.get_by_role("button", name=button).click()
        expect(self.page.get_by_role("heading", name="We are looking at your cake")).to_be_visible()
        return self.number

    @property
    def number(self) -> str:
        found = re.search(r"/custom-cakes/(CC-[\w-]+)", self.page.url)
        assert found, f"not the page of a request: {self.page.url}"
        return found[1]

    def accept(self) -> None:
        """The offer with its terms, and on to Stripe."""
        self.page.get_by_role("checkbox", name="I accept this offer").check()
        self.page.get_by_role("button", name=re.compile("^Accept and pay")).click()
        expect(self.page.get_by_role("heading", level=1, name="Pay by card")).to_be_visible()


class CakeStaff:
    """A member of staff at the queue."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def decision(self) -> Locator:
        return self.page.locator("#decide")

    def open(self, number: str) -> None:
        """From the queue to one request."""
        self.page.goto("/admin/custom-cakes")
        self.page.get_by_role("link", name=number).click()
        expect(self.page.get_by_role("heading", level=1, name=number)).to_be_visible()

    def approve(self, message: str, price: str = "", why: str = "", instructions: str = "") -> str:
        """Promise it; the price that was promised."""
        form = self.decision
        if price:
            form.get_by_label("Price", exact=True).fill(price)
        if why:
            form.get_by_label("Why this price").fill(why)
        form.get_by_label("Message to the customer").fill(message)
        form.get_by_label("Instructions for the kitchen").fill(instructions)
        form.get_by_role("button", name="Approve and send the link").click()
        expect(form.get_by_role("heading", name="Awaiting payment")).to_be_visible()
        return form.locator(".cake-price").inner_text().split()[0]

    def hand_back(self, how: str, reason: str, suggestion: str, button: str) -> None:
        """Ask for changes, or decline."""
        self.decision.locator("summary").filter(has_text=how).click()
        form = self.decision.locator("details[open] form")
        form.get_by_role("textbox").first.fill(reason)
        form.get_by_label("What we could make instead").fill(suggestion)
        form.get_by_role("button", name=button).click()

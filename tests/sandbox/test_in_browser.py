"""A person in Chromium: pays with scripts off and with the keyboard; axe finds nothing to complain about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, order
from tests.sandbox.test_pages import pages  # noqa: F401 - a fixture

AXE = Path(__file__).parents[1] / "vendor/axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (make test installs it)"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


def landing(shop: Shop) -> dict[str, Any]:
    """An order whose way back is a page that exists, so that Chromium has somewhere to go."""
    return order(success_url=shop.url("/paid?session={CHECKOUT_SESSION_ID}"))


def test_a_person_pays_with_scripts_off(api: Any, shop: Shop, chromium: Browser) -> None:
    session = api.checkout.sessions.create(landing(shop))
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(session.url)
    page.get_by_label("Email").fill("laila@saffron.test")
    page.get_by_label("Is declined").check()
    page.get_by_role("button", name="Pay A$45.00").click()
    assert "Your card was declined." in page.get_by_role("alert").inner_text()
    page.get_by_label("Asks for authentication").check()
    page.get_by_role("button", name="Pay A$45.00").click()
    page.get_by_role("button", name="Complete authentication").click()
    page.wait_for_url(shop.url(f"/paid?session={session.id}"))
    context.close()
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_person_pays_with_the_keyboard_alone(api: Any, shop: Shop, chromium: Browser) -> None:
    session = api.checkout.sessions.create(landing(shop))
    context = chromium.new_context()
    page = context.new_page()
    page.goto(session.url)
    for key in ("Tab", "Enter", "Tab", "Tab"):  # skip link, past the way back, to the email
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.id") == "email":
            break
    page.keyboard.type("laila@saffron.test")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "4242424242424242"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "number", "the fields of an own card have opened"
    page.keyboard.type("4242424242424242")
    page.keyboard.press("Enter")
    page.wait_for_url(shop.url(f"/paid?session={session.id}"))
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_and_fits(
    box: Sandbox,
    pages: dict[str, str],  # noqa: F811
    chromium: Browser,
    scheme: Any,
    width: int,
) -> None:
    context = chromium.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 740},
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = context.new_page()
    found = []
    for name, path in pages.items():
        page.goto(f"{box.url}{path}")
        page.evaluate(AXE.read_text())
        result = page.evaluate("axe.run(document, {iframes: false})")
        found += [(name, each["id"], each["nodes"][0]["html"]) for each in result["violations"]]
        wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if wider:
            found.append((name, "wider than the screen", str(width)))
    context.close()
    assert found == []

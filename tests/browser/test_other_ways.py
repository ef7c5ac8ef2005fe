"""The whole purchase with scripts off, and with nothing but a keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Browse
from tests.browser.visitor import CAKE

# Where the focus is, and whether a person could see it: on the screen, marked, and under nothing.
SEEN = """() => {
  const e = document.activeElement;
  if (e.type === 'date') return '';  // Chromium marks its parts itself, out of our sight
  const target = e.closest('label') ?? e;
  const box = target.getBoundingClientRect();
  const styles = [getComputedStyle(e), getComputedStyle(e, '::after'), getComputedStyle(target)];
  if (!e.matches(':focus-visible')) return 'not marked';
  const outlined = (s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
  const drawn = styles.some((s) => outlined(s) || s.boxShadow !== 'none');
  if (!drawn) return 'no outline';
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  if (!inside) return 'off the screen';
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const ys = [box.top + 2, box.top + box.height / 2, box.bottom - 2].filter((y) => y > 0 && y < innerHeight);
  const on = ys.map((y) => document.elementFromPoint(x, y)).filter(Boolean);
  return on.some((e) => target.contains(e) || e.contains(target)) ? '' : 'hidden under something';
}"""


def test_a_purchase_with_scripts_off(browse: Browse) -> None:
    buyer = browse(390, 844, java_script_enabled=False)
    page = buyer.page
    buyer.find_cake()
    buyer.choose_cake("8″", "Happy 40th Laila")
    expect(page.get_by_role("heading", level=1, name="Your cart")).to_be_visible()
    expect(page.locator(".cart-line")).to_contain_text("Happy 40th Laila")
    how_many = page.get_by_role("spinbutton", name=re.compile("^How many"))
    how_many.fill("2")
    page.get_by_role("button", name="Update").click()
    expect(page.locator(".cart-line .amount")).to_have_text("$218.00")
    how_many.fill("1")
    page.get_by_role("button", name="Update").click()
    page.get_by_role("link", name="Choose a pickup time").click()
    buyer.fill_contact(email="plain@saffron.test")
    page.get_by_role("button", name="Show later dates").click()
    expect(page.get_by_label("Email", exact=True)).to_have_value("plain@saffron.test")
    buyer.choose_slot()
    buyer.agree()
    buyer.place_order()
    buyer.at_stripe()
    buyer.pay()
    thanked = page.get_by_role("heading", level=1, name="Thank you")
    for _ in range(100):
        if thanked.is_visible():
            break
        page.get_by_role("link", name="Look again").click()
    expect(thanked).to_be_visible()
    expect(page.get_by_role("link", name="Receipt (PDF)")).to_be_visible()


def test_a_purchase_with_the_keyboard_alone(browse: Browse) -> None:
    page = browse().page
    page.goto("/")
    expect(page.locator("#visitor .cart-link")).to_be_attached()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("main").get_by_role("link", name="Celebration cakes").first, "Enter")
    page.wait_for_url(re.compile("category="))
    tab_to(page, page.get_by_role("link", name=CAKE), "Enter")

    expect(page.get_by_role("heading", level=1, name=CAKE)).to_be_visible()
    tab_to(page, page.locator(".radio-card input:checked").first)
    eight = page.get_by_role("radio", name=re.compile("^8″"))
    while not eight.is_checked():
        page.keyboard.press("ArrowDown")
    assert page.evaluate(SEEN) == ""
    tab_to(page, page.get_by_label("Words on the cake"))
    page.keyboard.type("Happy 40th Laila")
    tab_to(page, page.get_by_role("button", name="Add to cart"), "Enter")

    drawer = page.get_by_role("dialog", name="Your cart")
    expect(drawer).to_contain_text("Happy 40th Laila")
    assert page.evaluate("document.activeElement.closest('dialog') !== null"), "the focus is in the drawer"
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="Add to cart")).to_be_focused()
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    tab_to(page, drawer.get_by_role("link", name="Choose a pickup time"), "Enter")

    expect(page.get_by_role("heading", level=1, name="Checkout")).to_be_visible()
    fields = (
        ("Your name", "Laila Rahimi"),
        ("Email", "keys@saffron.test"),
        ("Mobile or phone", "0491570110"),
    )
    for label, text in fields:
        tab_to(page, page.get_by_label(label).first)
        page.keyboard.type(text)
    tab_to(page, page.locator(".slot-day input").first, "Space")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".slot-day input").nth(1)).to_be_checked()
    tab_to(page, page.get_by_role("checkbox", name="terms"), "Space")
    tab_to(page, page.get_by_role("button", name=re.compile(r"^Pay \$")).last, "Enter")

    expect(page.get_by_role("heading", level=1, name="Pay by card")).to_be_visible()
    tab_to(page, page.get_by_role("button", name=re.compile("^Pay ")), "Enter")
    expect(page.get_by_role("heading", level=1, name="Thank you")).to_be_visible()


def tab_to(page: Page, wanted: Locator, then: str = "") -> None:
    """Tab until it is reached, seeing the focus all the way; then press a key on it."""
    wanted.wait_for(state="attached")
    for _ in range(120):
        page.keyboard.press("Tab")
        blind = page.evaluate(SEEN)
        where = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert blind == "", f"{blind}: {where}"
        if wanted.evaluate("(element) => element === document.activeElement"):
            break
    else:
        raise AssertionError(f"not reached with Tab: {wanted}")
    if then:
        page.keyboard.press(then)

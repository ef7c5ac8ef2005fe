"""Photographs of the shop: `python -m tools.testenv -- python -m tests.browser.pictures docs/pictures`.

Every page that matters in light and dark, on a phone and on a desk, as small WebP files.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import PATIENCE, find_chromium
from tests.browser.stack import Stack, fresh_database, running
from tests.browser.visitor import Visitor

LIMIT = 150_000
WORDS = "Happy 40th Laila"
SIZES = {"phone": (390, 844), "desktop": (1280, 860)}
Take = Callable[[str, Page], None]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    base = os.environ["TEST_DATABASE_URL"]
    name = f"{base.rsplit('/', 1)[1]}_pictures"
    expect.set_options(timeout=PATIENCE)
    with (
        tempfile.TemporaryDirectory() as home,
        fresh_database(base, name) as url,
        running(Path(home), url, history_days=120) as shop,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium())
        for size in SIZES:
            _visit(browser, shop, size, folder)
        browser.close()


def _visit(browser: Browser, shop: Stack, size: str, folder: Path) -> None:
    """Buy a cake and watch it being sold, photographing on the way."""

    def take(name: str, page: Page) -> None:
        _photograph(page, name, size, folder)

    with _somebody(browser, shop, size) as buyer:
        page = buyer.page
        page.goto("/")
        expect(page.locator("#visitor .cart-link")).to_be_attached()
        take("home", page)
        page.goto("/menu")
        take("menu", page)
        buyer.find_cake()
        buyer.choose_cake("8″", WORDS)
        expect(buyer.drawer).to_contain_text(WORDS)
        take("drawer", page)
        page.keyboard.press("Escape")
        page.evaluate("scrollTo(0, 0)")
        take("product", page)
        page.goto("/cart")
        take("cart", page)
        page.goto("/checkout")
        buyer.fill_checkout()
        page.evaluate("scrollTo(0, 0)")
        take("checkout", page)
        buyer.place_order()
        buyer.at_stripe()
        take("stripe", page)
        buyer.pay()
        buyer.is_thanked()
        number = buyer.order_number
        take("order", page)
    with _somebody(browser, shop, size) as owner:
        owner.sign_in("owner")
        for name, path in (
            ("admin-orders", "/admin/orders?view=open"),
            ("admin-order", f"/admin/orders/{number}"),
            ("admin-jobs", "/admin/jobs"),
            ("kitchen", "/kitchen?day=week"),
        ):
            if name == "kitchen" and size == "desktop":
                owner.page.set_viewport_size({"width": 1600, "height": 900})
            owner.page.goto(path)
            take(name, owner.page)


@contextmanager
def _somebody(browser: Browser, shop: Stack, size: str) -> Iterator[Visitor]:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=shop.url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        locale="en-AU",
        timezone_id="Australia/Sydney",
        device_scale_factor=2 if size == "phone" else 1.5,
    )
    context.set_default_timeout(PATIENCE)
    yield Visitor(context.new_page(), shop)
    context.close()


def _photograph(page: Page, name: str, size: str, folder: Path) -> None:
    # The kitchen's wall is dark by itself, and stays so.
    for scheme in ("dark",) if name == "kitchen" else ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_load_state("networkidle")
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
        file = folder / f"{name}-{scheme}-{size}.webp"
        for quality in (86, 78, 70, 60, 50, 40):
            picture.save(file, "WEBP", quality=quality, method=6)
            if file.stat().st_size < LIMIT:
                break
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

"""axe finds nothing on any page, light or dark, phone or desk; nothing is wider than 320 px."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import complaints
from tests.browser.conftest import Browse, Sold
from tests.browser.visitor import DECLINED, Visitor
from tests.browser.watch import Watch

SHARED = (
    "/",
    "/menu",
    "/menu?category=celebration-cakes&diet=vegetarian",
    "/menu/walnut-cake",
    "/menu/naan-e-tandoori",
    "/search?q=pistachio",
    "/search?q=qqqq",
    "/servings",
    "/servings?guests=90&occasion=wedding&keep_top=1",
    "/servings?shape=heart&diameter_cm=25.4&height_cm=10.2&slice=wedding",
    "/servings?shape=rectangle&length_cm=33&width_cm=23",
    "/custom-cakes/new",
    "/custom-cakes/new?shape=rectangle&length_cm=33&length_cm=25&length_cm=15&occasion=wedding",
    "/faq",
    "/terms",
    "/receipts/verify",
    "/login",
    "/register",
)
STAFF = (
    "/admin/orders",
    "/admin/orders?q=nobody-of-that-name",
    "/admin/products",
    "/admin/products/new",
    "/admin/products/walnut-cake",
    "/admin/products/walnut-cake/edit",
    "/admin/products/walnut-cake/sizes/new",
    "/admin/settings",
    "/admin/jobs",
    "/admin/alerts",
    "/admin/audit",
    "/admin/insights/reconciliation",
    "/admin/insights/accounts",
    "/admin/insights/accounts?from=2020-01-01",
    "/admin/insights/accounts/codes",
    "/admin/models",
    "/admin/models?by=week",
    "/admin/models/2026-10-31-b72d8e70",
    "/admin/stations",
    "/admin/styleguide",
    "/kitchen?day=week",
    "/kitchen?day=tomorrow",
    "/kitchen?day=week&station=decorate",
)


def test_pages_for_everybody(browse: Browse) -> None:
    someone = browse()
    found = []
    for path in SHARED:
        someone.page.goto(path)
        expect(someone.page.locator("#visitor .cart-link")).to_be_attached()
        found += told(path, complaints(someone.page))
    assert not found, "\n" + "\n".join(found)


def test_pages_that_refuse(browse: Browse, watch: Watch) -> None:
    watch.allow("404: ")
    watch.allow("422: ")
    lost = browse().page
    found = []
    for path in ("/menu/no-such-cake", "/orders/SC-AAAA-AA"):
        lost.goto(path)
        found += told(path, complaints(lost))
    lost.goto("/login")
    lost.get_by_role("button", name="Sign in").click()
    expect(lost.locator("[aria-invalid=true]").first).to_be_visible()
    found += told("empty sign-in", complaints(lost))
    lost.goto("/register")
    lost.get_by_role("button", name="Open an account").click()
    expect(lost.locator("[aria-invalid=true]").first).to_be_visible()
    found += told("empty registration", complaints(lost))
    assert not found, "\n" + "\n".join(found)


def test_pages_of_a_purchase(browse: Browse, watch: Watch) -> None:
    watch.allow("422: ")
    watch.allow("402: ")
    buyer = browse()
    page, found = buyer.page, []
    page.goto("/cart")
    found += told("empty cart", complaints(page))
    buyer.find_cake()
    buyer.choose_cake(words="Salaam & سلام")
    expect(buyer.drawer.get_by_role("link", name="Choose a pickup time")).to_be_visible()
    found += told("drawer", complaints(page))
    page.goto("/cart")
    found += told("cart", complaints(page))
    page.goto("/checkout")
    found += told("checkout", complaints(page))
    buyer.place_order()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    found += told("checkout with everything missing", complaints(page))
    buyer.fill_checkout(email="axe@saffron.test")
    buyer.place_order()
    buyer.at_stripe()
    buyer.pay(DECLINED)
    page.get_by_role("link", name="Back to the shop").click()
    expect(page.get_by_role("heading", name="Not paid yet")).to_be_visible()
    found += told("unpaid order", complaints(page))
    assert not found, "\n" + "\n".join(found)


def test_pages_of_a_customer(signed_in: Callable[[str], Visitor], sold: Sold) -> None:
    page, found = sold.visitor.page, []
    page.goto(f"/orders/{sold.number}")
    found += told("paid order", complaints(page))
    member = signed_in("customer").page
    for path in ("/account", "/account/orders", "/account/preferences"):
        member.goto(path)
        found += told(path, complaints(member))
    assert not found, "\n" + "\n".join(found)


def test_pages_of_a_customers_cakes(signed_in: Callable[[str], Visitor]) -> None:
    page, found = signed_in("customer").page, []
    page.goto("/account/custom-cakes")
    found += told("list of cakes", complaints(page))
    links = page.locator("main a[href^='/custom-cakes/CC-']").evaluate_all(
        "all => all.map((each) => each.getAttribute('href'))"
    )
    assert links
    for link in links:
        page.goto(link)
        found += told(page.locator("h1").inner_text(), complaints(page))
    for link in links:
        page.goto(f"{link}/withdraw")
        if page.url.endswith("/withdraw"):
            found += told("calling it off", complaints(page))
            break
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("part", ["back office", "kitchen"])
def test_pages_of_staff(signed_in: Callable[[str], Visitor], sold: Sold, part: str) -> None:
    page = signed_in("owner").page
    found = []
    wanted = [path for path in STAFF if path.startswith("/kitchen") == (part == "kitchen")]
    wanted += ["/kitchen/print?day=week"] if part == "kitchen" else [f"/admin/orders/{sold.number}"]
    for path in wanted:
        page.goto(path)
        found += told(path, complaints(page))
    if part == "back office":
        page.keyboard.press("Control+k")
        page.keyboard.type(sold.number)
        expect(page.get_by_role("option", name=sold.number)).to_be_visible()
        found += told("palette", complaints(page))
    assert not found, "\n" + "\n".join(found)


def test_pages_of_the_cake_queue(signed_in: Callable[[str], Visitor]) -> None:
    page = signed_in("manager").page
    found = []
    page.goto("/admin/custom-cakes?q=nobody-of-that-name")
    found += told("nothing found", complaints(page))
    for view in ("offers", "waiting"):
        page.goto(f"/admin/custom-cakes?view={view}")
        page.locator("a.row-link").first.click()
        expect(page.locator("#decide")).to_be_visible()
        found += told(f"a request, {view}", complaints(page))
    page.get_by_role("link", name="Change the cake").click()
    found += told("changing a cake", complaints(page))
    page.goto("/admin/custom-cakes")
    found += told("the queue", complaints(page))
    assert not found, "\n" + "\n".join(found)


def told(name: str, found: list[str]) -> list[str]:
    return [f"{name}: {each}" for each in found]

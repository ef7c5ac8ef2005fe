"""axe finds nothing on any page, light or dark, phone or desk; nothing is wider than 320 px."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import complaints
from tests.browser.conftest import Browse, Sold
from tests.browser.visitor import CAKE, DECLINED, Visitor
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


def test_pages_of_money_that_goes_back(signed_in: Callable[[str], Visitor], sold: Sold, watch: Watch) -> None:
    watch.allow("422: ")
    page, found, at = sold.visitor.page, [], f"/orders/{sold.number}"
    page.goto(f"{at}/cancel")
    found += told("calling it off", complaints(page))
    page.goto(f"{at}/refund")
    page.get_by_label("Only some of it").check()
    page.get_by_label(CAKE).fill("1")
    expect(page.get_by_role("button", name="Ask for $109.00")).to_be_visible()
    found += told("asking for a part", complaints(page))
    page.get_by_role("button", name="Ask for $109.00").click()
    expect(page.locator("#reason[aria-invalid=true]")).to_be_visible()
    found += told("asking without a reason", complaints(page))
    page.get_by_label("In your words").fill("The icing had melted.")
    page.get_by_role("button", name="Ask for $109.00").click()
    expect(page.get_by_label("Money that goes back")).to_be_visible()
    found += told("an order with a request", complaints(page))

    staff = signed_in("manager").page
    for path in (
        "/admin/refunds?view=all",
        "/admin/refunds?view=failed&q=nobody",
        "/admin/disputes?view=lost",
    ):
        staff.goto(path)
        found += told(path, complaints(staff))
    staff.goto(f"/admin/orders/{sold.number}/refund")
    staff.get_by_label("An amount").check()
    staff.get_by_label("Amount in AUD").fill("12.50")
    expect(staff.locator("#preview .sums .total").last).to_have_text("$12.50")
    found += told("giving an amount", complaints(staff))
    staff.get_by_label("Amount in AUD").fill("a lot")
    staff.get_by_role("button", name="Give back $12.50").click()
    expect(staff.locator("#amount[aria-invalid=true]")).to_be_visible()
    found += told("giving what is no amount", complaints(staff))
    staff.goto("/admin/refunds")
    staff.get_by_role("row").filter(has_text=sold.number).get_by_role("link", name="No.").click()
    staff.locator("summary").filter(has_text="Decline it").click()
    found += told("deciding on a refund", complaints(staff))
    staff.get_by_label("Reason").fill("We made you another one.")
    staff.get_by_role("button", name="Decline the refund").click()
    expect(staff.get_by_text("Declined: “We made you another one.”")).to_be_visible()
    found += told("a refund that was declined", complaints(staff))
    assert not found, "\n" + "\n".join(found)


def test_pages_of_an_order_with_a_deposit(browse: Browse, signed_in: Callable[[str], Visitor]) -> None:
    buyer, found = browse(), []
    buyer.order_cake(email="half@saffron.test")
    buyer.page.get_by_role("link", name="Back to the shop").click()
    expect(buyer.page.get_by_role("heading", name="Not paid yet")).to_be_visible()
    staff = signed_in("manager").page
    staff.goto(f"/admin/orders/{buyer.order_number}")
    for each in ("Ask for a deposit", "Let the kitchen start unpaid"):
        staff.locator("summary").filter(has_text=each).click()
    found += told("an order that waits", complaints(staff))
    staff.get_by_label("Percentage").fill("50")
    staff.get_by_role("button", name="Ask for it").click()
    expect(staff.get_by_text("Waiting for $54.50")).to_be_visible()
    buyer.page.reload()
    found += told("a deposit to pay", complaints(buyer.page))
    buyer.page.get_by_role("button", name="Pay $54.50 deposit now").click()
    buyer.at_stripe()
    buyer.pay()
    buyer.is_thanked()
    found += told("the rest to pay", complaints(buyer.page))
    staff.reload()
    found += told("an order with a rest", complaints(staff))
    assert not found, "\n" + "\n".join(found)


def test_receipts_that_are_checked(sold: Sold, watch: Watch) -> None:
    watch.allow("422: ")
    page, found = sold.visitor.page, []
    pdf = page.request.get(f"{sold.visitor.shop.url}/orders/{sold.number}/receipt.pdf").body()
    page.goto("/receipts/verify")
    # One of ours, one that somebody has worked on, and no file at all.
    for name, data in (("ours", pdf), ("changed", pdf + b"%"), ("no file", b"")):
        if data:
            file = {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": data}
            page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name=re.compile("^Check")).click()
        expect(page.locator("#main")).to_be_visible()
        found += told(f"check: {name}", complaints(page))
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

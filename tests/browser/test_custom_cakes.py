"""From a wish to a cake, in three endings: paid, changed and then paid, rejected and asked for anew."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.cakes import CakeCustomer, CakeStaff, free_day, photo
from tests.browser.conftest import Browse
from tests.browser.stack import SMS_TO, Stack
from tests.browser.test_first_sale import words_of
from tests.browser.visitor import new_address
from tests.browser.watch import Watch

WORDS = "Happy 40th Laila"


def test_a_wish_is_priced_decided_once_paid_and_made_on_its_days(
    browse: Browse, signed_in: Browse, shop: Stack, watch: Watch
) -> None:
    visitor = browse(390, 844, is_mobile=True, has_touch=True)
    page, email = visitor.page, new_address()
    customer = CakeCustomer(page, "Laila Rahimi", email)

    # The builder: every change is drawn and priced at once.
    customer.begin(free_day(shop, 6), {"shape": "round", "diameter_cm": "24"})
    expect(customer.price).to_contain_text("$")
    one_tier, price = customer.drawing, customer.price.inner_text()
    customer.press("Put a tier on top")
    expect(customer.price).not_to_have_text(price)
    assert customer.drawing != one_tier
    customer.choose("Shape", "Square")
    customer.fill("Words on the cake (optional)", WORDS)
    expect(page.locator("#answer svg").first).to_contain_text("Laila")
    customer.choose("Allergies", "Tree nuts")
    expect(page.locator("#answer")).to_contain_text("You avoid tree nuts")
    with customer.answered():
        page.get_by_label("Add pictures").set_input_files(
            {"name": "idea.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        )
    expect(page.get_by_role("img", name="Your picture 1")).to_be_visible()
    page.get_by_label("I may share these pictures").check()
    customer.sign()
    number = customer.send()
    (mail,) = shop.wait(lambda: shop.sandbox.mails(to=email))
    assert number in mail["subject"]

    # Two members of staff look at it; one is faster, the other is told.
    manager, owner = CakeStaff(signed_in("manager").page), CakeStaff(signed_in("owner").page)
    owner.open(number)
    manager.open(number)
    wished = manager.page.locator(".cake-wish")
    expect(wished).to_contain_text("The customer avoids tree nuts")
    expect(wished.get_by_role("img", name="Picture 1 of 1 from the customer")).to_be_visible()
    expect(manager.page.get_by_role("heading", name="Where the price comes from")).to_be_visible()
    promised = manager.approve(
        "With pleasure, and without nuts.", instructions="NUT ALLERGY: clean bench, first of the day."
    )
    watch.allow("409")
    owner.hand_back("Decline", "We are full.", "Another week.", "Decline the request")
    expect(owner.decision).to_contain_text("was faster")
    expect(owner.decision).to_contain_text("We are full.")

    # The customer's page changes by itself; accepted and paid.
    expect(page.get_by_role("heading", name="Yes, we will make your cake")).to_be_visible()
    expect(page.locator("#offer .price")).to_contain_text(promised)
    (offer,) = shop.wait(lambda: [m for m in shop.sandbox.mails(to=email) if promised in m["subject"]])
    assert number in offer["subject"]
    customer.accept()
    # Half of it orders the cake.
    assert f"{promised} in all" in page.content()
    visitor.pay()
    visitor.is_thanked()
    order = visitor.order_number

    page.goto(f"/custom-cakes/{number}")
    expect(page.get_by_role("heading", name=re.compile("your cake is ordered"))).to_be_visible()
    address = page.get_by_role("link", name="Receipt (PDF)").get_attribute("href")
    receipt = words_of(page.request.get(f"{shop.url}{address}").body())
    assert order in receipt and promised in receipt

    # The bakery's phone, and the kitchen's board with a step for each station.
    (sms,) = shop.wait(lambda: [each for each in shop.sandbox.sms(to=SMS_TO) if order in each["body"]])
    assert WORDS in sms["body"]
    kitchen = signed_in("baker", 1920, 1080).page
    kitchen.goto("/kitchen?day=week")
    tickets = kitchen.get_by_role("article").filter(has_text=order)
    for step in ("Bake", "Fill", "Decorate"):
        expect(tickets.filter(has=kitchen.locator(".station", has_text=step)).first).to_be_visible()
    expect(tickets.first).to_contain_text("NUT ALLERGY: clean bench")
    expect(tickets.first.get_by_role("img", name=re.compile("^How the cake"))).to_be_visible()
    manager.page.reload()
    expect(manager.decision).to_contain_text(order)


def test_a_cake_is_changed_as_staff_ask_and_then_paid(
    browse: Browse, signed_in: Browse, shop: Stack, watch: Watch
) -> None:
    visitor = browse(390, 844, is_mobile=True, has_touch=True)
    page, email = visitor.page, new_address()
    customer = CakeCustomer(page, "Omid Popal", email)
    customer.begin(free_day(shop, 9), {"shape": "round", "diameter_cm": "22", "guests": "30"})
    customer.choose("Covering", "Fondant")
    customer.sign()
    number = customer.send()

    manager = CakeStaff(signed_in("manager").page)
    manager.open(number)
    manager.hand_back("Ask for changes", "Fondant melts outside.", "The same in ganache.", "Ask for changes")
    expect(manager.decision).to_contain_text("We asked for changes")

    expect(page.get_by_role("heading", name="One thing to change first")).to_be_visible()
    expect(page.locator(".told")).to_contain_text("Fondant melts outside.")
    page.get_by_role("link", name="Change your cake").click()
    expect(page.get_by_label("Fondant", exact=True)).to_be_checked()
    customer.choose("Covering", "Chocolate ganache")
    assert customer.send("Send it again") == number

    manager.open(number)
    expect(manager.page.locator("main")).to_contain_text("ganache")
    suggested = manager.decision.get_by_label("Price", exact=True).input_value()
    dearer = f"{float(suggested.replace(',', '')) * 1.3:.2f}"
    watch.allow("422")
    manager.page.get_by_label("Price", exact=True).fill(dearer)
    manager.decision.get_by_role("button", name="Approve and send the link").click()
    expect(manager.decision).to_contain_text("Say why")
    promised = manager.approve("Lovely.", why="Two afternoons of piping.")

    expect(page.get_by_role("heading", name="Yes, we will make your cake")).to_be_visible()
    expect(page.get_by_role("heading", name="What has changed")).to_be_visible()
    # By the link in the mail, on another device.
    (offer,) = shop.wait(lambda: [m for m in shop.sandbox.mails(to=email) if promised in m["subject"]])
    link = re.search(rf"{re.escape(shop.url)}/custom-cakes/\S*key=[\w-]+", offer["text"])
    assert link, offer["text"]
    elsewhere = browse()
    again = CakeCustomer(elsewhere.page, "Omid Popal", email)
    elsewhere.page.goto(link[0])
    again.accept()
    elsewhere.pay()
    elsewhere.is_thanked()
    expect(page.get_by_role("heading", name=re.compile("your cake is ordered"))).to_be_visible()
    # The request follows its order by the clock, every half minute.
    paid = "SELECT 1 FROM custom_cake_request WHERE number = %s AND status = 'PAID'"
    assert shop.wait(lambda: shop.sql(paid, number), 60)


def test_a_wish_that_is_rejected_is_sent_again_as_a_changed_copy(
    browse: Browse, signed_in: Browse, shop: Stack
) -> None:
    page, email = browse(390, 844, is_mobile=True, has_touch=True).page, new_address()
    customer = CakeCustomer(page, "Ruby Ironbark", email)
    customer.begin(free_day(shop, 11), {"shape": "heart", "diameter_cm": "30", "occasion": "engagement"})
    customer.sign()
    first = customer.send()

    owner = CakeStaff(signed_in("owner").page)
    owner.open(first)
    owner.hand_back("Decline", "Our largest heart is 25 cm.", "A heart of 25 cm.", "Decline the request")
    expect(owner.decision).to_contain_text("Nothing is left to decide")

    expect(page.get_by_role("heading", name="We cannot make this cake")).to_be_visible()
    expect(page.locator(".told")).to_contain_text("A heart of 25 cm.")
    (mail,) = shop.wait(lambda: [m for m in shop.sandbox.mails(to=email) if "cannot" in m["subject"]])
    assert "Our largest heart is 25 cm." in mail["text"]

    page.get_by_role("link", name="Send a changed copy").click()
    expect(page.get_by_label("Across (cm)")).to_have_value("30")
    expect(page.get_by_label("Your name", exact=True)).to_have_value("Ruby Ironbark")
    # A copy has no day yet: the old one may be gone.
    customer.fill("The day you need it", free_day(shop, 12).isoformat())
    customer.fill("Across (cm)", "25")
    second = customer.send()
    assert second != first
    owner.open(second)
    expect(owner.page.locator(".cake-wish")).to_contain_text("25")
    (copied,) = shop.sql(
        "SELECT a.number FROM custom_cake_request b JOIN custom_cake_request a ON a.id = b.copy_of_id "
        "WHERE b.number = %s",
        second,
    )
    assert copied == (first,)

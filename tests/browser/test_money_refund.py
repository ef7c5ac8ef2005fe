"""One cake of two goes back: asked for on a phone, decided by two people, told by mail, and the sums still stand."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.money import adds_up, bought, decision, mail_about
from tests.browser.stack import Stack
from tests.browser.test_first_sale import words_of
from tests.browser.visitor import CAKE, new_address
from tests.browser.watch import Watch


def test_one_of_two_cakes_is_asked_back_and_two_people_decide(
    browse: Browse, signed_in: Browse, shop: Stack, watch: Watch
) -> None:
    customer, email = browse(390, 844, is_mobile=True, has_touch=True), new_address()
    number, page = bought(customer, email, how_many=2), customer.page

    # The customer asks, and sees what it comes to before anything is sent.
    page.get_by_role("link", name="Ask for money back").click()
    page.get_by_label("Only some of it").check()
    page.get_by_label(CAKE).fill("1")
    page.get_by_label("In your words").fill("One of the two was crushed in its box.")
    expect(page.locator("#preview .total").last).to_have_text("$109.00")
    page.get_by_role("button", name="Ask for $109.00").click()
    expect(page.get_by_label("Money that goes back")).to_contain_text("A person looks at it")

    # The manager sees it, reads to the cent what it does, and is one of two: a double click is one yes.
    manager = signed_in("manager").page
    manager.goto("/admin/refunds")
    manager.get_by_role("row").filter(has_text=number).get_by_role("link", name="No.").click()
    expect(manager.get_by_text("crushed in its box")).to_be_visible()
    decide = decision(manager)
    expect(decide).to_contain_text(f"1 × {CAKE}")
    expect(decide.locator(".sums .total").last).to_have_text("$109.00")
    expect(decide).to_contain_text("A second person decides")
    watch.allow("409: POST")  # the second press of two
    decide.get_by_role("button", name="Approve $109.00").dblclick()
    expect(decide).to_contain_text("a second one has to agree")
    expect(decide.get_by_role("button", name="Approve $109.00")).to_have_count(0)
    refund = manager.url.rstrip("/").rpartition("/")[2]
    assert shop.sandbox.objects("refund", **_payment(shop, number)) == [], "nothing goes on one yes"

    owner = signed_in("owner").page
    owner.goto(f"/admin/refunds/{refund}")
    owner.get_by_role("button", name="Approve $109.00").dblclick()
    expect(decision(owner).get_by_role("heading", name="Where it stands")).to_be_visible()
    shop.wait(lambda: shop.sql("SELECT 1 FROM refund_request WHERE id = %s AND state = 'SUCCEEDED'", refund))
    (made,) = shop.sandbox.objects("refund", **_payment(shop, number))
    assert (made["amount"], made["status"]) == (10_900, "succeeded")

    # The credit note: by mail, and from the order's page, the same words on both.
    mail = mail_about(shop, email, "109.00")
    (attached,) = mail["attachments"]  # type: ignore[misc]
    note = words_of(shop.sandbox.attachment(mail, attached["name"]))
    for expected in (number, CAKE, "$109.00", "Credit note"):
        assert expected in note, f"{expected!r} is not on the credit note:\n{note}"
    page.goto(f"/orders/{number}")
    back = page.get_by_label("Money that goes back")
    expect(back).to_contain_text("$109.00 has gone back to you")
    address = back.get_by_role("link", name="Credit note").get_attribute("href")
    assert words_of(page.request.get(f"{shop.url}{address}").body()) == note

    assert adds_up(owner, number)[-1] == 0
    expect(owner.locator(".page-title")).to_contain_text("Partly refunded")


def _payment(shop: Stack, number: str) -> dict[str, str]:
    """The payment intent that paid an order, as the sandbox narrows by it."""
    ((intent,),) = shop.sql(
        "SELECT p.payment_intent_id FROM payment p JOIN shop_order o ON o.id = p.order_id"
        " WHERE o.number = %s AND p.payment_intent_id IS NOT NULL",
        number,
    )
    return {"payment_intent": intent}

"""A cardholder goes to the bank: frozen, answered once by a person, won; and the books are proved after it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.money import DISPUTED, adds_up, bought, cents, mail_about
from tests.browser.stack import Stack
from tests.browser.test_first_sale import words_of
from tests.browser.visitor import CAKE, new_address
from tests.browser.watch import Watch


def test_a_dispute_freezes_is_answered_once_and_won(
    browse: Browse, signed_in: Browse, shop: Stack, watch: Watch
) -> None:
    email = new_address()
    number = bought(browse(390, 844), email, card=DISPUTED)
    ((order,),) = shop.sql("SELECT id FROM shop_order WHERE number = %s", number)
    (dispute,) = shop.wait(lambda: shop.sql("SELECT id, stripe_id FROM dispute WHERE order_id = %s", order))

    # Staff are told, and find it with the time that is left.
    mail_about(shop, "alerts@saffron.test", number)
    page = signed_in("owner").page
    page.goto("/admin/disputes?view=waiting")
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text(re.compile(r"\d+ days?"))
    expect(row).to_contain_text("$109.00")

    # Meanwhile nothing goes back: the page says so, and so does the door behind it.
    page.goto(f"/admin/orders/{number}/refund")
    expect(page.locator("#preview")).to_contain_text("Frozen")
    expect(page.locator(".page-title")).to_contain_text("$0.00 of $109.00 can go back")
    expect(page.get_by_role("button", name=re.compile("^(Give back|Approve)"))).to_have_count(0)
    watch.allow("409: POST")
    refused = page.request.post(
        f"/admin/orders/{number}/refund",
        data={"kind": "all", "reason": "They asked twice."},
        headers={
            "Accept": "application/json",
            "X-CSRFToken": page.locator("meta[name=csrf-token]").get_attribute("content") or "",
        },
    )
    assert refused.status == 409 and "in a dispute" in refused.text(), refused.text()

    # The evidence is read, and goes out once, whoever presses how often.
    page.goto(f"/admin/disputes/{dispute[0]}")
    gathered = page.get_by_role("link", name="Read the file")
    shop.wait(lambda: gathered.is_visible() or (page.reload() and gathered.is_visible()))
    read = gathered.get_attribute("href")
    pdf = page.request.get(f"{shop.url}{read}")
    assert pdf.headers["content-type"] == "application/pdf"
    words = words_of(pdf.body())
    for expected in (number, CAKE, email, "Terms"):
        assert expected in words, f"{expected!r} is not in the evidence:\n{words[:2000]}"
    page.get_by_label("I have read the file").check()
    page.get_by_role("button", name="Send to Stripe").dblclick()
    shop.wait(lambda: shop.sandbox.object(dispute[1])["status"] == "under_review")
    answer = shop.sandbox.object(dispute[1])
    assert answer["evidence_details"]["submission_count"] == 1
    assert shop.sandbox.object(answer["evidence"]["uncategorized_file"])["size"] == len(pdf.body())

    # The bank decides for us: the money is back, the fee stays a cost.
    shop.sandbox.close_dispute(dispute[1], "won")
    shop.wait(lambda: shop.sql("SELECT 1 FROM dispute WHERE id = %s AND state = 'WON'", dispute[0]))
    page.reload()
    expect(page.locator(".page-title")).to_contain_text("Won")
    # The books: proved on the page, and to the cent what Stripe says came of this payment, fees and all.
    page.goto("/admin/insights/reconciliation")
    page.get_by_role("button", name="Prove now").click()
    expect(page.get_by_text(re.compile("agrees?, to the cent"))).to_be_visible()
    proof = page.get_by_role("table", name="The last proofs of the books").get_by_role("row").nth(1)
    expect(proof).to_contain_text("Agrees")
    assert adds_up(page, number)[-1] == 0
    costs = page.get_by_role("table", name="What this order cost us in fees")
    expect(costs.get_by_role("row").filter(has_text="fee")).to_have_count(2)
    sources = (dispute[1], shop.sandbox.object(dispute[1])["charge"])
    moved = shop.sandbox.objects("balance_transaction")
    kept = sum(each["net"] for each in moved if each["source"] in sources)
    assert cents(costs.get_by_role("row").last.inner_text()) == kept == 10_900 - 215 - 2_500
    expect(page.get_by_role("link", name="Give money back")).to_be_visible()

"""Payment links: sent once, paid by whoever opens them, and closed again."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, line


def make(api: Any, **changes: Any) -> Any:
    return api.payment_links.create({"line_items": [line("Balance of SA-1", 9000)]} | changes)


def visit(url: str) -> requests.Response:
    return requests.get(url, allow_redirects=False, timeout=5)


def opened(url: str) -> str:
    """The session that a visit opened."""
    answer = visit(url)
    assert answer.status_code == 303
    return answer.headers["Location"].rpartition("/")[2]


def test_a_link_is_paid_by_whoever_opens_it(api: Any, box: Sandbox, shop: Shop) -> None:
    data = {"metadata": {"order": "SA-1"}, "description": "Balance"}
    link = make(api, metadata={"order": "SA-1"}, payment_intent_data=data)
    assert (link.active, link.currency, link.url.startswith(f"{box.url}/link/")) == (True, "aud", True)
    first, second = opened(link.url), opened(link.url)
    assert first != second
    assert "Pay A$90.00" in requests.get(f"{box.url}/pay/{first}", timeout=5).text
    for session in (first, second):
        box.pay(session, email="laila@saffron.test")
    paid = api.checkout.sessions.retrieve(first, {"expand": ["payment_intent"]})
    assert (paid.payment_link, paid.metadata["order"], paid.amount_total) == (link.id, "SA-1", 9000)
    assert (paid.payment_intent.metadata["order"], paid.payment_intent.description) == ("SA-1", "Balance")
    assert {each.id for each in api.checkout.sessions.list({"payment_link": link.id}).data} == {first, second}
    assert "Thank you: this is paid" in requests.get(f"{box.url}/pay/{first}", timeout=5).text
    box.settle()
    assert shop.types().count("checkout.session.completed") == 2


def test_a_paid_link_leads_where_the_shop_wants(api: Any, box: Sandbox) -> None:
    after = {"type": "redirect", "redirect": {"url": "http://127.0.0.1:1/paid?session={CHECKOUT_SESSION_ID}"}}
    session = opened(make(api, after_completion=after).url)
    assert box.pay(session)["url"] == f"http://127.0.0.1:1/paid?session={session}"
    words = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "See you on Saturday."}}
    session = opened(make(api, after_completion=words).url)
    box.pay(session)
    assert "See you on Saturday." in requests.get(f"{box.url}/pay/{session}", timeout=5).text


def test_a_closed_link_says_so_and_can_be_opened_again(api: Any, box: Sandbox) -> None:
    link = make(api)
    begun = opened(link.url)
    changed = api.payment_links.update(link.id, {"active": False, "inactive_message": "SA-1 is settled."})
    assert changed.active is False
    answer = visit(link.url)
    assert (answer.status_code, "SA-1 is settled." in answer.text) == (410, True)
    assert box.pay(begun)["session"]["payment_status"] == "paid"
    api.payment_links.update(link.id, {"active": True})
    assert opened(link.url)
    assert visit(f"{box.url}/link/nothing").status_code == 404


def test_a_link_for_one_payment_closes_after_it(api: Any, box: Sandbox) -> None:
    link = make(api, restrictions={"completed_sessions": {"limit": 1}})
    box.pay(opened(link.url))
    again = api.payment_links.retrieve(link.id)
    assert (again.active, again.restrictions.completed_sessions.count) == (False, 1)
    assert visit(link.url).status_code == 410


def test_links_are_read_listed_and_show_what_they_sell(api: Any) -> None:
    first, second = make(api), make(api)
    api.payment_links.update(first.id, {"active": False})
    assert [each.id for each in api.payment_links.list().data] == [second.id, first.id]
    assert [each.id for each in api.payment_links.list({"active": True}).data] == [second.id]
    assert [each.description for each in api.payment_links.line_items.list(first.id).data] == [
        "Balance of SA-1"
    ]
    shown = api.payment_links.retrieve(first.id, {"expand": ["line_items"]})
    assert shown.line_items.data[0].amount_total == 9000


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": [line(quantity=0)]}, "line_items[0][quantity]"),
        ({"after_completion": {"type": "redirect"}}, "after_completion[redirect]"),
        ({"restrictions": {"completed_sessions": {"limit": 0}}}, "restrictions[completed_sessions][limit]"),
        ({"payment_method_types": ["klarna"]}, "payment_method_types"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_link_is_refused_by_name(api: Any, box: Sandbox, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        make(api, **changes)
    assert refused.value.param == param
    assert box.objects("payment_link") == []

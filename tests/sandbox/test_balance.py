"""Balance transactions and the balance: every cent in one list, and the list adds up."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import pay_with

DAY = 24 * 60 * 60


def total(api: Any) -> int:
    """What Stripe says the account holds."""
    balance = api.balance.retrieve()
    return sum(each.amount for each in (*balance.available, *balance.pending))


def everything(api: Any, **asked: Any) -> list[Any]:
    return list(api.balance_transactions.list({"limit": 100} | asked).auto_paging_iter())


def test_an_account_begins_with_nothing(api: Any) -> None:
    balance = api.balance.retrieve()
    assert [(each.amount, each.currency) for each in balance.available] == [(0, "aud")]
    assert everything(api) == []


def test_every_kind_of_movement_has_its_type_fee_and_net(api: Any, box: Sandbox) -> None:
    paid, other = pay_with(api), pay_with(api)
    refund = api.refunds.create({"payment_intent": paid.id, "amount": 3000})
    box.settle_refund(refund.id, "failed")
    box.close_dispute(box.open_dispute(other.id)["id"], "won")
    moved = [(each.type, each.amount, each.fee, each.net) for each in everything(api)][::-1]
    assert moved == [
        ("charge", 10_000, 200, 9_800),
        ("charge", 10_000, 200, 9_800),
        ("refund", -3000, 0, -3000),
        ("refund_failure", 3000, 0, 3000),
        ("adjustment", -10_000, 2500, -12_500),
        ("adjustment", 10_000, 0, 10_000),
    ]
    for each in everything(api):
        assert each.net == each.amount - each.fee
        assert sum(detail.amount for detail in each.fee_details) == each.fee
    assert total(api) == 17_100


def test_the_balance_is_the_sum_of_the_list_whatever_happens(api: Any, box: Sandbox) -> None:
    chance = random.Random(4)
    box.dispute_fee_returned(True)
    for _ in range(25):
        paid = pay_with(api, amount=chance.randint(1, 20_000))
        what = chance.choice(["nothing", "refund", "failed refund", "won", "lost"])
        if "refund" in what:
            refund = api.refunds.create({"payment_intent": paid.id, "amount": chance.randint(1, paid.amount)})
            if what == "failed refund":
                box.settle_refund(refund.id, "failed")
        elif what != "nothing":
            box.close_dispute(box.open_dispute(paid.id)["id"], what)
        if chance.random() < 0.3:
            box.advance(DAY)
        assert total(api) == sum(each.net for each in everything(api))


def test_money_is_pending_until_its_day(api: Any, box: Sandbox) -> None:
    money = api.charges.retrieve(
        pay_with(api).latest_charge, {"expand": ["balance_transaction"]}
    ).balance_transaction
    assert (money.status, money.available_on % DAY) == ("pending", 0)
    assert time.time() + 2 * DAY <= money.available_on <= time.time() + 3 * DAY
    balance = api.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 9_800)
    box.set_clock(money.available_on)
    assert api.balance_transactions.retrieve(money.id).status == "available"
    balance = api.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (9_800, 0)
    again = api.charges.retrieve(
        pay_with(api).latest_charge, {"expand": ["balance_transaction"]}
    ).balance_transaction
    assert again.created >= money.available_on and again.available_on >= money.available_on + 2 * DAY


def test_a_list_is_narrowed_down_and_shows_what_moved_the_money(api: Any, box: Sandbox) -> None:
    first = pay_with(api)
    then = int(box.advance(DAY))
    second = pay_with(api)
    refund = api.refunds.create({"payment_intent": second.id})
    pay_with(api, currency="nzd")
    assert {each.type for each in everything(api, type="charge")} == {"charge"}
    assert [each.amount for each in everything(api, source=refund.id)] == [-10_000]
    assert [each.currency for each in everything(api, currency="nzd")] == ["nzd"]
    assert len(everything(api, created={"gte": then, "lt": then + 600})) == 3
    assert [each.source for each in everything(api, created={"lt": then})] == [first.latest_charge]
    shown = everything(api, type="refund", expand=["data.source"])
    assert [each.source.payment_intent for each in shown] == [second.id]
    balance = api.balance.retrieve()
    assert [each.currency for each in balance.pending] == ["aud", "nzd"]
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: payout"):
        api.balance_transactions.list({"payout": "po_1"})


def test_pages_follow_each_other_without_a_gap(api: Any, box: Sandbox) -> None:
    for _ in range(23):
        pay_with(api)
    pages = api.balance_transactions.list({"limit": 5})
    assert (len(pages.data), pages.has_more) == (5, True)
    found = [each.id for each in pages.auto_paging_iter()]
    assert len(found) == len(set(found)) == 23
    assert found == [each["id"] for each in box.objects("balance_transaction")]

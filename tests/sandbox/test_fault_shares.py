"""Faults that strike a random share: about as many as asked for, the same ones for the same seed, and not forever."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop


def calls(api: Any, number: int) -> str:
    """What became of each call: a dot, or x."""
    became = ""
    for _ in range(number):
        try:
            api.customers.list({"limit": 1})
            became += "."
        except stripe.StripeError:
            became += "x"
    return became


def test_a_share_of_the_calls_fails_and_the_same_again_for_the_same_seed(api: Any, box: Sandbox) -> None:
    became = []
    for seed in (1, 1, 2):
        box.clear_faults()
        box.fault("stripe", "error", share=0.2, seed=seed)
        became.append(calls(api, 100))
    assert became[0] == became[1] != became[2]
    for each in became:
        assert 8 <= each.count("x") <= 35


@pytest.mark.parametrize("mode", ["timeout", "lost_answer", "rate_limit", "slow"])
def test_every_way_to_fail_can_strike_a_share(api: Any, box: Sandbox, mode: str) -> None:
    box.fault("stripe", mode, share=0.5, seed=3, seconds=0.0)
    became = calls(api, 20)
    assert ("x" in became) == (mode != "slow")
    assert "." in became
    [fault] = box.state()["faults"]
    assert (fault["drawn"], 0 < fault["struck"] < 20) == (20, True)


def test_a_share_stops_after_its_times(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "error", share=0.5, seed=1, times=3)
    assert calls(api, 40).count("x") == 3
    assert box.state()["faults"] == []


def test_several_shares_at_once_each_draw_their_own_lots(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "error", share=0.3, seed=1, match="GET *")
    box.fault("stripe", "lost_answer", share=0.3, seed=1, match="GET *")
    calls(api, 50)
    struck = [each["struck"] for each in box.state()["faults"]]
    assert min(struck) > 3
    assert api.customers.create({"name": "Laila"}).id


def test_a_share_of_the_events_is_dropped_doubled_or_late(api: Any, box: Sandbox, shop: Shop) -> None:
    for mode in ("drop", "duplicate", "delay"):
        box.fault("webhooks", mode, share=0.2, seed=5, seconds=0.2)
    for number in range(60):
        api.customers.create({"name": str(number)})
    box.settle()
    counts = [len(each["deliveries"]) for each in box.events()]
    states = [each["deliveries"][0]["state"] for each in box.events()]
    notes = " ".join(each["deliveries"][0]["note"] for each in box.events())
    assert 3 <= states.count("dropped") <= 25
    assert 2 in counts and "delay on demand" in notes
    assert len(shop.received) == sum(counts) - states.count("dropped")


@pytest.mark.parametrize("share", [0, -0.1, 1.5, "half"])
def test_a_share_that_is_none_is_refused(box: Sandbox, share: Any) -> None:
    with pytest.raises(ControlError) as refused:
        box.fault("stripe", "error", share=share)
    assert refused.value.status == 422

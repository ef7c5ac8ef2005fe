"""Money in any order of events: a state machine drives shop and Stripe for thousands of steps.

After every step all that must always hold is asked of the database; at the end of each run everything is let come to
rest, and then ledger and Stripe agree to the cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
    run_state_machine_as_test,
)

from bakery.payments.refund_states import RefundKind
from tests.money import audit
from tests.money.shop import MoneyShop

STEPS_A_RUN = 100
RUNS = 200
CARDS = (
    *("4242424242424242",) * 5,
    "4000000000000002",  # declined
    "4000000000009995",  # insufficient funds
    "4000002500003155",  # asks for authentication
    "4000000000005126",  # a refund of it fails later
    "4000000000007726",  # a refund of it takes its time
)
SAVED_CARDS = (
    *("pm_card_visa",) * 3,
    "pm_card_chargeCustomerFail",
    "pm_card_authenticationRequired",
    "pm_card_authenticationRequiredOnSetup",
)
MOST_ORDERS = 8
shop: MoneyShop
# How often each move was made, and how often it was refused.
done: Counter[tuple[str, str]] = Counter()
failures: list[Exception] = []


@dataclass(frozen=True)
class Move:
    """One kind of step. `weight`: how often beside the others; `do` is given three numbers to choose by."""

    name: str
    weight: int
    do: Callable[[int, int, int], str]


def order_of(which: int) -> int:
    return shop.orders[which % len(shop.orders)]


def pick(options: Sequence[Any], which: int) -> Any:
    return options[which % len(options)]


def place(a: int, b: int, c: int) -> str:
    if len(shop.orders) >= MOST_ORDERS:
        return "enough"
    return shop.place([(a, b % 4 + 1), (c, a % 3 + 1)], days_ahead=pick((1, 9), c))


def sell(a: int, b: int, c: int) -> str:
    """Ordered, and paid at once; Stripe's event is still on its way."""
    placed = place(a, b, c)
    if placed == "placed":
        shop.open_page(shop.orders[-1])
        shop.pay(shop.orders[-1], pick(CARDS, b))
    return placed


def web_killed(a: int, b: int, c: int) -> str:
    shop.gateway.die()
    try:
        return shop.open_page(order_of(a))
    finally:
        shop.gateway.die(False)


def away(a: int, b: int, c: int) -> str:
    shop.box.fault("stripe", pick(("error", "rate_limit", "lost_answer", "lost_answer"), a), times=b % 2 + 1)
    return "away"


def mend_surplus(a: int, b: int, c: int) -> str:
    """Where nothing waits for somebody, a bank sends some of it back first, and Stripe tells of that at once."""
    outcome = shop.mend_surplus(a)
    if outcome == "nothing" and shop.send_back(b) == "sent back":
        for _ in range(2):
            shop.deliver(-1)
        shop.work()
        outcome = shop.mend_surplus(a)
    return outcome


def redis(a: int, b: int, c: int) -> str:
    shop.redis_is_up = a % 3 > 0
    return "up" if shop.redis_is_up else "down"


def charge(a: int, b: int, c: int) -> str:
    shop.gateway.die(c % 5 == 0)
    try:
        return shop.charge(order_of(a), pick(SAVED_CARDS, b), answers=c % 3 > 0, off_session=c % 4 == 0)
    finally:
        shop.gateway.die(False)


def ask(a: int, b: int, c: int) -> str:
    kind = pick((RefundKind.LINES, RefundKind.LINES, RefundKind.AMOUNT, RefundKind.AMOUNT, RefundKind.ALL), b)
    return shop.ask_refund(order_of(a), kind, c, at_once=a % 3 > 0)


MOVES = (
    Move("place", 4, place),
    Move("sell", 8, sell),
    Move("open page", 6, lambda a, b, c: shop.open_page(order_of(a))),
    Move("pay", 10, lambda a, b, c: shop.pay(order_of(a), pick(CARDS, b), answers=c % 3 > 0)),
    Move("charge a saved card", 6, charge),
    Move("close page", 2, lambda a, b, c: shop.close_page(order_of(a))),
    Move("ask for a refund", 7, ask),
    Move("agree to a refund", 5, lambda a, b, c: shop.approve(a, owner=b % 2 == 0)),
    Move("decline a refund", 1, lambda a, b, c: shop.reject(a)),
    Move("mend a refund", 3, lambda a, b, c: shop.mend_refund(a)),
    Move("a bank sends money back", 2, lambda a, b, c: shop.send_back(a)),
    Move("mend what bought nothing", 3, mend_surplus),
    Move(
        "refund in the dashboard",
        1,
        lambda a, b, c: shop.dashboard_refund(order_of(a), pick((1, 500, 9999), b)),
    ),
    Move("take cash", 3, lambda a, b, c: shop.take_cash(order_of(a), b)),
    Move("dispute", 2, lambda a, b, c: shop.dispute(order_of(a), inquiry=b % 3 == 0)),
    Move("the bank decides", 2, lambda a, b, c: shop.bank_decides(a)),
    Move("cancel", 2, lambda a, b, c: shop.cancel(order_of(a))),
    Move("Stripe tells", 16, lambda a, b, c: shop.deliver(a, copies=pick((1, 1, 1, 2, 3), b))),
    Move("Stripe repeats itself", 3, lambda a, b, c: shop.deliver_again(a)),
    Move("an event is lost", 2, lambda a, b, c: shop.lose(a)),
    Move("workers work", 14, lambda a, b, c: shop.work()),
    Move("a worker is killed", 4, lambda a, b, c: shop.work_and_die()),
    Move("the web is killed", 2, web_killed),
    Move("Stripe is away", 2, away),
    Move("Redis comes and goes", 2, redis),
    Move("minutes pass", 6, lambda a, b, c: shop.let_pass(timedelta(minutes=pick((1, 2, 7), a)))),
    Move("hours pass", 1, lambda a, b, c: shop.let_pass(timedelta(minutes=pick((36, 200, 1500), a)))),
    Move("holds end", 2, lambda a, b, c: shop.expire()),
    Move("the sweeper comes", 4, lambda a, b, c: f"{shop.sweep()} swept"),
    Move("rests are looked after", 1, lambda a, b, c: shop.look_after_rests()),
    Move("the reconciler asks", 3, lambda a, b, c: shop.reconcile()),
)
BY_WEIGHT = [move for move in MOVES for _ in range(move.weight)]
NUMBER = st.integers(0, 1000)


def _kind_of(outcome: str) -> str:
    if outcome.startswith(("no:", "killed")):
        return outcome.partition(":")[0]
    return "idle" if outcome in ("nothing", "enough", "no page", "no payment") else "done"


class Money(RuleBasedStateMachine):
    """The moves of customers, staff, Stripe, clocks and misfortune.

    One rule draws them all by weight: Hypothesis would otherwise leave out whole rules in most runs, and few orders
    would ever be paid.
    """

    def __init__(self) -> None:
        super().__init__()
        shop.orders.clear()
        shop.bells.clear()
        shop.disputes.clear()
        shop.redis_is_up = True
        shop.place([(0, 1)], days_ahead=9)
        self.story: list[str] = []

    @contextmanager
    def remembering(self, what: str) -> Iterator[None]:
        """Keep the first failure with what led to it: the shop is not the same when Hypothesis tries it again."""
        self.story.append(what)
        try:
            yield
        except Exception as error:
            error.add_note("\n".join(self.story))
            failures.append(error)
            raise

    @rule(move=st.sampled_from(BY_WEIGHT), a=NUMBER, b=NUMBER, c=NUMBER)
    def step(self, move: Move, a: int, b: int, c: int) -> None:
        with self.remembering(f"{move.name} {a, b, c}"):
            outcome = shop.try_to(move.do, a, b, c)
            self.story[-1] += f": {outcome}"
            done[move.name, _kind_of(outcome)] += 1
            audit.check_always(shop)

    def teardown(self) -> None:
        with self.remembering("at rest"):
            shop.settle_everything()
            audit.check_at_rest(shop)
        super().teardown()


@pytest.mark.timeout(3600)
def test_money_adds_up_after_any_twenty_thousand_steps(money_shop: MoneyShop) -> None:
    global shop
    shop = money_shop
    failures.clear()
    try:
        _run()
    except Exception as found:
        raise failures[0] if failures else found from None
    print(*sorted(done.items()), sep="\n")
    assert done.total() >= RUNS * STEPS_A_RUN
    assert all(done[move.name, "done"] for move in MOVES), done


def _run() -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            # A failure is shown as it came; making it small takes minutes, and is for whoever mends it.
            phases=(Phase.generate,),
        ),
    )

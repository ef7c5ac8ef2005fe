"""A month of trade with its mishaps, drawn from a seed: so many orders, a share of everything that can go wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bakery.infra.db import db
from bakery.payments.refund_states import RefundKind
from tests.money.shop import MoneyShop

DAYS = 30
GOOD = "4242424242424242"
BAD = ("4000000000000002", "4000000000009995", "4000000000000069")
# What a refund of a card does: nearly all arrive at once, some take their time, few come back.
CARDS = (*(GOOD,) * 46, "4000002500003155", "4000000000007726", "4000000000007726", "4000000000005126")


@dataclass
class Month:
    """One run. `faults`: the share of calls, events and jobs that something happens to."""

    shop: MoneyShop
    orders: int
    faults: float
    seed: int
    chance: random.Random = field(init=False)
    happened: Counter[str] = field(default_factory=Counter)
    late: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def run(self) -> Counter[str]:
        """Trade for a month, then let everything come to rest."""
        for day in range(DAYS):
            for _ in range(self._orders_of(day)):
                self.a_customer()
                self.deliver()
                self.shop.work(limit=50)
                self.afterwards()
            self.a_day_ends()
        self.shop.settle_everything()
        return self.happened

    def _orders_of(self, day: int) -> int:
        return self.orders * (day + 1) // DAYS - self.orders * day // DAYS

    def a_customer(self) -> None:
        """Orders one to three things and pays, perhaps after a card that was refused, perhaps never."""
        picks = [
            (self.chance.randrange(4), self.chance.randint(1, 3)) for _ in range(self.chance.randint(1, 3))
        ]
        self.shop.place(picks, days_ahead=self.chance.choice((1, 1, 9)))
        order_id = self.shop.orders[-1]
        self.move("page", lambda: self.shop.open_page(order_id))
        way = self.chance.random()
        if way < 0.03:
            self.happened["never paid"] += 1
            return
        if way < 0.07:
            self.move("refused card", lambda: self.shop.pay(order_id, self.chance.choice(BAD)))
        if way > 0.95:
            self.move("saved card", lambda: self.shop.charge(order_id, "pm_card_visa"))
            return
        if self.shop.page_of(order_id) is None:
            # Stripe was away when the page was asked for: the customer presses once more.
            self.move("page again", lambda: self.shop.open_page(order_id))
        self.move("paid", lambda: self.shop.pay(order_id, self.chance.choice(CARDS)))

    def afterwards(self) -> None:
        """Now and then somebody wants money back, pays a rest, calls off, or complains to their bank."""
        recent = self.shop.orders[-60:]
        order_id = self.chance.choice(recent)
        for share, name, do in (
            (0.06, "refund", lambda: self._refund(order_id)),
            (0.03, "second yes", lambda: self.shop.approve(self.chance.randrange(99), owner=True)),
            (0.03, "mended", lambda: self.shop.mend_refund(self.chance.randrange(99))),
            (0.05, "cash", lambda: self.shop.take_cash(order_id, 0)),
            (0.08, "rest page", lambda: self.shop.open_page(order_id)),
            (0.08, "rest paid", lambda: self.shop.pay(order_id, GOOD)),
            (0.01, "cancelled", lambda: self.shop.cancel(order_id)),
            (0.01, "dashboard refund", lambda: self.shop.dashboard_refund(order_id, 100)),
            (0.01, "dispute", lambda: self.shop.dispute(order_id, inquiry=self.chance.random() < 0.3)),
            (0.01, "bank decided", lambda: self.shop.bank_decides(self.chance.randrange(99))),
        ):
            if self.chance.random() < share:
                self.move(name, do)

    def _refund(self, order_id: int) -> str:
        kind = self.chance.choice((RefundKind.LINES, RefundKind.LINES, RefundKind.AMOUNT, RefundKind.ALL))
        which = self.chance.choice((0, 1, 2, 3))
        return self.shop.ask_refund(order_id, kind, which, at_once=True)

    def move(self, name: str, do: Callable[[], str]) -> None:
        """One step of somebody, in a world where Stripe now and then does not answer and processes die."""
        if self.strikes():
            self.shop.box.fault("stripe", self.chance.choice(("error", "rate_limit", "lost_answer")), times=1)
        if self.strikes():
            self.shop.gateway.die()
        outcome = self.shop.try_to(do)
        self.shop.gateway.die(False)
        self.happened[name if not outcome.startswith(("no:", "killed")) else f"{name}: {outcome[:6]}"] += 1

    def deliver(self) -> None:
        """Stripe's events arrive: nearly all at once and in order."""
        for _ in self.events():
            if self.strikes():
                mishap = self.chance.choice(("lost", "twice", "later", "later"))
                self.happened[f"event {mishap}"] += 1
                if mishap == "lost":
                    self.shop.lose(0)
                elif mishap == "twice":
                    self.shop.deliver(0, copies=2)
                else:
                    self.late.append(self.shop.mailbag.pop(0))
                continue
            self.shop.deliver(0)
        if self.late and self.chance.random() < 0.1:
            self.shop.mailbag.insert(0, self.late.pop(self.chance.randrange(len(self.late))))

    def events(self) -> Iterator[int]:
        self.shop.collect_events()
        yield from range(len(self.shop.mailbag))

    def a_day_ends(self) -> None:
        """Workers catch up, the reconciler asks, a night passes."""
        self.shop.mailbag += self.late
        self.late.clear()
        self.chance.shuffle(self.shop.mailbag)
        if self.strikes():
            self.happened["a worker killed"] += 1
            self.shop.try_to(self.shop.work_and_die)
        self.deliver()
        self.shop.work(limit=10_000)
        self.shop.try_to(self.shop.reconcile)
        self.shop.let_pass(timedelta(days=1))
        self.shop.sweep()
        self.shop.expire()
        db.session.rollback()

    def strikes(self) -> bool:
        return self.chance.random() < self.faults

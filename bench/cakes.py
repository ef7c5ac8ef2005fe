"""Estimates of custom cakes: how many a second beside the floor, how long each takes in a warm process."""

from __future__ import annotations

import json
import statistics
from datetime import timedelta

from bakery.core import clock
from bench.load import milliseconds, posts_per_second
from bench.server import Server

PATH = "/custom-cakes/estimate"
BUDGET_MS = 150
FLAVOURS = ("vanilla", "walnut", "chocolate", "lemon", "pistachio_rose")
ASKED = 200


def measure(shop: Server, floor: Server, seconds: float, rounds: int) -> dict[str, object]:
    """The row of the table. Every cake is another one, so that nothing can be remembered from the last."""
    bodies = [_wish(number) for number in range(ASKED)]
    milliseconds(shop.url + PATH, bodies[:20])
    took = sorted(milliseconds(shop.url + PATH, bodies))
    answers, floors = [], []
    for _ in range(rounds):
        floors.append(posts_per_second(f"{floor.url}/2000", bodies, seconds))
        answers.append(posts_per_second(shop.url + PATH, bodies, seconds))
    ratio = statistics.median(answer / base for answer, base in zip(answers, floors, strict=True))
    median, late = statistics.median(took), took[len(took) * 95 // 100]
    print(
        f"{'estimate of a cake':20} {statistics.median(answers):20.0f}/s of {statistics.median(floors):8.0f}/s  "
        f"ratio {ratio:5.2f}  {median:.1f} ms, 95 of 100 within {late:.1f} ms  budget {BUDGET_MS} ms "
        f"{'ok' if late < BUDGET_MS else 'ABOVE'}",
        flush=True,
    )
    return {
        "name": "estimate",
        "page": round(statistics.median(answers)),
        "floor": round(statistics.median(floors)),
        "ratio": round(ratio, 3),
        "median_ms": round(median, 1),
        "p95_ms": round(late, 1),
    }


def _wish(number: int) -> bytes:
    """One to three tiers of many sizes."""
    tiers = [
        {
            "diameter_cm": 18 + number % 17 - 5 * tier,
            "height_cm": 8 + number % 6,
            "layers": 2 + number % 3,
            "flavour": FLAVOURS[(number + tier) % len(FLAVOURS)],
            "filling": "buttercream",
        }
        for tier in range(1 + number % 3 if number % 17 > 4 else 1)
    ]
    needed_on = clock.today("Australia/Sydney") + timedelta(days=14 + number % 21)
    wish = {
        "needed_on": needed_on.isoformat(),
        "shape": ("round", "square", "heart")[number % 3] if len(tiers) == 1 else "round",
        "tiers": tiers,
        "covering": ("buttercream", "fondant", "ganache")[number % 3],
        "decoration": ("simple", "medium", "elaborate")[number // 3 % 3],
        "guests": 30,
    }
    return json.dumps(wish).encode()

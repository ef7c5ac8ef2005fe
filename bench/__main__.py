"""`make bench`: requests a second of the shop's pages beside the floor, estimates, start-up time, memory.

Page and floor are measured in turns, several rounds, and the median of the rounds' ratios is told: a noisy
machine slows both. Budgets are told, never asserted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from bench import cakes
from bench.load import requests_per_second
from bench.server import Server, running
from bench.shop import environment, prepare
from bench.visitors import Browser, baker, customer_with_cart

BOARD = "/kitchen?day=week"


@dataclass(frozen=True)
class Target:
    """One address with its headers, and the part of the floor it should reach."""

    name: str
    path: str
    headers: dict[str, str]
    budget: float
    status: int = 200


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--products", default="10,1000", help="menu sizes, comma-separated")
    parser.add_argument("--seconds", type=float, default=2, help="of load in each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="page and floor in turns, so many times")
    parser.add_argument("--json", help="write the figures to this file, too")
    args = parser.parse_args()
    results = [_measure(int(number), args.seconds, args.rounds) for number in args.products.split(",")]
    if args.json:
        with open(args.json, "w") as out:
            json.dump(results, out, indent=1)


def _measure(products: int, seconds: float, rounds: int) -> dict[str, object]:
    print(f"\n{products} products", flush=True)
    prepare(products)
    with (
        running("bench.floor:app", "/10", {}) as floor,
        running("wsgi:app", "/healthz", environment()) as shop,
    ):
        rows = [_row(target, shop, floor, seconds, rounds) for target in _targets(shop)]
        rows.append(cakes.measure(shop, floor, seconds, rounds))
        memory = shop.memory_mb()
        print(
            f"start-up {shop.start_seconds:.2f} s (budget 2), "
            f"web process {memory:.0f} MB after estimates (budget 220)"
        )
        return {
            "products": products,
            "rows": rows,
            "start_seconds": round(shop.start_seconds, 2),
            "memory_mb": round(memory),
        }


def _targets(shop: Server) -> Sequence[Target]:
    cart = {"Cookie": customer_with_cart(shop.url)}
    staff = {"Cookie": baker(shop.url), "HX-Request": "true"}
    slug = Browser(shop.url).get("/menu")[0].split('href="/menu/')[1].split('"')[0]
    etag = _headers(shop.url + BOARD, staff)["ETag"]
    return [
        Target("home", "/", {}, 0.5),
        Target("menu", "/menu", {}, 0.5),
        Target("product", f"/menu/{slug}", {}, 0.5),
        Target("cart", "/cart", cart, 0.1),
        Target("checkout", "/checkout", cart, 0.1),
        Target("cake builder", "/custom-cakes/new", {}, 0.05),
        Target("kitchen, unchanged", BOARD, {**staff, "If-None-Match": etag}, 0.67, 304),
    ]


def _headers(url: str, headers: dict[str, str]) -> dict[str, str]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        answer.read()
        return dict(answer.headers)


def _size(url: str, headers: dict[str, str]) -> int:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return len(answer.read())


def _row(target: Target, shop: Server, floor: Server, seconds: float, rounds: int) -> dict[str, object]:
    size = 0 if target.status == 304 else _size(shop.url + target.path, target.headers)
    floor_path = "/304" if target.status == 304 else f"/{size}"
    pages, floors = [], []
    for _ in range(rounds):
        floors.append(requests_per_second(floor.url + floor_path, target.headers, seconds, target.status))
        pages.append(requests_per_second(shop.url + target.path, target.headers, seconds, target.status))
    ratio = statistics.median(page / base for page, base in zip(pages, floors, strict=True))
    verdict = "ok" if ratio >= target.budget else "BELOW"
    page, base = statistics.median(pages), statistics.median(floors)
    print(
        f"{target.name:20} {size / 1024:6.1f} KiB {page:8.0f}/s of {base:8.0f}/s  ratio {ratio:5.2f}"
        f"  budget {target.budget:.2f} {verdict}",
        flush=True,
    )
    return {
        "name": target.name,
        "size": size,
        "page": round(page),
        "floor": round(base),
        "ratio": round(ratio, 3),
    }


if __name__ == "__main__":
    main()

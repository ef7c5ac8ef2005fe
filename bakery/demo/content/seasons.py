"""When things are sold: seasons of products, and how a week spreads its orders (Monday first, mean about 1)."""

from __future__ import annotations

from bakery.demo.content.types import Season

SEASONS: dict[str, Season] = {
    "nowruz": Season("Nowruz", (2, 20), (4, 5)),
    "mango": Season("Mango season", (10, 15), (3, 15)),
    "fig": Season("Fig season", (2, 1), (5, 31)),
    "winter": Season("Winter", (5, 15), (9, 15)),
    "summer": Season("Summer", (10, 1), (4, 15)),
}

Week = tuple[float, float, float, float, float, float, float]

WEEKS: dict[str, Week] = {
    "celebration": (0.30, 0.40, 0.55, 0.80, 1.45, 2.20, 1.30),
    "daily": (0.85, 0.85, 0.90, 0.95, 1.10, 1.25, 1.10),
    "weekend": (0.50, 0.55, 0.65, 0.85, 1.35, 1.75, 1.35),
    "weekday": (1.15, 1.15, 1.15, 1.15, 1.10, 0.75, 0.55),
    "friday": (0.60, 0.65, 0.75, 1.00, 1.90, 1.25, 0.85),
}

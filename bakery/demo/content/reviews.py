"""What invented customers wrote, read from reviews.toml. Names are first name and initial, plainly made up."""

from __future__ import annotations

import tomllib
from pathlib import Path

from bakery.demo.content.types import Review


def _load() -> dict[str, tuple[Review, ...]]:
    path = Path(__file__).parent / "reviews.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return {slug: tuple(Review(**item) for item in items) for slug, items in data.items()}


REVIEWS: dict[str, tuple[Review, ...]] = _load()

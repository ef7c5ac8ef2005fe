"""Read the product files into frozen dataclasses, refusing whatever a shop could not honestly publish."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bakery.demo.content.pictures import PICTURES
from bakery.demo.content.reviews import REVIEWS
from bakery.demo.content.seasons import SEASONS, WEEKS
from bakery.demo.content.types import (
    ALLERGENS,
    DIETARY_TAGS,
    AllergenDeclaration,
    Declaration,
    Product,
    TaxCode,
    Variant,
)

FOLDER = Path(__file__).parent / "products"
#: Menu order: category by category, and within one the order in which the files tell it.
FILES = (
    "celebration_cakes_classic",
    "celebration_cakes_fruit",
    "celebration_cakes_occasions",
    "breads",
    "pastries",
    "pastries_fried_and_savoury",
    "cookies",
    "drinks",
    "chilled_sweets",
    "gift_boxes",
)


def load_products(folder: Path = FOLDER) -> tuple[Product, ...]:
    """Every product of the demo shop. Raises ValueError, naming the product, for one with a gap in it."""
    products: list[Product] = []
    for name in FILES:
        path = folder / f"{name}.toml"
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        products.extend(_product(raw, data["category"]) for raw in data["product"])
    return tuple(products)


def _product(raw: dict[str, Any], category: str) -> Product:
    slug = raw["slug"]
    unknown_tags = set(raw["dietary"]) - DIETARY_TAGS.keys()
    if unknown_tags:
        raise ValueError(f"{slug}: no such dietary tag: {sorted(unknown_tags)}")
    is_cake = raw.get("is_cake", category == "celebration-cakes")
    season = raw.get("season")
    return Product(
        slug=slug,
        name=raw["name"],
        category=category,
        short=raw["short"],
        description=tuple(raw["description"]),
        ingredients=raw["ingredients"],
        allergens=_allergens(raw),
        dietary=tuple(raw["dietary"]),
        variants=_variants(raw),
        tax_code=TaxCode(raw["tax_code"]),
        is_cake=is_cake,
        accepts_message=raw.get("accepts_message", False),
        storage=raw["storage"],
        serving=raw["serving"],
        keywords=tuple(raw["keywords"]),
        related=tuple(raw["related"]),
        picture=PICTURES[slug],
        popularity=float(raw["popularity"]),
        weekday_profile=WEEKS[raw["week"]],
        season=SEASONS[season] if season else None,
        reviews=REVIEWS.get(slug, ()),
        featured=raw.get("featured", False),
    )


def _allergens(raw: dict[str, Any]) -> tuple[AllergenDeclaration, ...]:
    """All fourteen, each said exactly once: silence about one would read as "free from"."""
    said: dict[str, AllergenDeclaration] = {}
    for declaration in Declaration:
        given = raw.get(declaration.value, {})
        notes = given if isinstance(given, dict) else dict.fromkeys(given, "")
        for code, note in notes.items():
            if code in said or code not in ALLERGENS:
                raise ValueError(f"{raw['slug']}: {code!r} is declared twice or is no allergen we list")
            said[code] = AllergenDeclaration(code, declaration, note)
    missing = [code for code in ALLERGENS if code not in said]
    if missing:
        raise ValueError(f"{raw['slug']}: nothing is declared about {', '.join(missing)}")
    return tuple(said[code] for code in ALLERGENS)


def _variants(raw: dict[str, Any]) -> tuple[Variant, ...]:
    variants = []
    for item in raw["variants"]:
        low, high = item.get("servings", (None, None))
        rest = {key: value for key, value in item.items() if key != "servings"}
        variants.append(Variant(servings_min=low, servings_max=high, **rest))
    if sum(variant.default for variant in variants) != 1:
        raise ValueError(f"{raw['slug']}: exactly one size must be the one shown first")
    return tuple(variants)

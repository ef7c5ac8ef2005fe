"""A cake's drawing as plain values for a JSON column, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bakery.catalog.illustration.specs import Border, CakeSpec, Covering, Shape, Stand, Tier, Topping


def to_json(spec: CakeSpec) -> dict[str, Any]:
    """Plain values; `from_json` reads them back to an equal description."""
    return asdict(spec)


def from_json(stored: Mapping[str, Any]) -> CakeSpec:
    """What `to_json` stored. Refuses (ValueError, TypeError, KeyError) what no cake is described by."""
    values = dict(stored)
    values["tiers"] = tuple(Tier(**tier | {"shape": Shape(tier["shape"])}) for tier in values["tiers"])
    values["covering"], values["border"] = Covering(values["covering"]), Border(values["border"])
    values["toppings"] = tuple(Topping(word) for word in values["toppings"])
    values["stand"] = Stand(values["stand"])
    return CakeSpec(**values)

"""The shop's colours, and mixing that stays warm: shadows lean to brown, lights to cream, never to grey."""

from __future__ import annotations

import re

COLOURS: dict[str, str] = {
    # frostings and glazes
    "cream": "#fbf0dc",
    "ivory": "#fdf6ea",
    "white": "#fefaf3",
    "caramel_cream": "#ecd0a4",
    "caramel": "#c47f35",
    "honey": "#e2a035",
    "chocolate": "#4a2616",
    "milk_chocolate": "#84502f",
    "rose": "#efbcb5",
    "blush": "#f6d9ce",
    "raspberry": "#b8284d",
    "pomegranate": "#9c1f37",
    "pistachio": "#bccb8b",
    "mint": "#cfe0c8",
    "lemon": "#f8dd76",
    "saffron": "#eaa92f",
    "mango": "#f5a93a",
    "apricot": "#f2b775",
    "lavender": "#cdbfe0",
    "sky": "#bfd5e2",
    "fig": "#6d3550",
    "gold": "#d8a63c",
    "green": "#5d7f3d",
    "ink": "#3d2417",
    # crumb
    "vanilla": "#efcf8f",
    "walnut": "#a86e3c",
    "red_velvet": "#9c2a2c",
    "pistachio_sponge": "#a9b45c",
    "honey_sponge": "#d99b4a",
    "chocolate_sponge": "#54301f",
    "lemon_sponge": "#f3d57c",
    "carrot": "#c47a38",
    "date": "#6e3b1c",
    # walls and cloth
    "sand": "#ead9bd",
    "plum": "#8d5a63",
    "teal": "#7fa39a",
    "terracotta": "#d99a76",
    "night": "#39424f",
}

_SPONGES = {
    "pistachio": "pistachio_sponge",
    "honey": "honey_sponge",
    "chocolate": "chocolate_sponge",
    "lemon": "lemon_sponge",
}
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_DARK = "#4b2110"
_LIGHT = "#fffaf0"


def colour(name: str) -> str:
    """The hex of a palette name or of a `#rrggbb`; anything else is refused with ValueError."""
    if name in COLOURS:
        return COLOURS[name]
    if _HEX.fullmatch(name):
        return name.lower()
    raise ValueError(f"no such colour: {name!r}")


def sponge(name: str) -> str:
    """The crumb's colour for a flavour, where frosting and crumb of one flavour differ."""
    return colour(_SPONGES.get(name, name))


def mix(first: str, second: str, share: float) -> str:
    """`share` of the second colour in the first, both hex."""
    a = [int(first[i : i + 2], 16) for i in (1, 3, 5)]
    b = [int(second[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def shade(base: str, amount: float) -> str:
    """Lighter for a positive amount up to 1, darker for a negative one."""
    return mix(base, _LIGHT, amount) if amount >= 0 else mix(base, _DARK, -amount)


def luminance(base: str) -> float:
    red, green, blue = (int(base[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

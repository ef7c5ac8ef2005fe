"""What can be drawn: small frozen descriptions that the illustrator turns into a picture.

A description says what something is (a 20 cm round walnut cake with a drip), never how it is drawn,
so the same `CakeSpec` serves a product picture and the live preview of a customer's own cake.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    ROUND = "round"
    SQUARE = "square"
    RECTANGLE = "rectangle"
    HEART = "heart"
    HEXAGON = "hexagon"
    PETAL = "petal"


class Covering(StrEnum):
    BUTTERCREAM = "buttercream"
    NAKED = "naked"
    GANACHE = "ganache"
    FONDANT = "fondant"
    GLAZE = "glaze"


class Topping(StrEnum):
    WALNUTS = "walnuts"
    ALMONDS = "almonds"
    PISTACHIO = "pistachio"
    ROSE_PETALS = "rose_petals"
    BERRIES = "berries"
    STRAWBERRIES = "strawberries"
    CHERRIES = "cherries"
    FIGS = "figs"
    LEMON = "lemon"
    ORANGE = "orange"
    MANGO = "mango"
    POMEGRANATE = "pomegranate"
    HONEYCOMB = "honeycomb"
    CHOCOLATE = "chocolate"
    GOLD_LEAF = "gold_leaf"
    CANDLES = "candles"
    FLOWERS = "flowers"
    SAFFRON = "saffron"
    CRUMBS = "crumbs"
    MERINGUE = "meringue"


class Border(StrEnum):
    NONE = "none"
    SHELL = "shell"
    PEARLS = "pearls"
    ROSETTES = "rosettes"


class Stand(StrEnum):
    STAND = "stand"
    PLATE = "plate"
    BOARD = "board"
    NONE = "none"


class Backdrop(StrEnum):
    PLASTER = "plaster"
    LINEN = "linen"
    TILE = "tile"
    ARCH = "arch"


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier; `width_cm` is the depth of a rectangle, everything else is as deep as it is wide.

    `sponge` and `filling` differ from the cake's where the tier has its own.
    """

    shape: Shape = Shape.ROUND
    diameter_cm: float = 20.0
    height_cm: float = 10.0
    layers: int = 3
    width_cm: float | None = None
    sponge: str | None = None
    filling: str | None = None


@dataclass(frozen=True, slots=True)
class CakeSpec:
    """A whole cake, bottom tier first. Colours are palette names (`palette.COLOURS`) or `#rrggbb`."""

    tiers: tuple[Tier, ...] = (Tier(),)
    covering: Covering = Covering.BUTTERCREAM
    colour: str = "cream"
    sponge: str = "vanilla"
    filling: str = "cream"
    drip: str | None = None
    toppings: tuple[Topping, ...] = ()
    border: Border = Border.NONE
    inscription: str = ""
    ink: str = "chocolate"
    cut: bool = False
    stand: Stand = Stand.STAND


@dataclass(frozen=True, slots=True)
class LoafSpec:
    """`kind`: sourdough, seeded, naan, barbari, lavash, bolani, roghani, rolls."""

    kind: str = "sourdough"
    count: int = 1


@dataclass(frozen=True, slots=True)
class PastrySpec:
    """`kind`: baklava, kulcha, croissant, almond_croissant, cream_roll, elephant_ear, sambosa, tart, jalebi."""

    kind: str = "baklava"
    count: int = 6


@dataclass(frozen=True, slots=True)
class CookieSpec:
    """`kind`: cardamom, roht, rice, chickpea, walnut, tahini."""

    kind: str = "cardamom"
    count: int = 7


@dataclass(frozen=True, slots=True)
class DrinkSpec:
    """`kind`: milk_tea, saffron_tea, green_tea, coffee, sherbet, doogh, qaimaq, sheer_yakh, firni."""

    kind: str = "milk_tea"


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """`kind`: sweets, eid, nowruz, tea."""

    kind: str = "sweets"


Subject = CakeSpec | LoafSpec | PastrySpec | CookieSpec | DrinkSpec | BoxSpec


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it stands. `tone` is a palette name for the wall; the same seed draws the same picture."""

    backdrop: Backdrop = Backdrop.PLASTER
    tone: str = "saffron"
    seed: int = 1

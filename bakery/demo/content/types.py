"""The shapes of the demo shop's content. Frozen and free of any database, so that anything may read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from bakery.catalog.illustration.specs import Scene, Subject


class Declaration(StrEnum):
    CONTAINS = "contains"
    MAY_CONTAIN = "may_contain"
    NOT_CONTAINED = "not_contained"
    UNKNOWN = "unknown"


#: The EU's fourteen, in the order in which a label lists them: code -> words on the page.
ALLERGENS: dict[str, str] = {
    "gluten": "Cereals containing gluten",
    "milk": "Milk",
    "eggs": "Eggs",
    "nuts": "Tree nuts",
    "peanuts": "Peanuts",
    "sesame": "Sesame",
    "soya": "Soya",
    "sulphites": "Sulphites",
    "lupin": "Lupin",
    "mustard": "Mustard",
    "celery": "Celery",
    "fish": "Fish",
    "crustaceans": "Crustaceans",
    "molluscs": "Molluscs",
}

DIETARY_TAGS: dict[str, str] = {
    "halal": "Halal",
    "vegetarian": "Vegetarian",
    "vegan": "Vegan",
    "eggless": "Eggless",
    "gluten-free": "Gluten-free",
    "nut-free": "Nut-free",
}


class TaxCode(StrEnum):
    GST = "gst"
    GST_FREE = "gst_free"


@dataclass(frozen=True, slots=True)
class Category:
    slug: str
    name: str
    tagline: str
    description: str
    position: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Picture:
    subject: Subject
    scene: Scene
    alt: str


@dataclass(frozen=True, slots=True)
class Variant:
    """`sku` is unique in the shop. `servings_*` are None where servings mean nothing (a tea, a loaf)."""

    sku: str
    name: str
    price_cents: int
    servings_min: int | None
    servings_max: int | None
    weight_g: int
    make_minutes: int
    lead_time_hours: int
    on_hand: int
    limit_per_order: int
    diameter_cm: float | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class AllergenDeclaration:
    """`note` names the species where the law wants it: "wheat, rye", "walnut, pistachio"."""

    code: str
    declaration: Declaration
    note: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    name: str
    rating: int
    title: str
    body: str
    days_ago: int
    variant: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    slug: str
    name: str
    category: str
    short: str
    description: tuple[str, ...]
    ingredients: str
    allergens: tuple[AllergenDeclaration, ...]
    dietary: tuple[str, ...]
    variants: tuple[Variant, ...]
    tax_code: TaxCode
    is_cake: bool
    accepts_message: bool
    storage: str
    serving: str
    keywords: tuple[str, ...]
    related: tuple[str, ...]
    picture: Picture
    popularity: float
    weekday_profile: tuple[float, float, float, float, float, float, float]
    season: Season | None = None
    reviews: tuple[Review, ...] = ()
    featured: bool = False

    def declaration(self, code: str) -> Declaration:
        """What is declared for one of the fourteen allergens; a code outside them is a KeyError."""
        for item in self.allergens:
            if item.code == code:
                return item.declaration
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Season:
    """Sold from `start` to `end`, each (month, day), both included; may run over the new year."""

    name: str
    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Interval:
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class HoursException:
    """A date with other hours than its weekday; no intervals means closed."""

    on: date
    name: str
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotPattern:
    every_minutes: int
    capacity_orders: int
    capacity_make_minutes: int
    book_ahead_days: int
    same_day_cutoff: time


@dataclass(frozen=True, slots=True)
class StaffAccount:
    email: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    email: str
    phone: str
    suburb: str
    registered: bool
    marketing_email: bool = False
    marketing_sms: bool = False


@dataclass(frozen=True, slots=True)
class Faq:
    slug: str
    topic: str
    question: str
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    name: str
    legal_name: str
    tagline: str
    abn: str
    street: str
    suburb: str
    state: str
    postcode: str
    country: str
    latitude: float
    longitude: float
    phone: str
    mobile: str
    alert_phone: str
    email: str
    currency: str
    timezone: str
    locale: str
    prices_include_tax: bool
    gst_basis_points: int
    #: Monday first.
    hours: tuple[tuple[Interval, ...], ...]
    exceptions: tuple[HoursException, ...]
    slots: SlotPattern
    about: tuple[str, ...]
    pickup_instructions: str
    allergen_statement: str
    staff: tuple[StaffAccount, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PlannedLine:
    sku: str
    quantity: int
    message: str = ""


class PlannedStatus(StrEnum):
    """How a planned order of the past ended; the words are the order states' own."""

    COLLECTED = "COLLECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    CONFIRMED = "CONFIRMED"


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order of the invented history. Times are local to the shop and carry no zone.

    `customer` is an index into CUSTOMERS.
    """

    placed_at: datetime
    pickup_at: datetime
    lines: tuple[PlannedLine, ...]
    customer: int
    note: str
    status: PlannedStatus

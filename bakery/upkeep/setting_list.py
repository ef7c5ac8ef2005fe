"""Every setting of the shop: where it is kept, what it may be, and what its page says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bakery.scheduling.models import MAX_STATION_MINUTES


class Kind(StrEnum):
    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    WHOLE = "whole"
    # Centimetres on the page, tenths of a millimetre in the database.
    LENGTH = "length"
    # Dollars on the page, cents in the database.
    MONEY = "money"
    # One of its options.
    CHOICE = "choice"
    # What comes back of a cancelled order: `100 % until 7 days before`, a line each.
    TIERS = "tiers"


class Place(StrEnum):
    """The row that keeps it."""

    SHOP = "shop"
    PLAN = "slot plan"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `name` is its column. `low` and `high` are in its own unit, for a text its length."""

    name: str
    kind: Kind
    label: str
    hint: str = ""
    low: int = 0
    high: int = 0
    place: Place = Place.SHOP
    unit: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    title: str
    intro: str
    settings: tuple[Setting, ...]


def _slice(name: str, label: str, hint: str = "") -> Setting:
    return Setting(f"{name}_tenth_mm", Kind.LENGTH, label, hint, 100, 3000, unit="cm")


def _percent(name: str, label: str, hint: str) -> Setting:
    return Setting(name, Kind.WHOLE, label, hint, 0, 100, unit="%")


def _plan(name: str, label: str, hint: str, bounds: tuple[int, int], unit: str) -> Setting:
    return Setting(name, Kind.WHOLE, label, hint, *bounds, Place.PLAN, unit)


SECTIONS: tuple[Section, ...] = (
    Section(
        "shop",
        "The shop",
        "How customers reach you. It stands on every page, in every mail and on every receipt from now on.",
        (
            Setting("name", Kind.LINE, "Name", low=1, high=120),
            Setting("phone", Kind.PHONE, "Phone", "As customers read it.", 1, 30),
            Setting("email", Kind.EMAIL, "Email", "Customers’ answers go there.", 1, 254),
            Setting(
                "pickup_instructions",
                Kind.TEXT,
                "How to collect",
                "In mails and on the order’s page.",
                0,
                2000,
            ),
        ),
    ),
    Section(
        "alerts",
        "Alerts to staff",
        "Where the shop itself calls for help: an order with a cake, a payment that does not fit.",
        (
            Setting("alert_phone", Kind.PHONE, "Phone for SMS", "Empty: the operator’s own.", 0, 30),
            Setting("alert_email", Kind.EMAIL, "Email for alerts", "Empty: the operator’s own.", 0, 254),
        ),
    ),
    Section(
        "slices",
        "Slices",
        "One slice seen from above, and how high the cake is that it is cut from. Servings are counted with them: "
        "at “How many does it serve?”, in estimates and in suggestions. What was quoted or ordered stays as it was.",
        (
            _slice("wedding_slice_width", "Wedding: width", "2.54 is an inch."),
            _slice("wedding_slice_depth", "Wedding: depth"),
            _slice("party_slice_width", "Party: width"),
            _slice("party_slice_depth", "Party: depth"),
            _slice("slice_height", "Height of the cake", "A higher cake gives more slices of that size."),
        ),
    ),
    Section(
        "custom-cakes",
        "Custom cakes",
        "What holds for the next decision; quotes that are out keep what they promised.",
        (
            Setting(
                "quote_days",
                Kind.WHOLE,
                "A quote is good for",
                "Staff may say otherwise in each quote.",
                1,
                60,
                unit="days",
            ),
            Setting(
                "explain_from_percent",
                Kind.WHOLE,
                "Ask for a reason from",
                "How far a price or servings may be from the suggested ones before staff have to say why. "
                "0 asks for every difference.",
                0,
                100,
                unit="%",
            ),
            _plan(
                "custom_days_ahead",
                "Taken so far ahead",
                "A wedding is asked for a year before.",
                (1, 800),
                "days",
            ),
            _plan(
                "bake_minutes",
                "Bakers, a day",
                "Minutes of all who bake, less what the menu takes of them.",
                (0, MAX_STATION_MINUTES),
                "minutes",
            ),
            _plan(
                "fill_minutes",
                "Filling and covering, a day",
                "As above.",
                (0, MAX_STATION_MINUTES),
                "minutes",
            ),
            _plan(
                "decorate_minutes",
                "Decorators, a day",
                "As above. A day whose minutes are promised takes no more cakes.",
                (0, MAX_STATION_MINUTES),
                "minutes",
            ),
        ),
    ),
    Section(
        "deposits",
        "Deposits",
        "What is paid to order, and what becomes of the rest. A product may have a deposit of its own; where several "
        "rules fit, the larger counts. Where the rest would be due by today, all is paid at once. Orders that are "
        "placed keep what they were told.",
        (
            _percent(
                "deposit_percent", "For custom cakes", "Of the offer’s total. 0 asks for all of it at once."
            ),
            Setting("deposit_from_cents", Kind.MONEY, "Large orders begin at", "", 0, 10_000_000, unit="$"),
            _percent("deposit_from_percent", "For large orders", "0: their size alone asks for no deposit."),
            _percent(
                "deposit_kept_percent",
                "Not given back",
                "Of a deposit, when its order is cancelled. Customers read the amount before they pay.",
            ),
            Setting(
                "balance_due_days",
                Kind.WHOLE,
                "The rest is due",
                "Before the pickup. Days on which the shop is closed do not count.",
                0,
                60,
                unit="days",
            ),
            Setting(
                "balance_remind_days",
                Kind.WHOLE,
                "Remind",
                "Before it is due, by email; once more on the day, and after it. 0: only then.",
                0,
                30,
                unit="days",
            ),
            Setting(
                "balance_grace_hours",
                Kind.WHOLE,
                "Cancel after",
                "Since it was due, unless the kitchen has begun. 0: never by itself, staff get an alert.",
                0,
                336,
                unit="hours",
            ),
        ),
    ),
    Section(
        "refunds",
        "Refunds",
        "Who decides, whose money goes back first, and what is promised to who cancels. Orders that are placed keep "
        "what they were promised.",
        (
            Setting(
                "refund_limit_cents",
                Kind.MONEY,
                "One person may give back",
                "Of one order in all. Above it a second person has to agree.",
                0,
                10_000_000,
                unit="$",
            ),
            Setting(
                "refund_order",
                Kind.CHOICE,
                "What goes back first",
                "Where an order was paid in parts.",
                1,
                options=(
                    ("newest", "What was paid last"),
                    ("oldest", "What was paid first"),
                ),
            ),
            Setting(
                "cancellation_tiers",
                Kind.TIERS,
                "When an order is cancelled, so much comes back",
                "A line each, such as: 100 % until 7 days before. After the last line, and without any, nothing does.",
                0,
                400,
            ),
        ),
    ),
    Section(
        "papers",
        "Receipts and invoices",
        "What holds for what is issued from now on.",
        (
            Setting(
                "document_years",
                Kind.WHOLE,
                "Kept for",
                "After they were issued and the order was collected. The law asks for five years.",
                5,
                50,
                unit="years",
            ),
        ),
    ),
    Section(
        "pickup",
        "Pickup times",
        "How the day is cut into pickup times. Orders that are placed keep the time they have.",
        (
            _plan("slot_minutes", "One pickup time lasts", "", (5, 240), "minutes"),
            _plan("capacity_orders", "Orders in each", "0 closes them all.", (0, 1000), "orders"),
            _plan(
                "capacity_minutes",
                "Work in each",
                "The kitchen’s minutes that its orders may need together.",
                (0, 10_000),
                "minutes",
            ),
            _plan(
                "min_notice_minutes",
                "Least notice",
                "For anything, also what is on the shelf.",
                (0, 10_080),
                "minutes",
            ),
            _plan("max_days_ahead", "Taken so far ahead", "Orders from the menu.", (1, 365), "days"),
        ),
    ),
)
SETTINGS = {setting.name: setting for section in SECTIONS for setting in section.settings}

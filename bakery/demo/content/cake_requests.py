"""The custom cakes that customers of the demo shop are asking for just now, and what has happened to each so far.

Plain data: a wish is what the builder would send. Days and hours count from the moment the shop is set up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Wish = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened so many hours ago.

    `what`: message, answer (from staff), changes, resend, approve, extend, reject, withdraw, expire, pay.
    Prices are told as hundredths of the suggested one, servings as the difference to the count.
    """

    what: str
    hours_ago: float
    text: str = ""
    suggestion: str = ""
    changes: Wish = field(default_factory=dict)
    price_percent: int = 100
    servings_more: int = 0
    override_reason: str = ""
    instructions: str = ""
    # Hours from now until the quote runs out.
    valid_hours: float = 96


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who (by place in the list of customers), when, for which day, and what became of it."""

    key: str
    customer: int
    hours_ago: float
    days_ahead: int
    wish: Wish
    steps: tuple[Step, ...] = ()
    pictures: tuple[str, ...] = ()
    copy_of: str = ""


def _tier(across: float, flavour: str, filling: str, height: float = 10, layers: int = 3) -> Wish:
    return {
        "diameter_cm": across,
        "height_cm": height,
        "layers": layers,
        "flavour": flavour,
        "filling": filling,
    }


def _sheet(long: float, wide: float, flavour: str, filling: str, height: float = 8) -> Wish:
    sides = {"diameter_cm": None, "length_cm": long, "width_cm": wide, "layers": 2}
    return _tier(0, flavour, filling, height) | sides


def _wish(occasion: str, shape: str, tiers: list[Wish], covering: str, colour: str, **more: Any) -> Wish:
    return {
        "occasion": occasion,
        "shape": shape,
        "tiers": tiers,
        "covering": covering,
        "colour": colour,
    } | more


_ROUND_BIRTHDAY = _wish(
    "birthday", "round", [_tier(20, "walnut", "date_caramel")], "buttercream", "apricot",
    decoration="medium", inscription="Happy 40th Tom", toppings=["walnuts", "figs"], guests=18,
)  # fmt: skip
_WEDDING = _wish(
    "wedding", "round",
    [_tier(30, "vanilla", "raspberry", 12), _tier(22, "lemon", "lemon_curd", 12), _tier(15, "vanilla", "raspberry", 12)],
    "buttercream", "ivory",
    decoration="elaborate", toppings=["flowers"], guests=110, keeps_top_tier=True,
    note="Loose flowers on one side, from the top down to the plate. Blush and cream, no red please.",
)  # fmt: skip
_GRADUATION = _wish(
    "graduation", "square", [_tier(25, "chocolate", "ganache", 9)], "fondant", "sky",
    decoration="simple", inscription="Well done Dr Rahmani", guests=35, budget_cents=20_000,
)  # fmt: skip
_HEART = _wish(
    "engagement", "heart", [_tier(25, "red_velvet", "cream_cheese")], "buttercream", "rose",
    decoration="medium", inscription="Sana & Omid", toppings=["rose_petals"], guests=24,
)  # fmt: skip

ASKED: tuple[Asked, ...] = (
    # Waiting for an answer.
    Asked(
        "wedding", 6, 3, 34, _WEDDING,
        steps=(Step("message", 2.6, "We are happy to come by and taste whenever it suits you."),),
        pictures=("wish-meadow", "wish-cascade", "wish-petals"),
    ),
    Asked(
        "nut-clash", 2, 26, 9,
        _ROUND_BIRTHDAY | {
            "inscription": "Happy 8th Zaki", "colour": "mint", "guests": 16, "allergies": ["nuts"],
            "allergy_note": "Zaki carries an EpiPen. His aunt said your walnut cake is the best, but not for him!",
        },
    ),
    Asked("graduation", 5, 74, 12, _GRADUATION),
    Asked("heart", 23, 0.4, 15, _HEART),
    Asked(
        "baby", 11, 7, 8,
        _wish(
            "baby", "petal", [_tier(22, "pistachio_rose", "fresh_cream")], "naked", "cream",
            decoration="simple", toppings=["flowers", "pistachio"], guests=20,
            note="We do not know yet whether it is a girl or a boy, so no pink and no blue.",
        ),
    ),
    Asked(
        "work", 15, 50, 10,
        _wish(
            "work", "rectangle", [_sheet(45, 30, "carrot", "cream_cheese")], "buttercream", "white",
            decoration="simple", inscription="20 years of Currawong & Co", ink="fig", guests=60,
            diets=["vegetarian"],
        ),
        steps=(
            Step("answer", 30, "Would the company's colours on the writing do, or do you want the logo?"),
            Step("message", 28, "The colours are plenty, thank you."),
        ),
    ),
    Asked(
        "lighter", 0, 120, 13,
        _wish(
            "anniversary", "round",
            [_tier(25, "cardamom_honey", "buttercream"), _tier(15, "cardamom_honey", "buttercream")],
            "fondant", "lavender", decoration="elaborate", toppings=["gold_leaf"], guests=45,
        ),
        steps=(
            Step(
                "changes", 96, "Fondant melts on our terrace in December, and your party is outside.",
                "The same cake in buttercream, which we can keep cool until you carry it out.",
            ),
            Step("resend", 20, changes={"covering": "buttercream", "decoration": "medium"}),
            Step("message", 19.8, "You are right, buttercream is fine. Could the gold stay?"),
        ),
    ),
    # Back with the customer.
    Asked(
        "tower", 9, 60, 20,
        _wish(
            "birthday", "hexagon",
            [_tier(28, "lemon", "raspberry", 14), _tier(26, "lemon", "raspberry", 14)],
            "ganache", "chocolate", decoration="medium", drip="gold", guests=60,
        ),
        steps=(
            Step(
                "changes", 40, "Two tiers of nearly the same width look like a mistake once they are stacked.",
                "28 and 20 cm: it serves 48, and we add a small sheet cake for the rest.",
            ),
        ),
    ),
    # Approved, waiting for money.
    Asked(
        "waiting", 0, 70, 11,
        _wish(
            "birthday", "round", [_tier(25, "chocolate", "raspberry", 12)], "ganache", "chocolate",
            decoration="medium", drip="caramel", toppings=["strawberries", "chocolate"],
            inscription="Mei 30", guests=30,
        ),
        steps=(
            Step(
                "approve", 46, "Strawberries are lovely at the moment. See you on the day!", price_percent=98,
                instructions="Tall board. Strawberries on the morning itself.",
            ),
        ),
    ),
    Asked(
        "soon-over", 12, 100, 14,
        _wish(
            "other", "square", [_tier(20, "date", "date_caramel")], "buttercream", "caramel",
            decoration="simple", toppings=["almonds"], guests=20,
        ),
        steps=(Step("approve", 90, "Happy to make this.", valid_hours=5),),
    ),
    Asked(
        "overridden", 18, 130, 17,
        _wish(
            "eid", "round", [_tier(30, "cardamom_honey", "date_caramel"), _tier(20, "walnut", "buttercream")],
            "buttercream", "saffron", decoration="elaborate", toppings=["figs", "pistachio", "gold_leaf"],
            inscription="Eid Mubarak", guests=70,
        ),
        steps=(
            Step(
                "approve", 110, "We pipe the whole border by hand for this one.", price_percent=121,
                servings_more=-4, override_reason="The border in the picture is five hours of piping, not three.",
                instructions="Book Farid for the piping. Border as in the Noorzai cake of May.", valid_hours=20,
            ),
            Step("extend", 24, valid_hours=120),
        ),
    ),
    # Paid: the kitchen has work.
    Asked(
        "paid-soon", 0, 190, 3,
        _wish(
            "birthday", "round", [_tier(20, "pistachio_rose", "fresh_cream")], "buttercream", "blush",
            decoration="medium", toppings=["rose_petals", "pistachio"], inscription="Tavallodet mobarak",
            guests=16,
        ),
        steps=(Step("approve", 160, "With pleasure."), Step("pay", 150)),
    ),
    Asked(
        "paid-nuts", 4, 220, 4,
        _wish(
            "birthday", "heart", [_tier(20, "vanilla", "raspberry")], "fondant", "raspberry",
            decoration="simple", inscription="Arezo 5", guests=14, allergies=["nuts"],
            allergy_note="Mild, from cashews.",
        ),
        steps=(
            Step("answer", 205, "We bake with nuts in the same kitchen. Is a trace of them a danger?"),
            Step("message", 204, "No, she only must not eat them. Thank you for asking!"),
            Step(
                "approve", 200, "No nuts in it, and made first thing, before the walnut cakes.", servings_more=-1,
                instructions="NUT ALLERGY (mild). Clean bench, first of the day, own spatulas.",
            ),
            Step("pay", 180),
        ),
    ),
    Asked(
        "paid-far", 14, 240, 19,
        _wish(
            "wedding", "square",
            [_tier(30, "lemon", "lemon_curd", 12), _tier(20, "lemon", "lemon_curd", 12)], "buttercream", "white",
            decoration="medium", toppings=["lemon", "flowers"], guests=90,
        ),
        steps=(Step("approve", 200, "A cake for a summer wedding!", price_percent=104), Step("pay", 170)),
    ),
    # Over.
    Asked(
        "unpaid", 20, 300, 6,
        _wish(
            "birthday", "round", [_tier(18, "red_velvet", "cream_cheese")], "buttercream", "raspberry",
            decoration="simple", inscription="Shabnam", guests=10,
        ),
        steps=(Step("approve", 260, "Looking forward to it.", valid_hours=-60), Step("expire", 60)),
    ),
    Asked(
        "too-much", 26, 150, 5,
        _wish(
            "wedding", "round",
            [_tier(40, "vanilla", "buttercream", 15), _tier(32, "vanilla", "buttercream", 15),
             _tier(24, "vanilla", "buttercream", 15), _tier(16, "vanilla", "buttercream", 15)],
            "fondant", "gold", decoration="elaborate", toppings=["gold_leaf", "flowers"], guests=200,
        ),
        steps=(
            Step(
                "reject", 140, "Four gilded tiers in five days would mean somebody else's cake is not ready.",
                "Two tiers in buttercream with a gilded edge, and two sheet cakes cut in the kitchen.",
            ),
        ),
    ),
    Asked(
        "modified", 26, 12, 16,
        _wish(
            "wedding", "round",
            [_tier(32, "vanilla", "buttercream", 12), _tier(22, "vanilla", "buttercream", 12)],
            "buttercream", "gold", decoration="medium", toppings=["gold_leaf"], guests=120,
            note="As you suggested. We moved the party, and the sheet cakes are fine.",
        ),
        copy_of="too-much",
    ),
    Asked(
        "called-off", 33, 90, 21,
        _wish(
            "graduation", "round", [_tier(23, "chocolate", "buttercream")], "glaze", "milk_chocolate",
            decoration="simple", guests=22,
        ),
        steps=(Step("withdraw", 44, "The party is put off until the new year, sorry."),),
    ),
)  # fmt: skip

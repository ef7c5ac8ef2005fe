"""What makes a week unlike another: feasts, seasons and the words people have piped on cakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

#: Orders by month, January first: quiet in the school holidays, loud before Christmas.
MONTHS = (0.86, 0.95, 1.08, 1.00, 1.06, 0.94, 0.92, 0.95, 0.98, 1.00, 1.06, 1.20)
#: Orders by weekday, Monday first.
WEEKDAYS = (0.55, 0.60, 0.72, 0.90, 1.35, 1.75, 1.13)
#: Orders on an ordinary day before any factor; makes about 2,500 a year.
ORDERS_A_DAY = 5.95
#: The shop grows by so much a year.
GROWTH = 0.12
GROWTH_FROM = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """`factor` more orders on the day and the `days_before` it, with some products lifted further."""

    name: str
    dates: tuple[date, ...]
    days_before: int
    factor: float
    lifts: dict[str, float] = field(default_factory=dict)
    messages: tuple[str, ...] = ()


_SWEETS = {
    "eid-sweets-box": 24.0,
    "pistachio-baklava": 3.2,
    "gosh-e-fil": 3.5,
    "jalebi": 2.6,
    "afghan-kulcha": 2.2,
    "rice-flour-kulcha": 1.8,
    "qaimaq-cream-rolls": 2.0,
}

OCCASIONS: tuple[Occasion, ...] = (
    Occasion(
        "Nowruz",
        (date(2025, 3, 20), date(2026, 3, 20), date(2027, 3, 20)),
        6,
        1.7,
        {
            "haft-mewa-box": 16.0,
            "nowruz-haft-mewa-cake": 12.0,
            "rice-flour-kulcha": 4.0,
            "pistachio-baklava": 1.8,
        },
        ("Nowruz Mubarak", "نوروز مبارک", "Happy Nowruz"),
    ),
    Occasion(
        "Eid al-Fitr",
        (date(2025, 3, 31), date(2026, 3, 20), date(2027, 3, 10)),
        4,
        1.9,
        _SWEETS,
        ("Eid Mubarak", "عید مبارک", "Eid Mubarak from us all"),
    ),
    Occasion(
        "Eid al-Adha",
        (date(2025, 6, 6), date(2026, 5, 27), date(2027, 5, 17)),
        4,
        1.7,
        _SWEETS,
        ("Eid Mubarak", "عید مبارک"),
    ),
    Occasion(
        "Mother's Day",
        (date(2025, 5, 11), date(2026, 5, 10), date(2027, 5, 9)),
        2,
        1.9,
        {
            "pistachio-rose-cake": 3.0,
            "strawberry-heart-cake": 3.5,
            "afternoon-tea-box": 5.0,
            "lemon-cake": 1.6,
        },
        ("Love you Mum", "Best Mum ever", "For Madar jan", "Happy Mother's Day"),
    ),
    Occasion(
        "Father's Day",
        (date(2025, 9, 7), date(2026, 9, 6), date(2027, 9, 5)),
        2,
        1.4,
        {"walnut-cake": 1.8, "dark-chocolate-cake": 1.6, "tahini-chocolate-cookies": 1.5},
        ("Best Dad", "For Baba jan", "Happy Father's Day"),
    ),
    Occasion(
        "Valentine's Day",
        (date(2026, 2, 14), date(2027, 2, 14)),
        2,
        1.4,
        {"strawberry-heart-cake": 8.0, "red-velvet-cake": 3.0, "pistachio-rose-tart": 2.2},
        ("Be mine", "Always you"),
    ),
    Occasion(
        "Yalda",
        (date(2025, 12, 21), date(2026, 12, 21)),
        2,
        1.3,
        {"walnut-cake": 1.4, "cardamom-honey-cake": 1.5, "haft-mewa-box": 3.0},
        ("Yalda Mubarak", "شب یلدا مبارک"),
    ),
    Occasion(
        "Christmas",
        (date(2025, 12, 24), date(2026, 12, 24)),
        6,
        1.7,
        {
            "sweets-gift-box": 4.0,
            "afternoon-tea-box": 3.5,
            "cardamom-shortbread": 2.4,
            "white-rose-two-tier": 0.4,
        },
        ("Merry Christmas", "Peace and cake"),
    ),
)

#: Evenings of Ramadan: sweets and bread for iftar.
RAMADAN: tuple[tuple[date, date], ...] = (
    (date(2025, 3, 1), date(2025, 3, 30)),
    (date(2026, 2, 18), date(2026, 3, 19)),
    (date(2027, 2, 8), date(2027, 3, 9)),
)
RAMADAN_LIFTS = {
    "jalebi": 3.0,
    "pistachio-baklava": 1.5,
    "potato-leek-bolani": 1.7,
    "naan-e-tandoori": 1.3,
    "firni": 2.0,
}

NAMES = (
    "Laila",
    "Omid",
    "Zara",
    "Noah",
    "Amina",
    "Jack",
    "Sana",
    "Yusuf",
    "Mia",
    "Farah",
    "Leo",
    "Soraya",
    "Tom",
    "Mariam",
    "Ruby",
    "Elias",
    "Parwana",
    "Grace",
    "Idris",
    "Chloe",
    "Bibi jan",
    "Grandpa",
    "Nana",
    "Auntie Rona",
)
#: Each takes a name, an age and a second name, or leaves them out. All fit into forty characters.
MESSAGES = (
    "Happy Birthday {name}",
    "Happy Birthday {name}",
    "Happy Birthday {name}",
    "Happy {age} {name}",
    "Happy {age} {name}",
    "{name} is {age}!",
    "Tawalodat mubarak {name}",
    "تولدت مبارک",
    "Congratulations {name}",
    "Congratulations {name} & {other}",
    "{name} & {other}",
    "Mubarak {name}",
    "Welcome home {name}",
    "Well done {name}",
    "Good luck {name}",
    "We love you {name}",
    "Happy Anniversary",
    "Finally a doctor, {name}!",
    "Welcome, little one",
)
AGES = (
    "1st",
    "3rd",
    "5th",
    "7th",
    "10th",
    "16th",
    "18th",
    "21st",
    "30th",
    "40th",
    "50th",
    "60th",
    "70th",
    "80th",
)
NOTES = (
    "Please keep the box level, it goes on the train.",
    "My sister will collect it, her name is Hosna.",
    "Could the naan be the last thing you bake for us?",
    "Running ten minutes late is likely, sorry!",
    "Candles please if you have them.",
    "Writing in white if that works with the colour.",
    "One person at the table has a nut allergy, please pack the breads apart.",
    "It is a surprise, please do not ring.",
    "Please slice the sourdough.",
    "Could you write the message in cursive?",
)

"""The shop itself: address, hours, holidays, slots, staff. Street, telephone numbers and people are invented."""

from __future__ import annotations

from datetime import date, time

from bakery.demo.content.types import HoursException, Interval, Shop, SlotPattern, StaffAccount


def _hours(*pairs: str) -> tuple[Interval, ...]:
    """`"07:00-14:00"` and so on."""
    spans = (pair.split("-") for pair in pairs)
    return tuple(Interval(time.fromisoformat(a), time.fromisoformat(b)) for a, b in spans)


_WEEKDAY = _hours("07:00-18:00")
#: Friday closes for Jumu'ah prayer and reopens into the evening.
_FRIDAY = _hours("07:00-12:30", "14:00-20:00")
_SATURDAY = _hours("07:00-18:00")
_SUNDAY = _hours("07:30-12:00", "13:00-16:00")
_SHORT = _hours("08:00-13:00")

#: NSW public holidays, and what the shop does on each. Boxing Day and Australia Day include their extra days.
_EXCEPTIONS = (
    HoursException(date(2025, 12, 24), "Christmas Eve", _hours("06:30-15:00")),
    HoursException(date(2025, 12, 25), "Christmas Day"),
    HoursException(date(2025, 12, 26), "Boxing Day"),
    HoursException(date(2026, 1, 1), "New Year's Day"),
    HoursException(date(2026, 1, 26), "Australia Day", _SHORT),
    HoursException(date(2026, 3, 20), "Eid al-Fitr", _hours("06:00-12:00")),
    HoursException(date(2026, 4, 3), "Good Friday"),
    HoursException(date(2026, 4, 4), "Easter Saturday", _SHORT),
    HoursException(date(2026, 4, 5), "Easter Sunday", _SHORT),
    HoursException(date(2026, 4, 6), "Easter Monday", _SHORT),
    HoursException(date(2026, 4, 25), "Anzac Day", _hours("13:00-18:00")),
    HoursException(date(2026, 4, 27), "Anzac Day (additional day)", _SHORT),
    HoursException(date(2026, 5, 27), "Eid al-Adha", _hours("06:00-12:00")),
    HoursException(date(2026, 6, 8), "King's Birthday", _SHORT),
    HoursException(date(2026, 10, 5), "Labour Day", _SHORT),
    HoursException(date(2026, 12, 24), "Christmas Eve", _hours("06:30-15:00")),
    HoursException(date(2026, 12, 25), "Christmas Day"),
    HoursException(date(2026, 12, 26), "Boxing Day"),
    HoursException(date(2026, 12, 28), "Boxing Day (additional day)", _SHORT),
    HoursException(date(2027, 1, 1), "New Year's Day"),
    HoursException(date(2027, 1, 26), "Australia Day", _SHORT),
    HoursException(date(2027, 3, 10), "Eid al-Fitr", _hours("06:00-12:00")),
    HoursException(date(2027, 3, 26), "Good Friday"),
    HoursException(date(2027, 3, 27), "Easter Saturday", _SHORT),
    HoursException(date(2027, 3, 28), "Easter Sunday", _SHORT),
    HoursException(date(2027, 3, 29), "Easter Monday", _SHORT),
    HoursException(date(2027, 4, 25), "Anzac Day", _hours("13:00-16:00")),
    HoursException(date(2027, 4, 26), "Anzac Day (additional day)", _SHORT),
    HoursException(date(2027, 5, 17), "Eid al-Adha", _hours("06:00-12:00")),
    HoursException(date(2027, 6, 14), "King's Birthday", _SHORT),
    HoursException(date(2027, 10, 4), "Labour Day", _SHORT),
    HoursException(date(2027, 12, 24), "Christmas Eve", _hours("06:30-15:00")),
    HoursException(date(2027, 12, 25), "Christmas Day"),
    HoursException(date(2027, 12, 26), "Boxing Day"),
    HoursException(date(2027, 12, 27), "Christmas Day (additional day)", _SHORT),
    HoursException(date(2027, 12, 28), "Boxing Day (additional day)", _SHORT),
)

SHOP = Shop(
    name="Saffron & Crumb",
    legal_name="Saffron & Crumb Pty Ltd",
    tagline="An Afghan-Australian bakery",
    abn="51 824 753 556",
    street="12 Quince Lane",
    suburb="Auburn",
    state="NSW",
    postcode="2144",
    country="AU",
    latitude=-33.8494,
    longitude=151.0327,
    phone="02 5550 1240",
    mobile="0491 570 156",
    alert_phone="+61491570157",
    email="hello@saffron.test",
    currency="AUD",
    timezone="Australia/Sydney",
    locale="en_AU",
    prices_include_tax=True,
    gst_basis_points=1000,
    hours=(_WEEKDAY, _WEEKDAY, _WEEKDAY, _WEEKDAY, _FRIDAY, _SATURDAY, _SUNDAY),
    exceptions=_EXCEPTIONS,
    slots=SlotPattern(
        every_minutes=30,
        capacity_orders=4,
        capacity_make_minutes=60,
        book_ahead_days=60,
        same_day_cutoff=time(15, 0),
    ),
    about=(
        "Saffron & Crumb began with one tandoor, a father, a daughter and a borrowed dough mixer. Baba Karim "
        "had baked bread in Herat for thirty years; his daughter Zohra had just finished a pastry "
        "apprenticeship in Sydney. The first week they sold naan through a side door on Quince Lane. "
        "The second week somebody asked for a birthday cake.",
        "We still bake that way: bread from a clay oven and cakes from a pastry kitchen, under one roof. "
        "Cardamom is pounded by hand, butter is browned on purpose, and rosewater is used with a light hand. "
        "You will find walnut sponge with date caramel beside croissants laminated for three days, and "
        "sheer chai beside a flat white.",
        "Everything we sell is halal. We use no alcohol, not even in our vanilla, and no gelatine other than "
        "halal beef gelatine where a recipe cannot do without. What goes into each thing we bake is written "
        "on its page.",
    ),
    pickup_instructions=(
        "Come to the blue door on Quince Lane and give your order number at the counter. Ten-minute parking is "
        "right outside; the lane is step-free. Cakes travel best flat on the floor of the car with the "
        "air-conditioning on."
    ),
    allergen_statement=(
        "We bake with wheat, milk, eggs, tree nuts, sesame and soya in one building. Breads are made in "
        "their own room; everything else shares a kitchen. Each product page says what it contains, what it may "
        "contain and what we do not know. If an allergy is severe, please ring us before you order."
    ),
    staff=(
        StaffAccount("owner@saffron.test", "Zohra Karimi", "owner"),
        StaffAccount("manager@saffron.test", "Daniel Osei", "manager"),
        StaffAccount("baker@saffron.test", "Farid Noori", "baker"),
        StaffAccount("counter@saffron.test", "Mina Aslani", "counter"),
    ),
)

"""Invented customers. Mail goes to saffron.test; telephone numbers are in the range reserved for fiction."""

from __future__ import annotations

from bakery.demo.content.types import Customer

#: Full name, suburb; the first come most often. Every name is made up.
_PEOPLE = (
    ("Laila Marwand", "Auburn"),
    ("Tom Bellbird", "Granville"),
    ("Omid Rahmani", "Merrylands"),
    ("Priya Saltbush", "Parramatta"),
    ("Zarghuna Amiri", "Auburn"),
    ("Jack Wattleton", "Lidcombe"),
    ("Soraya Hakimi", "Guildford"),
    ("Mei Lanternhill", "Burwood"),
    ("Yusuf Karaduman", "Auburn"),
    ("Grace Quandong", "Strathfield"),
    ("Farah Noorzai", "Merrylands"),
    ("Elias Fernvale", "Rhodes"),
    ("Mina Sherzad", "Auburn"),
    ("Ruby Ironbark", "Newtown"),
    ("Idris Popal", "Fairfield"),
    ("Chloe Lillypilly", "Homebush"),
    ("Hosna Azizi", "Blacktown"),
    ("Noah Currawong", "Marrickville"),
    ("Parwana Stanekzai", "Auburn"),
    ("Leo Paperbark", "Concord"),
    ("Shabnam Wardak", "Granville"),
    ("Amelia Bottlebrush", "Ashfield"),
    ("Karim Zaland", "Merrylands"),
    ("Sana Habibi", "Lidcombe"),
    ("Oliver Kurrajong", "Leichhardt"),
    ("Mariam Tokhi", "Auburn"),
    ("Isla Banksia", "Dulwich Hill"),
    ("Hamid Sultani", "Guildford"),
    ("Anjali Peppercorn", "Westmead"),
    ("Nadia Faizi", "Parramatta"),
    ("Ben Stringybark", "Croydon"),
    ("Rona Barakzai", "Auburn"),
    ("Lucia Montefig", "Five Dock"),
    ("Tariq Ludin", "Bankstown"),
    ("Hannah Warrigal", "Summer Hill"),
    ("Wahid Sarwari", "Merrylands"),
    ("Kiri Tussock", "Strathfield"),
    ("Zohal Mangal", "Auburn"),
    ("Daniel Coolabah", "Petersham"),
    ("Freshta Omari", "Granville"),
    ("Sophie Boronia", "Drummoyne"),
    ("Nasim Darwish", "Lakemba"),
    ("Ella Snowgum", "Haberfield"),
    ("Rafi Andarabi", "Auburn"),
    ("Thi Lotusfield", "Cabramatta"),
    ("Malalai Yusufzai", "Merrylands"),
    ("Harry Saltmarsh", "Burwood"),
    ("Gul Ahmadzai", "Regents Park"),
    ("Zoe Grevillea", "Stanmore"),
    ("Bashir Nuristani", "Auburn"),
    ("Emily Casuarina", "Lewisham"),
    ("Latifa Ghori", "Fairfield"),
    ("Marco Olivastro", "Haberfield"),
    ("Arezo Samadi", "Lidcombe"),
    ("Will Tallowwood", "Ryde"),
    ("Shukria Daoudi", "Guildford"),
    ("Kate Mulga", "Enmore"),
    ("Jawad Mohseni", "Auburn"),
    ("Ines Jacaranda", "Ashfield"),
    ("Fatima Rezayee", "Merrylands"),
)
_REGISTERED = 26


def _customer(index: int, name: str, suburb: str) -> Customer:
    mail = "customer" if index == 0 else name.lower().replace(" ", ".")
    registered = index < _REGISTERED
    return Customer(
        name=name,
        email=f"{mail}@saffron.test",
        phone=f"+614915701{index + 10:02d}",
        suburb=suburb,
        registered=registered,
        marketing_email=index % 3 == 0,
        marketing_sms=index % 7 == 0,
    )


CUSTOMERS: tuple[Customer, ...] = tuple(
    _customer(i, name, suburb) for i, (name, suburb) in enumerate(_PEOPLE)
)

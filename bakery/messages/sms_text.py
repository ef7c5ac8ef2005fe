"""How a text travels as SMS: its alphabet, how many parts it takes, and the plainest honest wording."""

from __future__ import annotations

import math
from dataclasses import dataclass

# The phone alphabet (GSM 03.38); the second row costs two units a letter.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
# Typography that says the same in the phone alphabet. Letters of a language are never replaced.
_PLAIN = str.maketrans(
    {
        "″": '"',
        "′": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "…": "...",
        "×": "x",
        "\u00a0": " ",
        "\u202f": " ",
        "•": "-",
    }
)
LONGEST = 1600


def is_plain(text: str) -> bool:
    """Whether the phone alphabet holds every letter."""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def parts(text: str) -> int:
    """How many SMS the network charges: 160 (153 joined) plain units, or 70 (67) of UTF-16."""
    if is_plain(text):
        units, single, joined = sum(2 if letter in _EXTENDED else 1 for letter in text), 160, 153
    else:
        units, single, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if units <= single else math.ceil(units / joined)


def thrifty(text: str) -> str:
    """The text as written, unless plain typography saves parts. What a customer wrote keeps its letters."""
    plain = text.translate(_PLAIN)
    return plain if parts(plain) < parts(text) else text


@dataclass(frozen=True)
class Cake:
    """One line for the baker's eyes."""

    quantity: int
    size: str
    name: str
    inscription: str

    def __str__(self) -> str:
        count = f"{self.quantity}x " if self.quantity > 1 else ""
        size = self.size.partition(" (")[0]
        name = self.name.removesuffix(" Cake").removesuffix(" Celebration")
        words = " / ".join(self.inscription.split("\n"))
        return f"{count}{size} {name}" + (f" '{words}'" if words else "")


def cake_alert(number: str, cakes: list[Cake], when: str, *, longest: int = LONGEST) -> str:
    """`CAKE #SC-7K3M-Q9 8″ Walnut 'Happy 40th Laila' Sat 14:00`.

    Cakes that do not fit are counted, so that nobody takes half a list for the whole: an inscription is
    there in full or not at all.
    """
    for shown in range(len(cakes), -1, -1):
        left = len(cakes) - shown
        rest = [f"+{left} more: see the order"] if left else []
        text = f"CAKE #{number} {'; '.join([*map(str, cakes[:shown]), *rest])} {when}"
        if len(text) <= longest:
            break
    return thrifty(text)

"""What may be written on a cake: letters that a hand can pipe, counted as people count them."""

from __future__ import annotations

import unicodedata

import regex

from bakery.core.errors import Invalid

# What the column holds. Nobody reaches it with sane graphemes; a stack of accents does.
MAX_CODE_POINTS = 400
# A letter and a few marks (Vietnamese and vocalised Persian need three), not a tower of them.
MAX_MARKS = 4
# Persian and Dari words need the joiners; other invisible characters only hide things.
_JOINERS = "\u200c\u200d"
_SPACES = regex.compile(r"[^\S\r\n\u0085\u2028\u2029\x0b\x0c\x1c-\x1f]+")
_INVISIBLE = regex.compile(rf"[[\p{{C}}\p{{Zl}}\p{{Zp}}]--[{_JOINERS}]]", regex.V1)
# Hearts and stars can be piped; they count as pictures in Unicode only because phones draw them so.
_PICTURES = regex.compile(
    r"[[\p{Emoji_Presentation}\p{Extended_Pictographic}\p{Regional_Indicator}\uFE0F\u20E3]--[♥♡★☆©®™]]",
    regex.V1,
)
# Phones send their heart as "heart, drawn as a picture".
_DRAWN = regex.compile(r"([♥★])\uFE0F")
_TOWER = regex.compile(rf"\p{{M}}{{{MAX_MARKS + 1},}}")
_GRAPHEME = regex.compile(r"\X")


def count_graphemes(text: str) -> int:
    """How many characters a person sees."""
    return len(_GRAPHEME.findall(text))


def clean_message(raw: str, limit: int) -> str:
    """The message as it will be piped: one line, single spaces, NFC; "" when there is none.

    Refuses, naming the field `message`: more than `limit` characters as people count them, any message
    where `limit` is 0, line breaks, control and other invisible characters, emoji, towers of accents.
    """
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", _DRAWN.sub(r"\1", raw))).strip(" ")
    if not text:
        return ""
    if limit == 0:
        raise _refused("This takes no message.")
    if "\n" in text or "\r" in text:
        raise _refused("The message has to fit on one line.")
    if _INVISIBLE.search(text):
        raise _refused("The message contains a character that cannot be printed. Please type it again.")
    if _PICTURES.search(text):
        raise _refused("We pipe letters, numbers, punctuation, ♥ and ★, but no emoji.")
    if _TOWER.search(text):
        raise _refused("The message stacks more accents on a letter than we can pipe.")
    length = count_graphemes(text)
    if length > limit or len(text) > MAX_CODE_POINTS:
        raise _refused(f"The message may have up to {limit} characters; this one has {length}.")
    return text


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, field="message")

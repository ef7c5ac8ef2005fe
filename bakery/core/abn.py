"""Australian Business Numbers: eleven digits of which the first two check the rest."""

from __future__ import annotations

_WEIGHTS = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
_MODULUS = 89


def parse_abn(text: str) -> str | None:
    """The eleven digits of an ABN as people write it (with spaces, or dashes between); None for what cannot be one."""
    digits = "".join(character for character in text if character not in " \u00a0-\u2011")
    if len(digits) != 11 or not digits.isascii() or not digits.isdigit():
        return None
    # The tax office's rule: one off the first digit, then the weighted sum divides by 89.
    values = [int(digit) for digit in digits]
    values[0] -= 1
    total = sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=True))
    return digits if total % _MODULUS == 0 else None


def format_abn(abn: str) -> str:
    """`51 824 753 556`; anything but eleven digits as it is."""
    if len(abn) != 11 or not abn.isdigit():
        return abn
    return f"{abn[:2]} {abn[2:5]} {abn[5:8]} {abn[8:]}"

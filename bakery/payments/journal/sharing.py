"""How an amount that takes back a part of a sale is shared among its tax classes: to the cent, also in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from bakery.core.money import round_half_up

# By tax class: (without tax, tax).
Shares = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Credit:
    """One amount taken off a sale (negative: put back), in the order of its time.

    `undoes` names the credit whose shares it takes back; `known` are shares that somebody decided, line by line.
    """

    name: str
    cents: int
    undoes: str = ""
    known: Shares | None = None


def share_credits(sale: Shares, credits: Iterable[Credit]) -> dict[str, Shares]:
    """Each credit's shares, by its name.

    What somebody decided line by line stands on a credit note, so it comes off first. A credit nobody decided on
    takes from every class in proportion to what is left of it then, so that all credits together never take more
    of a class than was sold in it, and the last one takes exactly the rest.
    """
    left = {code: [net, tax] for code, (net, tax) in sale.items()}
    found: dict[str, Shares] = {}
    # Among themselves, the decided and the others stay in the order of their time.
    for credit in sorted(credits, key=lambda credit: credit.known is None):
        if credit.known is not None:
            shares: Shares = dict(credit.known)
        elif credit.undoes in found:
            shares = {code: (-net, -tax) for code, (net, tax) in found[credit.undoes].items()}
        else:
            shares = _in_proportion(left, credit.cents)
        found[credit.name] = shares
        for code, (net, tax) in shares.items():
            rest = left.setdefault(code, [0, 0])
            rest[0], rest[1] = rest[0] - net, rest[1] - tax
    return found


def _in_proportion(left: Mapping[str, list[int]], cents: int) -> Shares:
    """An amount's shares of what is left. What is more than all of it has no tax in it."""
    gross = {code: max(0, net + tax) for code, (net, tax) in left.items()}
    total = sum(gross.values())
    if not 0 < cents < total:
        return _whole(left, cents, total)
    # The largest remainders get the cents that rounding down leaves over.
    exact = {code: Fraction(cents * part, total) for code, part in gross.items()}
    parts = {code: int(share) for code, share in exact.items()}
    by_remainder = sorted(exact, key=lambda code: (parts[code] - exact[code], code))
    for code in by_remainder[: cents - sum(parts.values())]:
        parts[code] += 1
    shares = {}
    for code, part in parts.items():
        if part:
            _, tax = left[code]
            of_it = tax if part == gross[code] else round_half_up(Fraction(tax * part, gross[code]))
            shares[code] = (part - of_it, of_it)
    return shares


def _whole(left: Mapping[str, list[int]], cents: int, total: int) -> Shares:
    """All that is left; or an amount outside of it, which then has no tax."""
    if cents <= 0 or total == 0:
        return {next(iter(left), ""): (cents, 0)}
    shares = {code: (net, tax) for code, (net, tax) in left.items() if net + tax > 0}
    if cents > total:
        code = next(iter(shares))
        net, tax = shares[code]
        shares[code] = (net + cents - total, tax)
    return shares

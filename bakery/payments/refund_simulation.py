"""What a refund would do, to the cent, before anybody does it. What was shown and what is done are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from bakery.core.errors import Conflict, Invalid
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.payments.refund_standing import Line, Purse, Standing
from bakery.payments.refund_states import RefundKind, Tender
from bakery.pricing import refunds
from bakery.pricing.cancellation import given_back, percent_of
from bakery.pricing.refunds import Given, GivenRate


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to go back: `units` by order line, or an amount. A cancellation without one goes by its policy.

    `restock`: what came off a shelf goes back on it.
    """

    kind: RefundKind
    units: Mapping[int, int] = field(default_factory=dict)
    amount_cents: int | None = None
    restock: bool = False


@dataclass(frozen=True, slots=True)
class LineBack:
    """What goes back of one line, with the tax in it; `to_shelf` of its units can be sold again."""

    order_line_id: int
    name: str
    size: str
    variant_id: int | None
    units: int
    cents: int
    tax_cents: int
    discount_cents: int
    to_shelf: int = 0


@dataclass(frozen=True, slots=True)
class PartBack:
    """What goes back one way. `fee_cents`: what Stripe has taken of that payment and keeps, where it is known."""

    tender: Tender
    payment_id: int | None
    kind: str
    cents: int
    fee_cents: int | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything that a refund does. Points and coupons do not exist in this shop yet, so it touches none."""

    kind: RefundKind
    currency: str
    amount_cents: int
    tax_cents: int
    lines: tuple[LineBack, ...]
    rates: tuple[GivenRate, ...]
    parts: tuple[PartBack, ...]
    restock: bool
    slot_freed: bool
    needs_second: bool
    left_cents: int

    @property
    def fingerprint(self) -> str:
        """Equal figures have equal fingerprints. What Stripe keeps is left out: it is entered minutes after a payment,
        and changes nothing of what is given back.
        """
        figures = asdict(self)
        for part in figures["parts"]:
            del part["fee_cents"]
        text = json.dumps(figures, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)

    @property
    def fees_cents(self) -> int | None:
        """What Stripe keeps of the fees for these payments; None where the ledger does not know it yet."""
        fees = [part.fee_cents for part in self.parts if part.tender == Tender.STRIPE]
        known = [fee for fee in fees if fee is not None]
        return sum(known) if len(known) == len(fees) else None


class NothingLeft(Conflict):
    """All that was paid has gone back, is on its way, or was taken in a dispute."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing is left to give back of this order: what was paid has gone back, is on its way, or is with the "
            "bank in a dispute."
        )


def simulate(standing: Standing, choice: Choice) -> Simulation:
    """What giving that back would do. Refuses what cannot be, in a sentence (Invalid, NothingLeft)."""
    if standing.available_cents <= 0:
        raise NothingLeft
    given = _given(standing, choice)
    cents = sum(part.cents for part in given)
    if cents > standing.available_cents:
        raise Invalid(_too_much(standing, choice, cents), field=_field(choice))
    if cents <= 0:
        raise Invalid("That cost nothing, so there is nothing to give back for it.", field=_field(choice))
    return Simulation(
        kind=choice.kind,
        currency=standing.currency,
        amount_cents=cents,
        tax_cents=sum(part.tax_cents for part in given),
        lines=_lines(standing, choice, given),
        rates=refunds.by_rate([line.sold for line in standing.lines], given),
        parts=split(cents, standing.purses),
        restock=choice.restock,
        slot_freed=choice.kind == RefundKind.CANCELLATION and not standing.over,
        needs_second=cents + standing.alone_cents > standing.limit_cents,
        left_cents=standing.available_cents - cents,
    )


def by_policy(standing: Standing) -> int | None:
    """What the promise made with the order gives back of what is paid, in cents; None where nothing was promised."""
    if standing.tiers is None:
        return None
    return given_back(
        standing.available_cents, standing.tiers, standing.pickup_on, standing.today, standing.kept_cents
    )


def policy_percent(standing: Standing) -> int | None:
    """The promise's share of today, in hundredths."""
    return None if standing.tiers is None else percent_of(standing.tiers, standing.pickup_on, standing.today)


def split(cents: int, purses: Sequence[Purse]) -> tuple[PartBack, ...]:
    """An amount over the ways it was paid, each giving all it has before the next."""
    parts, rest = [], cents
    for purse in purses:
        part = min(rest, purse.left_cents)
        if part > 0:
            parts.append(PartBack(purse.tender, purse.payment_id, purse.kind, part, purse.fee_cents))
            rest -= part
    if rest:
        raise ValueError("more than the purses have")
    return tuple(parts)


def _given(standing: Standing, choice: Choice) -> tuple[Given, ...]:
    sold = [line.sold for line in standing.lines]
    if choice.kind == RefundKind.LINES:
        return _by_units(standing.lines, choice.units)
    cents = standing.available_cents
    if choice.kind != RefundKind.ALL:
        cents = _amount(standing, choice)
    # The whole of it takes the units along, and every last cent.
    if cents == sum(line.left_cents for line in sold):
        return refunds.give_rest(sold)
    return refunds.give_amount(sold, cents)


def _by_units(lines: Sequence[Line], units: Mapping[int, int]) -> tuple[Given, ...]:
    known = {line.sold.key: line for line in lines}
    if set(units) - set(known):
        raise Invalid("That is not on this order.", field="lines")
    wanted = {key: count for key, count in units.items() if count}
    if not wanted:
        raise Invalid("Choose at least one thing to give back.", field="lines")
    for key, count in wanted.items():
        line = known[key]
        if not 0 < count <= line.sold.left_units:
            left = line.sold.left_units
            raise Invalid(
                f"{left or 'None'} of {line.name} can go back; you wrote {count:,}.", field=f"line-{key}"
            )
    return tuple(
        refunds.give_units(line.sold, wanted[line.sold.key]) for line in lines if line.sold.key in wanted
    )


def _amount(standing: Standing, choice: Choice) -> int:
    cents = choice.amount_cents
    if cents is None and choice.kind == RefundKind.CANCELLATION:
        cents = by_policy(standing)
        if cents is None:
            raise Invalid("Nothing was promised with this order: say how much comes back.", field="amount")
    if cents is None or cents <= 0:
        raise Invalid("Write an amount above zero.", field="amount")
    if cents > standing.available_cents:
        raise Invalid(_too_much(standing, choice, cents), field="amount")
    return cents


def _too_much(standing: Standing, choice: Choice, cents: int) -> str:
    most = money(standing.available)
    if choice.kind == RefundKind.LINES:
        return (
            f"These cost {money(Money(cents, standing.currency))}, and of this order {most} is paid and not given "
            "back. Give back an amount instead."
        )
    return f"At most {most} can go back: it is what was paid, less what went back or is on its way."


def _field(choice: Choice) -> str:
    return "lines" if choice.kind == RefundKind.LINES else "amount"


def _lines(standing: Standing, choice: Choice, given: Sequence[Given]) -> tuple[LineBack, ...]:
    known, shelf = {line.sold.key: line for line in standing.lines}, dict[int, int]()
    found = []
    for part in given:
        line = known[part.key]
        to_shelf = 0
        if choice.restock and line.variant_id is not None:
            # Two lines of one variant (with different messages) share what came off its shelf.
            left = shelf.setdefault(line.variant_id, line.off_shelf)
            to_shelf = min(part.units, left)
            shelf[line.variant_id] = left - to_shelf
        found.append(
            LineBack(
                order_line_id=part.key,
                name=line.name,
                size=line.size,
                variant_id=line.variant_id,
                units=part.units,
                cents=part.cents,
                tax_cents=part.tax_cents,
                discount_cents=part.discount_cents,
                to_shelf=to_shelf,
            )
        )
    return tuple(found)

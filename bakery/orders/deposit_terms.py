"""What an order asks first, until when the rest is due, and what is not given back: agreed on when it is placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.formats import date_long, money
from bakery.pricing.cancellation import Tiers, tiers_of
from bakery.pricing.deposit import Large, Part, Rule, deposit_of, kept_of, rule_of
from bakery.pricing.totals import Totals
from bakery.scheduling.queries import due_before


class Ruled(Protocol):
    """What a line's product says of deposits: one of both, or neither."""

    @property
    def deposit_percent(self) -> int | None: ...
    @property
    def deposit_cents(self) -> int | None: ...


class Shop(Protocol):
    """What the shop says of deposits."""

    @property
    def deposit_percent(self) -> int: ...
    @property
    def deposit_from_cents(self) -> int: ...
    @property
    def deposit_from_percent(self) -> int: ...
    @property
    def deposit_kept_percent(self) -> int: ...
    @property
    def balance_due_days(self) -> int: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """A deposit, what of it is kept when the order is cancelled, and the last second for the rest.

    Without a deposit nothing is said of the rest: all is paid at once.
    """

    deposit_cents: int = 0
    kept_cents: int = 0
    due_at: datetime | None = None


EVERYTHING = Terms()


def parts_of(totals: Totals, products: Sequence[Ruled]) -> list[Part]:
    """The priced lines with their products' rules, each with the tax that is paid for it."""
    return [
        Part(
            priced.total_cents + (0 if totals.include_tax else priced.tax_cents),
            priced.line.quantity,
            rule_of(product.deposit_percent, product.deposit_cents),
        )
        for priced, product in zip(totals.lines, products, strict=True)
    ]


def for_one_customer(total_cents: int, shop: Shop) -> list[Part]:
    """What is made for one customer, under the shop's rule for custom cakes."""
    return [Part(total_cents, 1, rule_of(shop.deposit_percent))]


def deposit_asked(parts: Sequence[Part], shop: Shop) -> int:
    """The deposit by the rules alone, however near the pickup is; 0: all is paid at once."""
    return deposit_of(parts, Large(shop.deposit_from_cents, shop.deposit_from_percent))


def agree(session: Session, parts: Sequence[Part], shop: Shop, pickup_at: datetime) -> Terms:
    """What an order of these parts asks that is placed now: everything at once where the rest would be due today."""
    deposit = deposit_asked(parts, shop)
    if not deposit:
        return EVERYTHING
    due_at = due_before(session, pickup_at, shop.balance_due_days)
    if local_date(due_at, shop.time_zone) <= clock.today(shop.time_zone):
        return EVERYTHING
    return Terms(deposit, kept_of(deposit, shop.deposit_kept_percent), due_at)


def by_hand(session: Session, total_cents: int, rule: Rule, shop: Shop, pickup_at: datetime) -> Terms:
    """What staff ask of one order: where its rest would be due by now, it is due at the pickup instead.

    Everything, where the pickup is today, or a part would be too small to be paid by card.
    """
    deposit = deposit_of([Part(total_cents, 1, rule)])
    today = clock.today(shop.time_zone)
    due_at = due_before(session, pickup_at, shop.balance_due_days)
    if local_date(due_at, shop.time_zone) <= today:
        due_at = pickup_at
    if not deposit or local_date(due_at, shop.time_zone) <= today:
        return EVERYTHING
    return Terms(deposit, kept_of(deposit, shop.deposit_kept_percent), due_at)


def columns(terms: Terms, total: Money, zone: str, tiers: Tiers | None) -> dict[str, Any]:
    """The terms as an order keeps them, with the words in which they are said."""
    return {
        "deposit_cents": terms.deposit_cents,
        "deposit_kept_cents": terms.kept_cents,
        "deposit_wording": wording(terms, total, zone, tiers),
        "balance_due_at": terms.due_at,
    }


def promised(snapshot: Mapping[str, Any]) -> Tiers | None:
    """What was promised with an order to who cancels; None where nothing was, as before there were such promises."""
    found = snapshot.get("cancellation") or {}
    return tiers_of(found["tiers"]) if "tiers" in found else None


def wording(terms: Terms, total: Money, zone: str, tiers: Tiers | None) -> str:
    """The terms in the words that a customer reads before paying; empty where all is paid at once. `tiers`: what is
    promised to who cancels.
    """
    if not terms.deposit_cents or terms.due_at is None:
        return ""
    deposit = Money(terms.deposit_cents, total.currency)
    kept = Money(terms.kept_cents, total.currency)
    return (
        f"You pay {money(deposit)} now as a deposit, and the remaining {money(total - deposit)} by "
        f"{date_long(local_date(terms.due_at, zone))}. {kept_words(deposit, kept, tiers)}"
    )


def kept_words(deposit: Money, kept: Money, tiers: Tiers | None) -> str:
    """What happens to a deposit when its order is cancelled, by its customer or because its rest is not paid: it
    promises no more than the tiers, which may give nothing back near the pickup.
    """
    if not kept.cents:
        return f"If the rest is not paid in time, the order may be cancelled.{_tier_words(tiers, '')}"
    what = "the deposit" if kept == deposit else f"{money(kept)} of the deposit"
    return (
        f"If you cancel, or the rest is not paid in time and the order is cancelled, {what} is not given back."
        f"{_tier_words(tiers, ' (never that part)')}"
    )


def _tier_words(tiers: Tiers | None, but: str) -> str:
    if tiers is None:
        return ""
    if not any(tier.percent for tier in tiers):
        return " By the cancellation terms nothing of what you paid comes back."
    said = [
        f"{'all' if tier.percent == 100 else f'{tier.percent} %'} until {_before(tier.days, first=not index)}"
        for index, tier in enumerate(tiers)
        if tier.percent
    ]
    return f" By the cancellation terms, of what you paid comes back{but}: {', '.join(said)}, nothing after."


def _before(days: int, *, first: bool) -> str:
    if not days:
        return "the day of the pickup"
    return f"{days} day{'' if days == 1 else 's'} before{' the pickup' if first else ''}"


def local_date(at: datetime, zone: str) -> date:
    """The date on a clock of that zone."""
    return at.astimezone(ZoneInfo(zone)).date()

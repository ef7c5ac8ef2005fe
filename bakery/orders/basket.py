"""A cart's lines as they stand now: what placing an order reads, checks, prices and asks the calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.core.errors import Invalid
from bakery.orders.cart_message import clean_message
from bakery.orders.cart_queries import is_on_sale, season_of
from bakery.orders.errors import NotOrderable
from bakery.orders.models import Cart, CartLine
from bakery.pricing.totals import PriceLine
from bakery.scheduling.types import Need, Season
from bakery.shop.models import TaxRate


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A cart line with the rows it sells."""

    variant: Variant
    product: Product
    rate: TaxRate
    quantity: int
    message: str
    seen_price_cents: int

    @property
    def name(self) -> str:
        return f"{self.product.name}, {self.variant.name}"

    @property
    def product_name(self) -> str:
        return self.product.name

    @property
    def lead_time_hours(self) -> int:
        return self.variant.lead_time_hours

    @property
    def work_minutes(self) -> int:
        """The work of the whole line."""
        return self.variant.make_minutes * self.quantity

    @property
    def season(self) -> Season | None:
        product = self.product
        return season_of(product.name, product.season_name, product.season_from, product.season_to)

    @property
    def price_line(self) -> PriceLine:
        return PriceLine(
            self.variant.price_cents, self.quantity, self.rate.code, self.rate.name, self.rate.rate_bp
        )


def read_basket(session: Session, cart: Cart) -> list[BasketLine]:
    """The cart's lines, read fresh in one query."""
    rows = session.execute(
        select(CartLine, Variant, Product, TaxRate)
        .join(Variant, Variant.id == CartLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(TaxRate, TaxRate.code == Product.tax_code)
        .where(CartLine.cart_id == cart.id)
        .order_by(CartLine.id)
        .execution_options(populate_existing=True)
    )
    return [
        BasketLine(variant, product, rate, line.quantity, line.message, line.seen_price_cents)
        for line, variant, product, rate in rows
    ]


def check_basket(lines: Sequence[BasketLine], now: datetime, zone: str) -> None:
    """Refuse lines that are off the menu, too many, or carry words that cannot be piped; all at once."""
    counts: Counter[int] = Counter()
    for line in lines:
        counts[line.variant.id] += line.quantity
    problems: dict[str, None] = {}
    for line in lines:
        problem = _problem(line, counts[line.variant.id], now, zone)
        if problem:
            problems[problem] = None
    if problems:
        raise NotOrderable(list(problems))


class Asked(Protocol):
    """What a line asks of the kitchen: a cart's line as a page shows it, or one that is being ordered."""

    @property
    def product_name(self) -> str: ...
    @property
    def lead_time_hours(self) -> int: ...
    @property
    def work_minutes(self) -> int: ...
    @property
    def season(self) -> Season | None: ...


def need_of(lines: Sequence[Asked]) -> Need:
    """What lines ask of one pickup slot together: the longest lead time, all their work, every season.

    No lines ask for nothing. The same lines in another order are the same need.
    """
    slowest = max(lines, key=lambda line: (line.lead_time_hours, line.product_name), default=None)
    seasons = {line.season for line in lines if line.season}
    return Need(
        lead_time_hours=slowest.lead_time_hours if slowest else 0,
        make_minutes=sum(line.work_minutes for line in lines),
        forced_by=slowest.product_name if slowest and slowest.lead_time_hours else "",
        seasons=tuple(sorted(seasons, key=lambda season: season.label)),
    )


def quantities(lines: Iterable[BasketLine]) -> dict[int, int]:
    """Units by variant: lines that differ in their message only draw on one level."""
    counts: Counter[int] = Counter()
    for line in lines:
        counts[line.variant.id] += line.quantity
    return dict(counts)


def _problem(line: BasketLine, count: int, now: datetime, zone: str) -> str:
    if not is_on_sale(line.product, line.variant, now, zone):
        return f"{line.name} is not on sale at the moment."
    if count > line.variant.max_per_order:
        return f"{line.name}: up to {line.variant.max_per_order} in one order, please."
    try:
        clean_message(line.message, line.product.message_max)
    except Invalid as refused:
        return f"{line.name}: {refused.message}"
    return ""

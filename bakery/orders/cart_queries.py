"""What a cart holds, as it stands today: one query however many lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from bakery.catalog.models import Picture, Product, ProductAllergen, Variant
from bakery.catalog.pictures import PictureView, picture_view
from bakery.catalog.season import in_season
from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.orders.cart_message import clean_message
from bakery.orders.cart_owner import CartOwner
from bakery.orders.models import Cart, CartLine
from bakery.scheduling.types import Season
from bakery.shop.models import TaxRate
from bakery.shop.queries import Profile, get_profile
from bakery.stock.models import StockLevel


@dataclass(frozen=True, slots=True)
class LineView:
    """One line with today's price and what of it can be had. `allowed` is how many of the wanted ones."""

    id: int
    product_id: int
    variant_id: int
    slug: str
    product_name: str
    variant_name: str
    quantity: int
    message: str
    message_max: int
    unit: Money
    seen: Money
    tax_code: str
    tax_name: str
    tax_rate_bp: int
    make_minutes: int
    lead_time_hours: int
    max_per_order: int
    is_cake: bool
    season_name: str
    season_from: str | None
    season_to: str | None
    picture: PictureView | None
    deposit_percent: int | None
    deposit_cents: int | None
    on_sale: bool
    allowed: int

    @property
    def total(self) -> Money:
        return self.unit * self.quantity

    @property
    def work_minutes(self) -> int:
        """The work of the whole line."""
        return self.make_minutes * self.quantity

    @property
    def season(self) -> Season | None:
        return season_of(self.product_name, self.season_name, self.season_from, self.season_to)

    @property
    def price_changed(self) -> bool:
        return self.seen != self.unit

    @property
    def problem(self) -> str:
        """Why it cannot be ordered as it is: "gone", "short", "words", or "" when it can."""
        if not self.on_sale:
            return "gone"
        if self.allowed < self.quantity:
            return "short"
        try:
            clean_message(self.message, self.message_max)
        except Invalid:
            return "words"
        return ""


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as a page shows it. Without an id it is empty and nobody's yet."""

    currency: str
    prices_include_tax: bool
    id: int | None = None
    checkout_key: str = ""
    lines: list[LineView] = field(default_factory=list)

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def for_sale(self) -> list[LineView]:
        """The lines that could be ordered: what is no longer sold costs nothing and asks for no time."""
        return [line for line in self.lines if line.on_sale]

    @property
    def orderable(self) -> bool:
        """Whether it can go to the checkout without a question."""
        return bool(self.lines) and not any(line.problem or line.price_changed for line in self.lines)

    @property
    def price_changed(self) -> bool:
        return any(line.price_changed for line in self.lines if line.on_sale)


def count_units(session: Session, owner: CartOwner) -> int:
    """How many things the cart holds, for the badge. Asks nothing for somebody who has no cart."""
    if not owner.exists:
        return 0
    total = select(func.coalesce(func.sum(CartLine.quantity), 0)).join(Cart).where(owner.owns())
    return session.scalar(total) or 0


def has_cart(session: Session, owner: CartOwner) -> bool:
    """Whether this owner's cart exists."""
    return owner.exists and session.scalar(select(Cart.id).where(owner.owns())) is not None


def load_cart(session: Session, owner: CartOwner) -> CartView:
    """The owner's cart with names, today's prices, tax, pictures and what is still to be had."""
    shop = get_profile(session)
    empty = CartView(shop.currency, shop.prices_include_tax)
    if not owner.exists:
        return empty
    rows = _rows(session, owner)
    if not rows:
        return empty
    return CartView(
        currency=shop.currency,
        prices_include_tax=shop.prices_include_tax,
        id=rows[0].cart_id,
        checkout_key=rows[0].checkout_key,
        lines=_views(rows, shop),
    )


def declared_allergens(session: Session, product_ids: set[int]) -> dict[int, list[tuple[str, str, str]]]:
    """(allergen, state, species) triples by product. One that is not declared is unknown: see storefront."""
    found: dict[int, list[tuple[str, str, str]]] = {product_id: [] for product_id in product_ids}
    query = select(ProductAllergen).where(ProductAllergen.product_id.in_(product_ids))
    for row in session.scalars(query):
        found[row.product_id].append((row.allergen, row.state, row.note))
    return found


def season_of(product: str, name: str, first: str | None, last: str | None) -> Season | None:
    """When a product is sold; None when that is all year round."""
    return Season(product, name, first, last) if first and last else None


def is_on_sale(product: Product, variant: Variant, now: datetime, zone: str) -> bool:
    """Published, active and in season: whether a customer may buy it now."""
    return _on_sale(product, variant.active, now, clock.today(zone))


def _on_sale(row: Any, active: bool, now: datetime, today: date) -> bool:
    published = row.published_at is not None and row.published_at <= now
    return published and active and in_season(today, row.season_from, row.season_to)


def _lines() -> Select[Any]:
    picture = (
        select(Picture.key, Picture.alt, Picture.widths, Picture.ratio_permille)
        .where(Picture.product_id == Product.id)
        .order_by(Picture.position, Picture.id)
        .limit(1)
        .lateral("picture")
    )
    query = (
        select(
            Cart.id.label("cart_id"),
            Cart.checkout_key,
            CartLine.id,
            CartLine.quantity,
            CartLine.message,
            CartLine.seen_price_cents,
            Variant.id.label("variant_id"),
            Variant.name.label("variant_name"),
            Variant.price_cents,
            Variant.active,
            Variant.make_minutes,
            Variant.lead_time_hours,
            Variant.max_per_order,
            Product.id.label("product_id"),
            Product.slug,
            Product.name.label("product_name"),
            Product.message_max,
            Product.is_cake,
            Product.published_at,
            Product.season_name,
            Product.season_from,
            Product.season_to,
            Product.deposit_percent,
            Product.deposit_cents,
            TaxRate.code.label("tax_code"),
            TaxRate.name.label("tax_name"),
            TaxRate.rate_bp,
            (StockLevel.on_hand - StockLevel.reserved).label("available"),
            picture.c.key.label("picture_key"),
            picture.c.alt,
            picture.c.widths,
            picture.c.ratio_permille,
        )
        .select_from(Cart)
        .join(CartLine, CartLine.cart_id == Cart.id)
        .join(Variant, Variant.id == CartLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(TaxRate, TaxRate.code == Product.tax_code)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(picture, picture.c.key.is_not(None))
        .order_by(CartLine.id)
    )
    return cast("Select[Any]", query)


# Built once: putting the statement together costs more than running it.
_LINES_OF_PERSON = _lines().where(Cart.user_id == bindparam("owner"))
_LINES_OF_BROWSER = _lines().where(Cart.token_digest == bindparam("owner"))


def _rows(session: Session, owner: CartOwner) -> Sequence[Row[Any]]:
    """The lines of whoever `CartOwner.owns` says; plain rows, so the ORM is not asked for objects."""
    connection = session.connection()
    if owner.user_id is not None:
        return connection.execute(_LINES_OF_PERSON, {"owner": owner.user_id}).all()
    return connection.execute(_LINES_OF_BROWSER, {"owner": owner.token_digest}).all()


def _views(rows: Iterable[Row[Any]], shop: Profile) -> list[LineView]:
    now, today = clock.now(), clock.today(shop.time_zone)
    # Lines of one variant (with different messages) share what is left of it, first come first served.
    left: dict[int, int] = {}
    views = []
    for row in rows:
        available = row.max_per_order if row.available is None else min(row.available, row.max_per_order)
        free = left.setdefault(row.variant_id, max(available, 0))
        allowed = min(row.quantity, free)
        left[row.variant_id] = free - allowed
        views.append(_view(row, shop, allowed, _on_sale(row, row.active, now, today)))
    return views


def _view(row: Row[Any], shop: Profile, allowed: int, on_sale: bool) -> LineView:
    picture = None
    if row.picture_key:
        picture = picture_view(row.picture_key, row.alt, row.widths, row.ratio_permille)
    return LineView(
        id=row.id,
        product_id=row.product_id,
        variant_id=row.variant_id,
        slug=row.slug,
        product_name=row.product_name,
        variant_name=row.variant_name,
        quantity=row.quantity,
        message=row.message,
        message_max=row.message_max,
        unit=Money(row.price_cents, shop.currency),
        seen=Money(row.seen_price_cents, shop.currency),
        tax_code=row.tax_code,
        tax_name=row.tax_name,
        tax_rate_bp=row.rate_bp,
        make_minutes=row.make_minutes,
        lead_time_hours=row.lead_time_hours,
        max_per_order=row.max_per_order,
        is_cake=row.is_cake,
        season_name=row.season_name,
        season_from=row.season_from,
        season_to=row.season_to,
        picture=picture,
        deposit_percent=row.deposit_percent,
        deposit_cents=row.deposit_cents,
        on_sale=on_sale,
        allowed=allowed,
    )

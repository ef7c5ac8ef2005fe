"""What an order remembers of the shop and of what it sold, whatever changes later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Allergen, Declaration, ProductAllergen, Variant
from bakery.orders.basket import BasketLine
from bakery.orders.models import OrderLine
from bakery.pricing.totals import PricedLine, Totals
from bakery.shop.models import Shop

Declared = dict[str, dict[str, str]]
_SHOP = (
    "name", "legal_name", "abn", "address", "phone", "email", "pickup_instructions", "allergen_statement",
)  # fmt: skip


def shop_snapshot(shop: Shop, totals: Totals, deposit_kept_cents: int = 0) -> dict[str, Any]:
    """The shop's name, ABN, address, terms version and promise to who cancels, what of a deposit is not given back,
    and the tax by rate as it was summed.
    """
    return {
        "deposit_kept_cents": deposit_kept_cents,
        "shop": {name: getattr(shop, name) for name in _SHOP},
        "terms_version": shop.terms_version,
        # What comes back when it is cancelled, as it was promised.
        "cancellation": {"tiers": shop.cancellation_tiers},
        "rates": [
            {
                "code": row.code,
                "name": row.name,
                "rate_bp": row.rate_bp,
                "net_cents": row.net_cents,
                "tax_cents": row.tax_cents,
                "gross_cents": row.gross_cents,
            }
            for row in totals.rates
        ],
    }


def read_allergens(session: Session, product_ids: Iterable[int]) -> dict[int, Declared]:
    """All fourteen for each product. What is not declared is unknown, never free from."""
    ids = set(product_ids)
    blank = {"state": Declaration.UNKNOWN.value, "note": ""}
    found: dict[int, Declared] = {
        product_id: {allergen.value: dict(blank) for allergen in Allergen} for product_id in ids
    }
    for row in session.scalars(select(ProductAllergen).where(ProductAllergen.product_id.in_(ids))):
        found[row.product_id][row.allergen] = {"state": row.state, "note": row.note}
    return found


def snapshot_line(line: BasketLine, priced: PricedLine, position: int, allergens: Declared) -> OrderLine:
    """A line as it is sold now."""
    return OrderLine(
        position=position,
        product_id=line.product.id,
        variant_id=line.variant.id,
        product_name=line.product.name,
        variant_name=line.variant.name,
        sku=line.variant.sku,
        quantity=line.quantity,
        unit_price_cents=priced.line.unit_price_cents,
        discount_cents=priced.line.discount_cents,
        total_cents=priced.total_cents,
        tax_code=priced.line.tax_code,
        tax_name=priced.line.tax_name,
        tax_rate_bp=priced.line.tax_rate_bp,
        tax_cents=priced.tax_cents,
        message=line.message,
        is_cake=line.product.is_cake,
        make_minutes=line.work_minutes,
        servings=servings(line.variant),
        ingredients=line.product.ingredients,
        allergens=allergens,
    )


def servings(variant: Variant) -> str:
    """`10 to 12`, `8`, or nothing where servings mean nothing."""
    low, high = variant.servings_min, variant.servings_max
    if low is None or high is None:
        return str(low or high or "")
    return str(low) if low == high else f"{low} to {high}"

"""What a cake on the menu is made like, and what the models suggested for its sizes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.catalog.illustration.specs import Covering, Shape
from bakery.infra.db import Base, Cents, Id, in_states


class CakeRecipe(Base):
    """What every size of a cake is made of, in the words of the shop's offer for custom cakes."""

    __tablename__ = "cake_recipe"
    __table_args__ = (in_states("covering", Covering),)

    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    flavour: Mapped[str] = mapped_column(String(40))
    filling: Mapped[str] = mapped_column(String(40))
    covering: Mapped[str] = mapped_column(String(20))
    decoration: Mapped[str] = mapped_column(String(20))
    colour: Mapped[str] = mapped_column(String(40))
    toppings: Mapped[list[str]] = mapped_column(ARRAY(String(20)), default=list)


class CakeMeasures(Base):
    """How large one size of a cake is. Further tiers follow from the bottom one (forecasting.menu_cakes)."""

    __tablename__ = "cake_measures"
    __table_args__ = (
        in_states("shape", Shape),
        CheckConstraint(
            "across_mm BETWEEN 80 AND 600 AND (width_mm IS NULL OR width_mm BETWEEN 80 AND 600)",
            name="across_sane",
        ),
        CheckConstraint("(shape = 'rectangle') = (width_mm IS NOT NULL)", name="rectangle_has_two_sides"),
        CheckConstraint("height_mm BETWEEN 30 AND 400", name="height_sane"),
        CheckConstraint("layers BETWEEN 1 AND 8 AND tiers BETWEEN 1 AND 6", name="build_sane"),
    )

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    shape: Mapped[str] = mapped_column(String(20))
    # The bottom tier: its diameter, a square's side, a heart's widest, a rectangle's longer side.
    across_mm: Mapped[int] = mapped_column(SmallInteger)
    width_mm: Mapped[int | None] = mapped_column(SmallInteger)
    # Of each tier.
    height_mm: Mapped[int] = mapped_column(SmallInteger)
    layers: Mapped[int] = mapped_column(SmallInteger)
    tiers: Mapped[int] = mapped_column(SmallInteger, default=1)


class VariantSuggestion(Base):
    """What the models suggested for a size and what a person decided: both numbers are kept. Append-only."""

    __tablename__ = "variant_suggestion"
    __table_args__ = (
        CheckConstraint(
            "0 <= low_cents AND low_cents <= predicted_cents AND predicted_cents <= high_cents",
            name="range_sane",
        ),
        CheckConstraint("decided_cents > 0", name="decided_price_positive"),
        CheckConstraint(
            "1 <= predicted_servings_min AND predicted_servings_min <= predicted_servings_max",
            name="predicted_servings_sane",
        ),
        CheckConstraint(
            "1 <= decided_servings_min AND decided_servings_min <= decided_servings_max",
            name="decided_servings_sane",
        ),
        Index("ix_variant_suggestion_variant_at", "variant_id", "at"),
    )

    id: Mapped[Id]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))
    currency: Mapped[str] = mapped_column(String(3))
    predicted_cents: Mapped[Cents]
    low_cents: Mapped[Cents]
    high_cents: Mapped[Cents]
    # With generous slices and with small ones, as on the variant.
    predicted_servings_min: Mapped[int]
    predicted_servings_max: Mapped[int]
    decided_cents: Mapped[Cents]
    decided_servings_min: Mapped[int]
    decided_servings_max: Mapped[int]
    model_version: Mapped[str] = mapped_column(String(80))
    # The features the model read, and the cake they were read from.
    features: Mapped[dict[str, Any]] = mapped_column(JSONB)
    design: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # Why the decision is far from the suggestion.
    reason: Mapped[str] = mapped_column(String(300), default="")

"""What is sold: categories, products, variants, and what is true of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, false, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bakery.infra.db import Base, Cents, Code, Id, in_states


class Allergen(StrEnum):
    """The EU's fourteen (Regulation 1169/2011, Annex II)."""

    CELERY = "celery"
    GLUTEN = "gluten"
    CRUSTACEANS = "crustaceans"
    EGGS = "eggs"
    FISH = "fish"
    LUPIN = "lupin"
    MILK = "milk"
    MOLLUSCS = "molluscs"
    MUSTARD = "mustard"
    PEANUTS = "peanuts"
    SESAME = "sesame"
    SOYA = "soya"
    SULPHITES = "sulphites"
    NUTS = "nuts"


class Declaration(StrEnum):
    """What the shop declares of one allergen in one product. Unknown is never shown as free from."""

    CONTAINS = "contains"
    MAY_CONTAIN = "may_contain"
    NOT_CONTAINED = "not_contained"
    UNKNOWN = "unknown"


class Tag(StrEnum):
    """Dietary tags."""

    HALAL = "halal"
    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    EGGLESS = "eggless"
    GLUTEN_FREE = "gluten-free"
    NUT_FREE = "nut-free"


class Category(Base):
    __tablename__ = "category"

    id: Mapped[Id]
    slug: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(80))
    tagline: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    # A stem in the media store, as in Picture.
    picture_key: Mapped[str | None] = mapped_column(String(200))
    picture_alt: Mapped[str] = mapped_column(String(300), default="")


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("message_max BETWEEN 0 AND 200", name="message_max_sane"),
        CheckConstraint(
            "(deposit_percent IS NULL OR deposit_percent BETWEEN 1 AND 100)"
            " AND (deposit_cents IS NULL OR deposit_cents > 0) AND (deposit_percent IS NULL OR deposit_cents IS NULL)",
            name="deposit_sane",
        ),
    )

    id: Mapped[Id]
    slug: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(300), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    ingredients: Mapped[str] = mapped_column(Text, default="")
    storage: Mapped[str] = mapped_column(Text, default="")
    serving_advice: Mapped[str] = mapped_column(Text, default="")
    # Sold only from one "MM-DD" to another, both included; may run over the new year.
    season_name: Mapped[str] = mapped_column(String(60), default="")
    season_from: Mapped[str | None] = mapped_column(String(5))
    season_to: Mapped[str | None] = mapped_column(String(5))
    keywords: Mapped[str] = mapped_column(Text, default="")
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), index=True)
    tax_code: Mapped[str] = mapped_column(ForeignKey("tax_rate.code"))
    is_cake: Mapped[bool] = mapped_column(default=False)
    # Graphemes a customer may have written on it; 0 means it takes no message.
    message_max: Mapped[int] = mapped_column(SmallInteger, default=0)
    featured: Mapped[bool] = mapped_column(default=False)
    # What of its price is paid first: hundredths of it, or so much for each; neither: all of it.
    deposit_percent: Mapped[int | None]
    deposit_cents: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    # Counts what staff changed: what they save must be what they saw.
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    category: Mapped[Category] = relationship(lazy="raise_on_sql")
    variants: Mapped[list[Variant]] = relationship(
        back_populates="product", order_by="Variant.position", lazy="raise_on_sql"
    )
    allergens: Mapped[list[ProductAllergen]] = relationship(lazy="raise_on_sql")
    tags: Mapped[list[ProductTag]] = relationship(lazy="raise_on_sql")
    pictures: Mapped[list[Picture]] = relationship(order_by="Picture.position", lazy="raise_on_sql")


class Variant(Base):
    """A size of a product, with its own price, servings, lead time and kitchen work."""

    __tablename__ = "variant"
    __table_args__ = (
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
        CheckConstraint("max_per_order BETWEEN 1 AND 1000", name="max_per_order_sane"),
        CheckConstraint("make_minutes >= 0 AND lead_time_hours >= 0", name="times_not_negative"),
        Index(
            "uq_variant_default_of_product", "product_id", unique=True, postgresql_where=text("is_default")
        ),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    sku: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(60))
    price_cents: Mapped[Cents]
    # None where servings mean nothing (a loaf, a tea).
    servings_min: Mapped[int | None]
    servings_max: Mapped[int | None]
    weight_g: Mapped[int | None]
    # Clock hours between ordering and the earliest pickup.
    lead_time_hours: Mapped[int] = mapped_column(default=0)
    # Work that one unit takes out of its slot's make-minutes.
    make_minutes: Mapped[int] = mapped_column(default=0)
    max_per_order: Mapped[int] = mapped_column(default=10)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    # The size that its page chooses first while it can be had; without one, the first by position.
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
    # As the product's.
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise_on_sql")


class ProductAllergen(Base):
    __tablename__ = "product_allergen"
    __table_args__ = (in_states("allergen", Allergen), in_states("state", Declaration))

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    allergen: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    # The species: "walnut", "wheat, rye".
    note: Mapped[str] = mapped_column(String(120), default="")


class ProductTag(Base):
    __tablename__ = "product_tag"
    __table_args__ = (in_states("tag", Tag),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(20), primary_key=True)


class RelatedProduct(Base):
    __tablename__ = "related_product"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    related_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class Picture(Base):
    """A picture in the media store as `<key>-<width>.webp` and `<key>-<width>.png` for each width."""

    __tablename__ = "picture"

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(200))
    alt: Mapped[str] = mapped_column(String(300))
    widths: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    # Height / width in thousandths, so that pages reserve the room.
    ratio_permille: Mapped[int] = mapped_column(SmallInteger, default=1000)
    position: Mapped[int] = mapped_column(default=0)


class Review(Base):
    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_in_stars"),
        Index("ix_review_product_published", "product_id", "published_at"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    author_name: Mapped[str] = mapped_column(String(80))
    rating: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(120), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    reply: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[datetime | None]

"""what a cake on the menu is made like, what the models suggested for it; products count their changes

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for table in ("product", "variant"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "cake_recipe",
        sa.Column("product_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flavour", sa.String(length=40), nullable=False),
        sa.Column("filling", sa.String(length=40), nullable=False),
        sa.Column("covering", sa.String(length=20), nullable=False),
        sa.Column("decoration", sa.String(length=20), nullable=False),
        sa.Column("colour", sa.String(length=40), nullable=False),
        sa.Column("toppings", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.CheckConstraint(
            "covering IN ('buttercream', 'naked', 'ganache', 'fondant', 'glaze')",
            name=op.f("ck_cake_recipe_covering_known"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_cake_recipe_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_cake_recipe")),
    )
    op.create_table(
        "cake_measures",
        sa.Column("variant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shape", sa.String(length=20), nullable=False),
        sa.Column("across_mm", sa.SmallInteger(), nullable=False),
        sa.Column("width_mm", sa.SmallInteger(), nullable=True),
        sa.Column("height_mm", sa.SmallInteger(), nullable=False),
        sa.Column("layers", sa.SmallInteger(), nullable=False),
        sa.Column("tiers", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "shape IN ('round', 'square', 'rectangle', 'heart', 'hexagon', 'petal')",
            name=op.f("ck_cake_measures_shape_known"),
        ),
        sa.CheckConstraint(
            "across_mm BETWEEN 80 AND 600 AND (width_mm IS NULL OR width_mm BETWEEN 80 AND 600)",
            name=op.f("ck_cake_measures_across_sane"),
        ),
        sa.CheckConstraint(
            "(shape = 'rectangle') = (width_mm IS NOT NULL)",
            name=op.f("ck_cake_measures_rectangle_has_two_sides"),
        ),
        sa.CheckConstraint("height_mm BETWEEN 30 AND 400", name=op.f("ck_cake_measures_height_sane")),
        sa.CheckConstraint(
            "layers BETWEEN 1 AND 8 AND tiers BETWEEN 1 AND 6", name=op.f("ck_cake_measures_build_sane")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variant.id"],
            name=op.f("fk_cake_measures_variant_id_variant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_cake_measures")),
    )
    op.create_table(
        "variant_suggestion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("predicted_cents", sa.Integer(), nullable=False),
        sa.Column("low_cents", sa.Integer(), nullable=False),
        sa.Column("high_cents", sa.Integer(), nullable=False),
        sa.Column("predicted_servings_min", sa.Integer(), nullable=False),
        sa.Column("predicted_servings_max", sa.Integer(), nullable=False),
        sa.Column("decided_cents", sa.Integer(), nullable=False),
        sa.Column("decided_servings_min", sa.Integer(), nullable=False),
        sa.Column("decided_servings_max", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(length=80), nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("design", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "0 <= low_cents AND low_cents <= predicted_cents AND predicted_cents <= high_cents",
            name=op.f("ck_variant_suggestion_range_sane"),
        ),
        sa.CheckConstraint("decided_cents > 0", name=op.f("ck_variant_suggestion_decided_price_positive")),
        sa.CheckConstraint(
            "1 <= predicted_servings_min AND predicted_servings_min <= predicted_servings_max",
            name=op.f("ck_variant_suggestion_predicted_servings_sane"),
        ),
        sa.CheckConstraint(
            "1 <= decided_servings_min AND decided_servings_min <= decided_servings_max",
            name=op.f("ck_variant_suggestion_decided_servings_sane"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_variant_suggestion_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_variant_suggestion_variant_id_variant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant_suggestion")),
    )
    op.create_index(
        "ix_variant_suggestion_variant_at", "variant_suggestion", ["variant_id", "at"], unique=False
    )
    for name, when, each in (
        ("append_only", "UPDATE OR DELETE", "ROW"),
        ("append_only_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON variant_suggestion "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("variant_suggestion", "cake_measures", "cake_recipe"):
        op.drop_table(table)
    for table in ("variant", "product"):
        op.drop_column(table, "version")

"""a product may say which of its sizes is chosen first

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # A constant default: Postgres notes it in the catalogue and rewrites no row. Products that name none show
    # their first size, as they did before.
    op.add_column(
        "variant", sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        "uq_variant_default_of_product",
        "variant",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )


def downgrade() -> None:
    op.drop_index("uq_variant_default_of_product", table_name="variant")
    op.drop_column("variant", "is_default")

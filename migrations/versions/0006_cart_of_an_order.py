"""an order knows its cart, so that unpaid ones can be counted

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("shop_order", sa.Column("cart_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("shop_order", "cart_id")

"""an index of the orders that something is due of

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

DUE = (
    "status IN ('CONFIRMED', 'IN_PRODUCTION', 'READY', 'COLLECTED')"
    " AND payment_status IN ('UNPAID', 'DEPOSIT_PAID', 'PARTIALLY_REFUNDED')"
    " AND total_cents - credited_cents - held_cents > 0"
)


def upgrade() -> None:
    op.create_index("ix_shop_order_due", "shop_order", ["pickup_at"], postgresql_where=sa.text(DUE))


def downgrade() -> None:
    op.drop_index("ix_shop_order_due", "shop_order")

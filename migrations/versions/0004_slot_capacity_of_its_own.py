"""a slot follows the plan's capacity unless it has its own

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.alter_column("pickup_slot", "capacity_orders", existing_type=sa.Integer(), nullable=True)
    op.alter_column("pickup_slot", "capacity_minutes", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute(
        "UPDATE pickup_slot SET capacity_orders = coalesce(pickup_slot.capacity_orders, plan.capacity_orders),"
        " capacity_minutes = coalesce(pickup_slot.capacity_minutes, plan.capacity_minutes)"
        " FROM slot_plan AS plan"
    )
    op.alter_column("pickup_slot", "capacity_orders", existing_type=sa.Integer(), nullable=False)
    op.alter_column("pickup_slot", "capacity_minutes", existing_type=sa.Integer(), nullable=False)

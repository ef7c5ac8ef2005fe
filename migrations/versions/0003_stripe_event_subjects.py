"""what a Stripe event is about, findable

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COLUMNS = ("object_id", "payment_intent_id")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("stripe_event", sa.Column(column, sa.String(120), nullable=True))
        op.create_index(f"ix_stripe_event_{column}", "stripe_event", [column])


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_stripe_event_{column}", "stripe_event")
        op.drop_column("stripe_event", column)

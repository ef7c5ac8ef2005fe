"""cards refused where somebody adds one to their account

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("card_setup", sa.Column("refused_cards", sa.Integer(), server_default="0", nullable=False))
    op.add_column("card_setup", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "card_setup", sa.Column("tried_from", sa.String(length=64), server_default="", nullable=False)
    )
    op.create_index("ix_card_setup_tried_from", "card_setup", ["tried_from", "refused_at"])


def downgrade() -> None:
    op.drop_index("ix_card_setup_tried_from", "card_setup")
    for column in ("tried_from", "refused_at", "refused_cards"):
        op.drop_column("card_setup", column)

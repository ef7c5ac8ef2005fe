"""how far a price may be from the suggested one, how long a quote is good for; a quote's words for staff

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

CHECKS = {
    "explain_from_sane": "explain_from_percent BETWEEN 0 AND 100",
    "quote_days_sane": "quote_days BETWEEN 1 AND 60",
}


def upgrade() -> None:
    op.add_column(
        "shop", sa.Column("explain_from_percent", sa.Integer(), nullable=False, server_default="15")
    )
    op.add_column("shop", sa.Column("quote_days", sa.Integer(), nullable=False, server_default="7"))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_shop_{name}"), "shop", condition)
    op.add_column("quote", sa.Column("description", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("quote", "description")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_shop_{name}"), "shop", type_="check")
    op.drop_column("shop", "quote_days")
    op.drop_column("shop", "explain_from_percent")

"""payment: how often what bought nothing was sent back, and why it did not go

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("payment", sa.Column("refund_try", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("payment", sa.Column("refund_failure", sa.String(300), nullable=False, server_default=""))
    # What was sent back by a bank before there was a page for it.
    op.execute(
        "UPDATE payment SET refund_failure = 'It was sent, and did not arrive.' WHERE surplus AND EXISTS "
        "(SELECT 1 FROM ledger_transaction t WHERE t.payment_id = payment.id AND t.kind = 'reversal')"
    )


def downgrade() -> None:
    op.drop_column("payment", "refund_failure")
    op.drop_column("payment", "refund_try")

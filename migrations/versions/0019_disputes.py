"""disputes: their history and money, early fraud warnings, evidence of sales, and what staff answer

Revision ID: 0019
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"

DISPUTE_CHECKS = {
    "closed_whole": "(closed_at IS NULL) = (state IN ('NEEDS_RESPONSE', 'UNDER_REVIEW'))",
    "inquiry_takes_nothing": "NOT (is_inquiry AND state = 'LOST')",
}
KEPT_FOR_EVER = ("dispute_event",)


def upgrade() -> None:
    _extend_disputes()
    _create_history()
    _create_warnings()
    for table in KEPT_FOR_EVER:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _extend_disputes() -> None:
    for column in ("taken_cents", "fee_cents"):
        op.add_column("dispute", sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("dispute", sa.Column("trouble", sa.String(length=300), nullable=False, server_default=""))
    for name, condition in DISPUTE_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_dispute_{name}"), "dispute", condition)
    op.create_index(
        "ix_dispute_due", "dispute", ["due_by"], postgresql_where=sa.text("state = 'NEEDS_RESPONSE'")
    )


def _create_history() -> None:
    op.create_table(
        "dispute_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_dispute_event_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_event_dispute_id_dispute")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_event")),
    )
    op.create_index(op.f("ix_dispute_event_dispute_id"), "dispute_event", ["dispute_id"])


def _create_warnings() -> None:
    op.create_table(
        "fraud_warning",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stripe_id", sa.String(length=120), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("fraud_type", sa.String(length=60), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "settled_by IN ('refunded', 'disputed', 'closed')", name=op.f("ck_fraud_warning_settled_by_known")
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_fraud_warning_settled_whole")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_fraud_warning_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_fraud_warning_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fraud_warning")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_fraud_warning_stripe_id")),
    )
    op.create_index(op.f("ix_fraud_warning_order_id"), "fraud_warning", ["order_id"])
    op.create_index(op.f("ix_fraud_warning_payment_id"), "fraud_warning", ["payment_id"])


def downgrade() -> None:
    op.drop_table("fraud_warning")
    op.drop_table("dispute_event")
    op.drop_index("ix_dispute_due", "dispute")
    for name in DISPUTE_CHECKS:
        op.drop_constraint(op.f(f"ck_dispute_{name}"), "dispute", type_="check")
    for column in ("trouble", "fee_cents", "taken_cents"):
        op.drop_column("dispute", column)

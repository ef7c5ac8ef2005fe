"""disputes: their history and money, early fraud warnings, evidence of sales, and what staff answer

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"

DISPUTE_CHECKS = {
    "closed_whole": "(closed_at IS NULL) = (state IN ('NEEDS_RESPONSE', 'UNDER_REVIEW'))",
    "inquiry_takes_nothing": "NOT (is_inquiry AND state = 'LOST')",
}
KEPT_FOR_EVER = ("dispute_event", "evidence_record")


def upgrade() -> None:
    _extend_disputes()
    _create_history()
    _create_warnings()
    _create_evidence()
    _create_answers()
    # The address that an order comes from.
    op.add_column("shop_order", sa.Column("placed_ip", sa.String(length=45), nullable=True))
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


def _create_evidence() -> None:
    op.create_table(
        "evidence_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("occasion", sa.String(length=60), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('sale', 'handover', 'dispute')", name=op.f("ck_evidence_record_kind_known")
        ),
        sa.CheckConstraint(
            "length(sha256) = 64 AND length(previous_sha256) IN (0, 64)",
            name=op.f("ck_evidence_record_hashes_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_evidence_record_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_record")),
        sa.UniqueConstraint("order_id", "occasion", name=op.f("uq_evidence_record_order_id_occasion")),
        sa.UniqueConstraint(
            "order_id", "previous_sha256", name=op.f("uq_evidence_record_order_id_previous_sha256")
        ),
    )


def _create_answers() -> None:
    op.create_table(
        "dispute_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("to_inquiry", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("texts", JSONB(), nullable=False),
        sa.Column("pack", JSONB(), nullable=True),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("upload_id", sa.String(length=120), nullable=True),
        sa.Column("refund_cents", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_label", sa.String(length=254), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'SENDING', 'SENT', 'ACCEPTING', 'ACCEPTED')",
            name=op.f("ck_dispute_answer_state_known"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_dispute_answer_version_positive")),
        sa.CheckConstraint(
            "state = 'DRAFT' OR (approved_at IS NOT NULL AND approved_label <> '' AND key IS NOT NULL)",
            name=op.f("ck_dispute_answer_approved"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_dispute_answer_approved_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_answer_dispute_id_dispute")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_answer")),
        sa.UniqueConstraint("dispute_id", "to_inquiry", name=op.f("uq_dispute_answer_dispute_id_to_inquiry")),
        sa.UniqueConstraint("key", name=op.f("uq_dispute_answer_key")),
    )
    op.create_index(
        "ix_dispute_answer_going",
        "dispute_answer",
        ["state"],
        postgresql_where=sa.text("state IN ('SENDING', 'ACCEPTING')"),
    )


def downgrade() -> None:
    op.drop_column("shop_order", "placed_ip")
    op.drop_table("dispute_answer")
    op.drop_table("evidence_record")
    op.drop_table("fraud_warning")
    op.drop_table("dispute_event")
    op.drop_index("ix_dispute_due", "dispute")
    for name in DISPUTE_CHECKS:
        op.drop_constraint(op.f(f"ck_dispute_{name}"), "dispute", type_="check")
    for column in ("trouble", "fee_cents", "taken_cents"):
        op.drop_column("dispute", column)

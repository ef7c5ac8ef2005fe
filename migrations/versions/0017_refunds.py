"""refunds: requests with their lines, parts and history, credit notes, and what the shop promises who cancels

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

SHOP_CHECKS = {
    "refund_limit_sane": "refund_limit_cents >= 0",
    "refund_order_known": "refund_order IN ('newest', 'oldest')",
}


def upgrade() -> None:
    _create_refund_request()
    _create_refund_line()
    _create_refund_part()
    _create_refund_event()
    _create_credit_note()
    op.add_column(
        "shop", sa.Column("refund_limit_cents", sa.Integer(), server_default="10000", nullable=False)
    )
    op.add_column(
        "shop", sa.Column("refund_order", sa.String(length=10), server_default="newest", nullable=False)
    )
    op.add_column(
        "shop",
        sa.Column(
            "cancellation_tiers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='[{"days": 7, "percent": 100}, {"days": 3, "percent": 50}]',
            nullable=False,
        ),
    )
    for name, condition in SHOP_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_shop_{name}"), "shop", condition)
    _protect()


def _protect() -> None:
    """A step that happened stays; a credit note says for ever what it said, only its file may be printed again."""
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON refund_event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON refund_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OF series, number, request_id, order_id, issued_at, "
        "snapshot ON credit_note FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON credit_note "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _create_refund_request() -> None:
    op.create_table(
        "refund_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("tax_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("restock", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("ask_key", sa.String(length=80), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("first_by_id", sa.BigInteger(), nullable=True),
        sa.Column("first_by", sa.String(length=254), server_default="", nullable=False),
        sa.Column("second_by_id", sa.BigInteger(), nullable=True),
        sa.Column("second_by", sa.String(length=254), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('lines', 'amount', 'all', 'cancellation')", name=op.f("ck_refund_request_kind_known")
        ),
        sa.CheckConstraint(
            "source IN ('customer', 'staff', 'policy', 'stripe')", name=op.f("ck_refund_request_source_known")
        ),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'APPROVED', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'REJECTED')",
            name=op.f("ck_refund_request_state_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refund_request_amount_positive")),
        sa.CheckConstraint(
            "second_by_id IS NULL OR first_by_id IS NOT NULL",
            name=op.f("ck_refund_request_first_before_second"),
        ),
        sa.CheckConstraint(
            "second_by_id IS NULL OR second_by_id <> first_by_id", name=op.f("ck_refund_request_two_people")
        ),
        sa.CheckConstraint("tax_cents BETWEEN 0 AND amount_cents", name=op.f("ck_refund_request_tax_sane")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_refund_request_asked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["first_by_id"], ["user_account.id"], name=op.f("fk_refund_request_first_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_refund_request_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["second_by_id"], ["user_account.id"], name=op.f("fk_refund_request_second_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
        sa.UniqueConstraint("ask_key", name=op.f("uq_refund_request_ask_key")),
    )
    op.create_index(op.f("ix_refund_request_order_id"), "refund_request", ["order_id"], unique=False)
    op.create_index("ix_refund_request_state", "refund_request", ["state", "asked_at"], unique=False)


def _create_refund_line() -> None:
    op.create_table(
        "refund_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("tax_cents", sa.Integer(), nullable=False),
        sa.Column("discount_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0 AND amount_cents >= 0", name=op.f("ck_refund_line_amounts_sane")),
        sa.CheckConstraint("tax_cents BETWEEN 0 AND amount_cents", name=op.f("ck_refund_line_tax_sane")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_refund_line_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["refund_request.id"], name=op.f("fk_refund_line_request_id_refund_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_line")),
        sa.UniqueConstraint(
            "request_id", "order_line_id", name=op.f("uq_refund_line_request_id_order_line_id")
        ),
    )
    op.create_index(op.f("ix_refund_line_order_line_id"), "refund_line", ["order_line_id"], unique=False)


def _create_refund_part() -> None:
    op.create_table(
        "refund_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("tender", sa.String(length=20), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("stripe_refund_id", sa.String(length=120), nullable=True),
        sa.Column("stripe_status", sa.String(length=20), server_default="", nullable=False),
        sa.Column("failure", sa.String(length=300), server_default="", nullable=False),
        sa.Column("given_by_id", sa.BigInteger(), nullable=True),
        sa.Column("given_by", sa.String(length=254), server_default="", nullable=False),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('WAITING', 'SENT', 'PENDING', 'TO_GIVE', 'SUCCEEDED', 'FAILED', 'REPLACED')",
            name=op.f("ck_refund_part_state_known"),
        ),
        sa.CheckConstraint(
            "tender <> 'stripe' OR payment_id IS NOT NULL", name=op.f("ck_refund_part_payment_named")
        ),
        sa.CheckConstraint(
            "tender IN ('stripe', 'cash', 'external_card', 'bank_transfer')",
            name=op.f("ck_refund_part_tender_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refund_part_amount_positive")),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["user_account.id"], name=op.f("fk_refund_part_given_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_refund_part_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["refund_request.id"], name=op.f("fk_refund_part_request_id_refund_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_part")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refund_part_idempotency_key")),
        sa.UniqueConstraint("stripe_refund_id", name=op.f("uq_refund_part_stripe_refund_id")),
    )
    op.create_index(op.f("ix_refund_part_payment_id"), "refund_part", ["payment_id"], unique=False)
    op.create_index(op.f("ix_refund_part_request_id"), "refund_part", ["request_id"], unique=False)


def _create_refund_event() -> None:
    op.create_table(
        "refund_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_refund_event_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["refund_request.id"], name=op.f("fk_refund_event_request_id_refund_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_event")),
    )
    op.create_index(op.f("ix_refund_event_request_id"), "refund_event", ["request_id"], unique=False)


def _create_credit_note() -> None:
    op.create_table(
        "credit_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_credit_note_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["refund_request.id"], name=op.f("fk_credit_note_request_id_refund_request")
        ),
        sa.ForeignKeyConstraint(
            ["series"], ["receipt_series.code"], name=op.f("fk_credit_note_series_receipt_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("request_id", name=op.f("uq_credit_note_request_id")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_credit_note_series_number")),
    )
    op.create_index(op.f("ix_credit_note_order_id"), "credit_note", ["order_id"], unique=False)


def downgrade() -> None:
    """What was given back stays in the ledger; who asked for it and the credit notes are forgotten."""
    for name in SHOP_CHECKS:
        op.drop_constraint(op.f(f"ck_shop_{name}"), "shop", type_="check")
    for column in ("cancellation_tiers", "refund_order", "refund_limit_cents"):
        op.drop_column("shop", column)
    for table in ("credit_note", "refund_event", "refund_part", "refund_line", "refund_request"):
        op.drop_table(table)

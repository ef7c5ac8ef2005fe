"""custom cakes: requests, quotes and what belongs to them; an order line that is on no menu

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

APPEND_ONLY = ("quote", "custom_cake_event", "custom_cake_message")


def upgrade() -> None:
    op.create_table(
        "custom_cake_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("submit_key", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("copy_of_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column("design", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("design_hash", sa.String(length=64), nullable=False),
        sa.Column("needed_on", sa.Date(), nullable=False),
        sa.Column("make_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("quote_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING_REVIEW', 'CHANGES_REQUESTED', 'APPROVED_AWAITING_PAYMENT', 'PAID', 'REJECTED', 'EXPIRED', 'WITHDRAWN')",
            name=op.f("ck_custom_cake_request_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('APPROVED_AWAITING_PAYMENT', 'PAID') OR (order_id IS NOT NULL AND quote_version > 0)",
            name=op.f("ck_custom_cake_request_approved_has_order"),
        ),
        sa.CheckConstraint("length(design_hash) = 64", name=op.f("ck_custom_cake_request_hash_whole")),
        sa.CheckConstraint("make_minutes >= 0", name=op.f("ck_custom_cake_request_minutes_not_negative")),
        sa.CheckConstraint(
            "version >= 1 AND quote_version >= 0", name=op.f("ck_custom_cake_request_versions_sane")
        ),
        sa.ForeignKeyConstraint(
            ["copy_of_id"],
            ["custom_cake_request.id"],
            name=op.f("fk_custom_cake_request_copy_of_id_custom_cake_request"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_custom_cake_request_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_custom_cake_request_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_request")),
        sa.UniqueConstraint("number", name=op.f("uq_custom_cake_request_number")),
        sa.UniqueConstraint("order_id", name=op.f("uq_custom_cake_request_order_id")),
        sa.UniqueConstraint("submit_key", name=op.f("uq_custom_cake_request_submit_key")),
    )
    op.create_index(
        op.f("ix_custom_cake_request_contact_email"), "custom_cake_request", ["contact_email"], unique=False
    )
    op.create_index(
        op.f("ix_custom_cake_request_copy_of_id"), "custom_cake_request", ["copy_of_id"], unique=False
    )
    op.create_index(
        "ix_custom_cake_request_queue", "custom_cake_request", ["status", "needed_on"], unique=False
    )
    op.create_index(op.f("ix_custom_cake_request_user_id"), "custom_cake_request", ["user_id"], unique=False)
    op.create_table(
        "custom_cake_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=30), nullable=True),
        sa.Column("to_state", sa.String(length=30), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("suggestion", sa.String(length=1000), nullable=False),
        sa.Column("design", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_custom_cake_event_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["custom_cake_request.id"],
            name=op.f("fk_custom_cake_event_request_id_custom_cake_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_event")),
    )
    op.create_index(
        op.f("ix_custom_cake_event_request_id"), "custom_cake_event", ["request_id"], unique=False
    )
    op.create_table(
        "custom_cake_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("make_minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('HELD', 'CONSUMED', 'RELEASED')", name=op.f("ck_custom_cake_hold_state_known")
        ),
        sa.CheckConstraint("make_minutes >= 0", name=op.f("ck_custom_cake_hold_minutes_not_negative")),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["custom_cake_request.id"],
            name=op.f("fk_custom_cake_hold_request_id_custom_cake_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_hold")),
    )
    op.create_index(
        "ix_custom_cake_hold_day",
        "custom_cake_hold",
        ["on_date"],
        unique=False,
        postgresql_where="state = 'HELD'",
    )
    op.create_index(
        "uq_custom_cake_hold_open",
        "custom_cake_hold",
        ["request_id"],
        unique=True,
        postgresql_where="state = 'HELD'",
    )
    op.create_table(
        "custom_cake_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_staff", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name=op.f("ck_custom_cake_message_text_sane")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_custom_cake_message_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["custom_cake_request.id"],
            name=op.f("fk_custom_cake_message_request_id_custom_cake_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_message")),
    )
    op.create_index(
        op.f("ix_custom_cake_message_request_id"), "custom_cake_message", ["request_id"], unique=False
    )
    op.create_table(
        "custom_cake_picture",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 6", name=op.f("ck_custom_cake_picture_at_most_six")),
        sa.CheckConstraint(
            "width > 0 AND height > 0 AND size_bytes > 0", name=op.f("ck_custom_cake_picture_size_sane")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["custom_cake_request.id"],
            name=op.f("fk_custom_cake_picture_request_id_custom_cake_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_picture")),
        sa.UniqueConstraint("key", name=op.f("uq_custom_cake_picture_key")),
        sa.UniqueConstraint(
            "request_id", "position", name=op.f("uq_custom_cake_picture_request_id_position")
        ),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("design", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("design_hash", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("servings", sa.Integer(), nullable=False),
        sa.Column("predicted_cents", sa.Integer(), nullable=True),
        sa.Column("low_cents", sa.Integer(), nullable=True),
        sa.Column("high_cents", sa.Integer(), nullable=True),
        sa.Column("predicted_servings", sa.Integer(), nullable=True),
        sa.Column("model_version", sa.String(length=80), nullable=True),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("override_reason", sa.String(length=500), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("pickup_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms_version", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.CheckConstraint(
            "(low_cents IS NULL) = (high_cents IS NULL) AND (low_cents IS NULL) = (predicted_cents IS NULL) AND (predicted_cents IS NULL) = (model_version IS NULL)",
            name=op.f("ck_quote_prediction_whole"),
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_quote_expires_later")),
        sa.CheckConstraint("length(design_hash) = 64", name=op.f("ck_quote_hash_whole")),
        sa.CheckConstraint(
            "low_cents IS NULL OR (0 <= low_cents AND low_cents <= predicted_cents AND predicted_cents <= high_cents)",
            name=op.f("ck_quote_range_sane"),
        ),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_quote_price_not_negative")),
        sa.CheckConstraint("servings >= 1", name=op.f("ck_quote_servings_positive")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quote_version_positive")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_quote_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["custom_cake_request.id"], name=op.f("fk_quote_request_id_custom_cake_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("request_id", "version", name=op.f("uq_quote_request_id_version")),
    )
    op.create_index("ix_quote_expires_at", "quote", ["expires_at"], unique=False)
    # Old code writes both; new code may leave out both.
    for column in ("product_id", "variant_id"):
        op.alter_column("order_line", column, existing_type=sa.BigInteger(), nullable=True)
    op.create_check_constraint(
        op.f("ck_order_line_product_whole"), "order_line", "(product_id IS NULL) = (variant_id IS NULL)"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    # Refused by the database once a custom cake was ordered: its lines name no product to go back to.
    op.drop_constraint(op.f("ck_order_line_product_whole"), "order_line", type_="check")
    for column in ("product_id", "variant_id"):
        op.alter_column("order_line", column, existing_type=sa.BigInteger(), nullable=False)
    op.drop_index("ix_quote_expires_at", table_name="quote")
    op.drop_table("quote")
    op.drop_table("custom_cake_picture")
    op.drop_index(op.f("ix_custom_cake_message_request_id"), table_name="custom_cake_message")
    op.drop_table("custom_cake_message")
    op.drop_index(
        "uq_custom_cake_hold_open", table_name="custom_cake_hold", postgresql_where="state = 'HELD'"
    )
    op.drop_index("ix_custom_cake_hold_day", table_name="custom_cake_hold", postgresql_where="state = 'HELD'")
    op.drop_table("custom_cake_hold")
    op.drop_index(op.f("ix_custom_cake_event_request_id"), table_name="custom_cake_event")
    op.drop_table("custom_cake_event")
    op.drop_index(op.f("ix_custom_cake_request_user_id"), table_name="custom_cake_request")
    op.drop_index("ix_custom_cake_request_queue", table_name="custom_cake_request")
    op.drop_index(op.f("ix_custom_cake_request_copy_of_id"), table_name="custom_cake_request")
    op.drop_index(op.f("ix_custom_cake_request_contact_email"), table_name="custom_cake_request")
    op.drop_table("custom_cake_request")

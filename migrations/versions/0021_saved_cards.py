"""saved cards: customers at Stripe, their cards and what they agreed to; tries to pay that failed

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

APPEND_ONLY = ("card_consent", "payment_failure", "payment_nudge")
CREATED = (
    "stripe_customer",
    "saved_card",
    "card_consent",
    "card_mandate",
    "card_setup",
    "payment_failure",
    "payment_nudge",
)


def upgrade() -> None:
    op.add_column(
        "payment", sa.Column("save_card", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "payment", sa.Column("charge_rest", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("payment", sa.Column("tried_from", sa.String(length=64), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_payment_kept_card_has_customer"),
        "payment",
        "customer_id IS NOT NULL OR NOT (save_card OR charge_rest)",
    )
    _create_customers()
    _create_cards()
    _create_consents()
    _create_mandates()
    _create_setups()
    _create_failures()
    _create_nudges()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _create_customers() -> None:
    op.create_table(
        "stripe_customer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", sa.String(length=120), nullable=True),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(user_id IS NULL) <> (order_id IS NULL)", name=op.f("ck_stripe_customer_of_one")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_stripe_customer_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_stripe_customer_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_customer")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_stripe_customer_customer_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_stripe_customer_idempotency_key")),
        sa.UniqueConstraint("order_id", name=op.f("uq_stripe_customer_order_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_stripe_customer_user_id")),
    )


def _create_cards() -> None:
    op.create_table(
        "saved_card",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_method_id", sa.String(length=120), nullable=False),
        sa.Column("brand", sa.String(length=30), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("expiry_month", sa.Integer(), nullable=False),
        sa.Column("expiry_year", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=60), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("last_four ~ '^[0-9]{0,4}$'", name=op.f("ck_saved_card_last_four_only")),
        sa.CheckConstraint("expiry_month BETWEEN 1 AND 12", name=op.f("ck_saved_card_month_sane")),
        sa.CheckConstraint(
            "removed_at IS NULL OR NOT is_default", name=op.f("ck_saved_card_removed_is_no_default")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_saved_card_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_card")),
        sa.UniqueConstraint("payment_method_id", name=op.f("uq_saved_card_payment_method_id")),
    )
    op.create_index(op.f("ix_saved_card_user_id"), "saved_card", ["user_id"], unique=False)
    op.create_index(
        "uq_saved_card_default",
        "saved_card",
        ["user_id"],
        unique=True,
        postgresql_where="is_default AND removed_at IS NULL",
    )
    op.create_index(
        "uq_saved_card_same",
        "saved_card",
        ["user_id", "fingerprint"],
        unique=True,
        postgresql_where="removed_at IS NULL AND fingerprint <> ''",
    )


def _create_consents() -> None:
    op.create_table(
        "card_consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.String(length=20), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('save_card', 'charge_rest')", name=op.f("ck_card_consent_kind_known")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_card_consent_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_card_consent_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_consent")),
    )
    op.create_index(op.f("ix_card_consent_order_id"), "card_consent", ["order_id"], unique=False)
    op.create_index(op.f("ix_card_consent_user_id"), "card_consent", ["user_id"], unique=False)


def _create_mandates() -> None:
    op.create_table(
        "card_mandate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.String(length=120), nullable=False),
        sa.Column("payment_method_id", sa.String(length=120), nullable=True),
        sa.Column("brand", sa.String(length=30), server_default="", nullable=False),
        sa.Column("last_four", sa.String(length=4), server_default="", nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.String(length=20), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_card_mandate_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_mandate")),
        sa.UniqueConstraint("order_id", name=op.f("uq_card_mandate_order_id")),
    )
    op.create_index(
        op.f("ix_card_mandate_payment_method_id"), "card_mandate", ["payment_method_id"], unique=False
    )


def _create_setups() -> None:
    op.create_table(
        "card_setup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("session_id", sa.String(length=120), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('CREATED', 'OPEN', 'DONE', 'EXPIRED')", name=op.f("ck_card_setup_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_card_setup_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_setup")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_card_setup_idempotency_key")),
        sa.UniqueConstraint("session_id", name=op.f("uq_card_setup_session_id")),
    )
    op.create_index(op.f("ix_card_setup_user_id"), "card_setup", ["user_id"], unique=False)
    op.create_index(
        "uq_card_setup_open",
        "card_setup",
        ["user_id"],
        unique=True,
        postgresql_where="state IN ('CREATED', 'OPEN')",
    )


def _create_failures() -> None:
    op.create_table(
        "payment_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("decline_code", sa.String(length=80), nullable=False),
        sa.Column("customer_words", sa.String(length=300), nullable=False),
        sa.Column("staff_words", sa.String(length=500), nullable=False),
        sa.Column("brand", sa.String(length=30), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("tried_from", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_payment_failure_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_failure_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_failure")),
        sa.UniqueConstraint("event_id", name=op.f("uq_payment_failure_event_id")),
    )
    op.create_index(op.f("ix_payment_failure_order_id"), "payment_failure", ["order_id"], unique=False)
    op.create_index(op.f("ix_payment_failure_payment_id"), "payment_failure", ["payment_id"], unique=False)
    op.create_index("ix_payment_failure_tried_from", "payment_failure", ["tried_from", "at"], unique=False)


def _create_nudges() -> None:
    op.create_table(
        "payment_nudge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version IN (1, 2)", name=op.f("ck_payment_nudge_twice_at_most")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_payment_nudge_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_nudge")),
        sa.UniqueConstraint("order_id", "version", name=op.f("uq_payment_nudge_order_id_version")),
    )


def downgrade() -> None:
    """Customers and cards stay at Stripe; the release before knows nothing of them."""
    for table in reversed(CREATED):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_payment_kept_card_has_customer"), "payment", type_="check")
    for column in ("tried_from", "charge_rest", "save_card"):
        op.drop_column("payment", column)

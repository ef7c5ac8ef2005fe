"""papers: payment receipts, keys that sign, what is kept until when, businesses that buy, the books' accounts

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

# Five years after it is written: what code of the release before gives its receipts, too.
FIVE_YEARS = sa.text("(now() + interval '5 years')::date")
# What may still change of a paper: its file, once; and it may be kept for longer.
FILE = "ARRAY['file_key', 'sha256', 'signing_key_id']"


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("in_use = (retired_at IS NULL)", name=op.f("ck_signing_key_retired_sane")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_signing_key_fingerprint")),
    )
    op.create_index(
        "uq_signing_key_in_use", "signing_key", ["in_use"], unique=True, postgresql_where=sa.text("in_use")
    )
    _widen_receipts()
    _create_payment_receipts()
    _protect()
    op.add_column(
        "shop_order", sa.Column("business_name", sa.String(length=120), nullable=False, server_default="")
    )
    op.add_column(
        "shop_order", sa.Column("business_abn", sa.String(length=11), nullable=False, server_default="")
    )
    op.create_check_constraint(
        op.f("ck_shop_order_abn_digits"), "shop_order", "business_abn = '' OR business_abn ~ '^[0-9]{11}$'"
    )
    op.add_column("shop", sa.Column("document_years", sa.Integer(), nullable=False, server_default="5"))
    op.create_check_constraint(
        op.f("ck_shop_document_years_legal"), "shop", "document_years BETWEEN 5 AND 50"
    )
    op.create_table(
        "book_account",
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.CheckConstraint("code <> '' AND name <> ''", name=op.f("ck_book_account_named")),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_book_account")),
    )


def _widen_receipts() -> None:
    op.add_column("receipt", sa.Column("signing_key_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_receipt_signing_key_id_signing_key"), "receipt", "signing_key", ["signing_key_id"], ["id"]
    )
    op.add_column("receipt", sa.Column("keep_until", sa.Date(), nullable=True))
    op.execute(
        "UPDATE receipt r SET keep_until = (greatest(r.issued_at, o.pickup_at) AT TIME ZONE o.time_zone "
        "+ interval '5 years')::date FROM shop_order o WHERE o.id = r.order_id"
    )
    op.alter_column("receipt", "keep_until", nullable=False, server_default=FIVE_YEARS)
    op.create_index(op.f("ix_receipt_sha256"), "receipt", ["sha256"])
    op.create_index(op.f("ix_receipt_issued_at"), "receipt", ["issued_at"])
    # The journal reads by time.
    op.create_index("ix_ledger_transaction_at", "ledger_transaction", ["at", "id"])
    op.create_index(
        "ix_order_event_cancelled",
        "order_event",
        ["at"],
        postgresql_where=sa.text("kind = 'status' AND to_state = 'CANCELLED'"),
    )


def _create_payment_receipts() -> None:
    op.create_table(
        "payment_receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("signing_key_id", sa.BigInteger(), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=False, server_default=FIVE_YEARS),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_payment_receipt_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["series"], ["receipt_series.code"], name=op.f("fk_payment_receipt_series_receipt_series")
        ),
        sa.ForeignKeyConstraint(
            ["signing_key_id"], ["signing_key.id"], name=op.f("fk_payment_receipt_signing_key_id_signing_key")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name=op.f("fk_payment_receipt_transaction_id_ledger_transaction"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_receipt")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_payment_receipt_series_number")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_payment_receipt_transaction_id")),
    )
    op.create_index(op.f("ix_payment_receipt_order_id"), "payment_receipt", ["order_id"])
    op.create_index(op.f("ix_payment_receipt_sha256"), "payment_receipt", ["sha256"])
    op.create_index(op.f("ix_payment_receipt_issued_at"), "payment_receipt", ["issued_at"])


def _protect() -> None:
    """A paper says for ever what it said; its numbers go up by one; nobody deletes it before its time."""
    op.execute(
        "CREATE FUNCTION keep_paper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' THEN "
        "IF OLD.keep_until < current_date THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION '% %-% is kept until %', TG_TABLE_NAME, OLD.series, OLD.number, OLD.keep_until "
        "USING ERRCODE = 'restrict_violation'; END IF; "
        f"IF to_jsonb(NEW) - {FILE} - 'keep_until' <> to_jsonb(OLD) - {FILE} - 'keep_until' "
        "OR NEW.keep_until < OLD.keep_until "
        "OR (OLD.sha256 IS NOT NULL AND (NEW.file_key, NEW.sha256, NEW.signing_key_id) "
        "IS DISTINCT FROM (OLD.file_key, OLD.sha256, OLD.signing_key_id)) THEN "
        "RAISE EXCEPTION 'what % %-% says does not change', TG_TABLE_NAME, OLD.series, OLD.number "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    for table in ("receipt", "payment_receipt"):
        op.execute(
            f"CREATE TRIGGER keep_paper BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_paper()"
        )
        op.execute(
            f"CREATE TRIGGER keep_paper_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE FUNCTION count_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'the series % goes on', OLD.code "
        "USING ERRCODE = 'restrict_violation'; END IF; "
        "IF NEW.code <> OLD.code OR NEW.last_number <> OLD.last_number + 1 THEN "
        "RAISE EXCEPTION 'after % of series % comes the next number', OLD.last_number, OLD.code "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER count_on BEFORE UPDATE OR DELETE ON receipt_series "
        "FOR EACH ROW EXECUTE FUNCTION count_on()"
    )


def downgrade() -> None:
    """Payment receipts and keys are gone afterwards; receipts stay, with their files."""
    op.drop_table("book_account")
    op.drop_constraint(op.f("ck_shop_document_years_legal"), "shop", type_="check")
    op.drop_column("shop", "document_years")
    op.drop_constraint(op.f("ck_shop_order_abn_digits"), "shop_order", type_="check")
    op.drop_column("shop_order", "business_abn")
    op.drop_column("shop_order", "business_name")
    op.execute("DROP TRIGGER count_on ON receipt_series")
    op.execute("DROP FUNCTION count_on()")
    for table in ("receipt", "payment_receipt"):
        op.execute(f"DROP TRIGGER keep_paper_truncate ON {table}")
        op.execute(f"DROP TRIGGER keep_paper ON {table}")
    op.execute("DROP FUNCTION keep_paper()")
    op.drop_table("payment_receipt")
    op.drop_index("ix_order_event_cancelled", "order_event")
    op.drop_index("ix_ledger_transaction_at", "ledger_transaction")
    op.drop_index(op.f("ix_receipt_issued_at"), "receipt")
    op.drop_index(op.f("ix_receipt_sha256"), "receipt")
    op.drop_column("receipt", "keep_until")
    op.drop_constraint(op.f("fk_receipt_signing_key_id_signing_key"), "receipt", type_="foreignkey")
    op.drop_column("receipt", "signing_key_id")
    op.drop_table("signing_key")

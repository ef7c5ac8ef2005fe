"""books: Stripe's balance transactions beside the ledger, proofs of the books and what differs, slips of the counter

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

KINDS = (
    "held_differs",
    "credited_differs",
    "more_back_than_in",
    "paid_with_due",
    "unpaid_with_money",
    "confirmed_without_money",
    "status_differs",
    "surplus_kept",
    "refund_not_credited",
    "refund_stuck",
    "missing_in_ledger",
    "missing_fee",
    "missing_at_stripe",
    "amount_differs",
    "fee_differs",
    "currency_differs",
    "order_differs",
    "double_at_stripe",
    "unknown_order",
    "unknown_movement",
    "copy_differs",
    "payment_without_charge",
    "charge_without_payment",
    "double_in_ledger",
    "receipt_missing",
    "receipt_without_sale",
    "credit_note_differs",
)
FIXES = ("apply_event", "enter_fee", "issue_receipt", "send_back", "explain")

# Each of Stripe's movements, whose order it is, and which row of the ledger it stands for. A refund that Stripe has
# booked and not yet made is on its way: told by its event, or by our own request, it enters the ledger when it is made.
MOVEMENTS = """
CREATE VIEW balance_movement AS
SELECT b.id, b.stripe_id, b.category, b.source_id, b.payment_intent_id, b.order_number, b.amount_cents, b.fee_cents,
    b.currency, b.created_at,
    CASE b.category WHEN 'charge' THEN 'charge' WHEN 'refund' THEN 'refund' WHEN 'refund_failure' THEN 'reversal'
        WHEN 'dispute' THEN 'dispute' WHEN 'dispute_reversal' THEN 'dispute' END AS kind,
    CASE WHEN b.category = 'charge' THEN b.payment_intent_id
        WHEN b.category IN ('refund', 'refund_failure') THEN b.source_id ELSE b.stripe_id END AS reference,
    CASE WHEN b.category IN ('dispute', 'dispute_reversal') THEN 'dispute_fee' ELSE 'fee' END AS fee_kind,
    coalesce(p.order_id, o.id) AS order_id,
    b.category = 'refund' AND (
        EXISTS (SELECT 1 FROM stripe_event e WHERE e.object_id = b.source_id AND e.outcome = 'APPLIED')
        OR EXISTS (SELECT 1 FROM refund_part r WHERE r.stripe_refund_id = b.source_id AND r.state = 'PENDING')
    ) AS is_on_its_way
FROM balance_entry b
LEFT JOIN LATERAL (
    SELECT p.order_id FROM payment p WHERE p.payment_intent_id = b.payment_intent_id
    ORDER BY (p.state = 'SUCCEEDED') DESC, p.id LIMIT 1
) p ON true
LEFT JOIN shop_order o ON o.number = b.order_number
"""
# Each row of the ledger that Stripe should know, and when Stripe booked it. The demo's invented money is not Stripe's.
AT_STRIPE = r"""
CREATE VIEW ledger_at_stripe AS
SELECT l.id, l.order_id, l.payment_id, l.kind, l.amount_cents, l.currency, l.stripe_id, l.at,
    CASE
        WHEN l.kind = 'charge' THEN (
            SELECT min(b.created_at) FROM balance_entry b
            WHERE b.payment_intent_id = l.stripe_id AND b.category = 'charge')
        WHEN l.kind = 'refund' THEN (
            SELECT min(b.created_at) FROM balance_entry b
            WHERE b.source_id = l.stripe_id AND b.category = 'refund')
        WHEN l.kind = 'reversal' THEN (
            SELECT min(b.created_at) FROM balance_entry b
            WHERE b.source_id = l.stripe_id AND b.category = 'refund_failure')
        ELSE (SELECT b.created_at FROM balance_entry b WHERE b.stripe_id = l.stripe_id)
    END AS booked_at
FROM ledger_transaction l JOIN shop_order o ON o.id = l.order_id
WHERE l.kind IN ('charge', 'refund', 'reversal', 'fee', 'dispute', 'dispute_fee')
    AND NOT (o.is_demo AND l.stripe_id LIKE 'demo\_%')
"""


def upgrade() -> None:
    _create_balance()
    _create_runs()
    _create_differences()
    op.add_column(
        "ledger_transaction", sa.Column("slip", sa.String(length=60), nullable=False, server_default="")
    )
    op.create_index(op.f("ix_ledger_transaction_payment_id"), "ledger_transaction", ["payment_id"])
    op.execute(MOVEMENTS)
    op.execute(sa.text(AT_STRIPE))


def _create_balance() -> None:
    op.create_table(
        "balance_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stripe_id", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=True),
        sa.Column("payment_intent_id", sa.String(length=120), nullable=True),
        sa.Column("order_number", sa.String(length=40), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("net_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("net_cents = amount_cents - fee_cents", name=op.f("ck_balance_entry_net_adds_up")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_entry")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_balance_entry_stripe_id")),
    )
    for column in ("source_id", "payment_intent_id", "created_at"):
        op.create_index(op.f(f"ix_balance_entry_{column}"), "balance_entry", [column])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON balance_entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON balance_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "balance_cursor",
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_balance_cursor")),
    )


def _create_runs() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "books_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("counts", json, nullable=False),
        sa.Column("sums", json, nullable=False),
        sa.Column("days", json, nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED')", name=op.f("ck_books_run_state_known")
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_books_run_percent_sane")),
        sa.CheckConstraint("from_on IS NULL OR from_on <= to_on", name=op.f("ck_books_run_period_sane")),
        sa.CheckConstraint(
            "(state IN ('QUEUED', 'RUNNING')) = (ended_at IS NULL)", name=op.f("ck_books_run_ended_once")
        ),
        sa.CheckConstraint("(state = 'DONE') = (ok IS NOT NULL)", name=op.f("ck_books_run_ok_when_done")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_books_run_actor_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books_run")),
    )
    op.create_index(
        "uq_books_run_open",
        "books_run",
        ["account"],
        unique=True,
        postgresql_where="state IN ('QUEUED', 'RUNNING')",
    )


def _create_differences() -> None:
    op.create_table(
        "books_difference",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("stripe_id", sa.String(length=120), nullable=True),
        sa.Column("expected_cents", sa.Integer(), nullable=True),
        sa.Column("found_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("fix", sa.String(length=20), nullable=False),
        sa.Column("about_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_run_id", sa.BigInteger(), nullable=False),
        sa.Column("last_run_id", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.CheckConstraint(f"kind IN ({_listed(KINDS)})", name=op.f("ck_books_difference_kind_known")),
        sa.CheckConstraint(f"fix IN ({_listed(FIXES)})", name=op.f("ck_books_difference_fix_known")),
        sa.CheckConstraint(
            "state IN ('OPEN', 'FIXED', 'EXPLAINED')", name=op.f("ck_books_difference_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'OPEN') = (ended_at IS NULL)", name=op.f("ck_books_difference_ended_once")
        ),
        sa.CheckConstraint(
            "state <> 'EXPLAINED' OR note <> ''", name=op.f("ck_books_difference_explained_with_words")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_books_difference_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["first_run_id"], ["books_run.id"], name=op.f("fk_books_difference_first_run_id_books_run")
        ),
        sa.ForeignKeyConstraint(
            ["last_run_id"], ["books_run.id"], name=op.f("fk_books_difference_last_run_id_books_run")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_books_difference_actor_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books_difference")),
    )
    op.create_index(op.f("ix_books_difference_order_id"), "books_difference", ["order_id"])
    op.create_index(op.f("ix_books_difference_last_run_id"), "books_difference", ["last_run_id"])
    op.create_index("ix_books_difference_subject", "books_difference", ["kind", "subject"])
    op.create_index(
        "uq_books_difference_open",
        "books_difference",
        ["kind", "subject"],
        unique=True,
        postgresql_where="state = 'OPEN'",
    )


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def downgrade() -> None:
    op.execute("DROP VIEW ledger_at_stripe")
    op.execute("DROP VIEW balance_movement")
    op.drop_index(op.f("ix_ledger_transaction_payment_id"), table_name="ledger_transaction")
    op.drop_column("ledger_transaction", "slip")
    for table in ("books_difference", "books_run", "balance_cursor", "balance_entry"):
        op.drop_table(table)

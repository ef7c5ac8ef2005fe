"""deposits: rules by product and by size, what is kept, until when the rest is due; what was done about it; orders
that staff let into the kitchen unpaid

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

SHOP = {
    "deposit_from_cents": 0,
    "deposit_from_percent": 0,
    "deposit_kept_percent": 50,
    "balance_due_days": 3,
    "balance_remind_days": 2,
    "balance_grace_hours": 24,
}
CHECKS = {
    ("shop", "deposits_sane"): (
        "deposit_from_cents >= 0 AND deposit_from_percent BETWEEN 0 AND 100 AND deposit_kept_percent BETWEEN 0 AND 100"
    ),
    ("shop", "balance_sane"): (
        "balance_due_days BETWEEN 0 AND 60 AND balance_remind_days BETWEEN 0 AND 30"
        " AND balance_grace_hours BETWEEN 0 AND 336"
    ),
    ("product", "deposit_sane"): (
        "(deposit_percent IS NULL OR deposit_percent BETWEEN 1 AND 100) AND (deposit_cents IS NULL OR deposit_cents > 0)"
        " AND (deposit_percent IS NULL OR deposit_cents IS NULL)"
    ),
    ("shop_order", "deposit_kept_sane"): "deposit_kept_cents BETWEEN 0 AND deposit_cents",
    ("shop_order", "unpaid_released"): (
        "status IN ('PENDING_PAYMENT', 'EXPIRED', 'CANCELLED') OR payment_status <> 'UNPAID' OR total_cents = 0"
        " OR released_at IS NOT NULL"
    ),
}
STEPS = (
    "remind_before",
    "remind_on_day",
    "announce_charge",
    "charge",
    "charge_refused",
    "bank_asks",
    "charge_again",
    "charge_again_refused",
    "overdue",
    "told",
    "cancelled",
)


def upgrade() -> None:
    for name, value in SHOP.items():
        op.add_column("shop", sa.Column(name, sa.Integer(), nullable=False, server_default=str(value)))
    # A shop that is set up keeps what it has.
    op.alter_column("shop", "deposit_percent", server_default="50")
    op.add_column("product", sa.Column("deposit_percent", sa.Integer(), nullable=True))
    op.add_column("product", sa.Column("deposit_cents", sa.Integer(), nullable=True))
    op.add_column(
        "shop_order", sa.Column("deposit_kept_cents", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("shop_order", sa.Column("deposit_wording", sa.Text(), nullable=False, server_default=""))
    op.add_column("shop_order", sa.Column("balance_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shop_order", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_shop_order_balance",
        "shop_order",
        ["balance_due_at"],
        postgresql_where=sa.text("balance_due_at IS NOT NULL"),
    )
    # No path of the shop's made such an order; whoever wrote one by hand let it through.
    op.execute(
        "UPDATE shop_order SET released_at = coalesce(confirmed_at, placed_at) WHERE payment_status = 'UNPAID'"
        " AND total_cents > 0 AND status NOT IN ('PENDING_PAYMENT', 'EXPIRED', 'CANCELLED')"
    )
    for (table, name), condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    _keep_deposits("deposit_cents, deposit_kept_cents", _UNLESS_PAID)
    _create_events()


_UNLESS_PAID = (
    "IF OLD.status <> 'PENDING_PAYMENT' OR OLD.payment_status <> 'UNPAID' "
    "OR EXISTS (SELECT FROM ledger_transaction t WHERE t.order_id = OLD.id) "
    "OR EXISTS (SELECT FROM payment p WHERE p.order_id = OLD.id AND p.state IN ('CREATED', 'OPEN')) "
    "THEN RAISE EXCEPTION 'the deposit of an order never changes once somebody pays' "
    "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;"
)
_NEVER = "RAISE EXCEPTION 'the deposit of an order never changes' USING ERRCODE = 'restrict_violation';"


def _keep_deposits(columns: str, refusal: str) -> None:
    """The trigger that keeps what an order asks first as it was said."""
    op.execute("DROP TRIGGER same_deposit ON shop_order")
    op.execute(
        f"CREATE OR REPLACE FUNCTION refuse_other_deposit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refusal} END $$"
    )
    differs = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in columns.split(", "))
    op.execute(
        f"CREATE TRIGGER same_deposit BEFORE UPDATE OF {columns} ON shop_order FOR EACH ROW "
        f"WHEN ({differs}) EXECUTE FUNCTION refuse_other_deposit()"
    )


def _create_events() -> None:
    steps = ", ".join(f"'{step}'" for step in STEPS)
    op.create_table(
        "balance_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.CheckConstraint(f"step IN ({steps})", name=op.f("ck_balance_event_step_known")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_balance_event_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_event")),
        sa.UniqueConstraint("order_id", "due_on", "step", name=op.f("uq_balance_event_order_id_due_on_step")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON balance_event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON balance_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("balance_event")
    _keep_deposits("deposit_cents", _NEVER)
    for table, name in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_index("ix_shop_order_balance", "shop_order")
    for column in ("released_at", "balance_due_at", "deposit_wording", "deposit_kept_cents"):
        op.drop_column("shop_order", column)
    for column in ("deposit_cents", "deposit_percent"):
        op.drop_column("product", column)
    op.alter_column("shop", "deposit_percent", server_default="0")
    for name in SHOP:
        op.drop_column("shop", name)

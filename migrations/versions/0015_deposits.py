"""deposits: the shop's share, what an order asks for first; and what a customer accepted before paying

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ORDER_CHECKS = {
    "deposit_sane": "deposit_cents >= 0 AND (deposit_cents = 0 OR deposit_cents < total_cents)",
    "deposit_asked": "payment_status <> 'DEPOSIT_PAID' OR deposit_cents > 0",
}


def upgrade() -> None:
    op.add_column("shop", sa.Column("deposit_percent", sa.Integer(), nullable=False, server_default="0"))
    op.create_check_constraint(
        op.f("ck_shop_deposit_percent_sane"), "shop", "deposit_percent BETWEEN 0 AND 100"
    )
    op.add_column("shop_order", sa.Column("deposit_cents", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "shop_order", sa.Column("awaits_acceptance", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for name, condition in ORDER_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_shop_order_{name}"), "shop_order", condition)
    # Offers that are out have not been accepted by anybody.
    op.execute(
        "UPDATE shop_order SET awaits_acceptance = true WHERE status = 'PENDING_PAYMENT' "
        "AND id IN (SELECT order_id FROM custom_cake_request WHERE order_id IS NOT NULL)"
    )
    op.execute(
        "CREATE FUNCTION refuse_other_deposit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the deposit of an order never changes' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER same_deposit BEFORE UPDATE OF deposit_cents ON shop_order FOR EACH ROW "
        "WHEN (OLD.deposit_cents <> NEW.deposit_cents) EXECUTE FUNCTION refuse_other_deposit()"
    )
    _create_acceptances()


def _create_acceptances() -> None:
    op.create_table(
        "quote_acceptance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("quote_id", sa.BigInteger(), nullable=False),
        sa.Column("terms_version", sa.String(length=20), nullable=False),
        sa.Column("design_hash", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.CheckConstraint("length(design_hash) = 64", name=op.f("ck_quote_acceptance_hash_whole")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_quote_acceptance_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(["quote_id"], ["quote.id"], name=op.f("fk_quote_acceptance_quote_id_quote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_acceptance")),
        sa.UniqueConstraint("quote_id", name=op.f("uq_quote_acceptance_quote_id")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON quote_acceptance "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON quote_acceptance "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("quote_acceptance")
    op.execute("DROP TRIGGER same_deposit ON shop_order")
    op.execute("DROP FUNCTION refuse_other_deposit()")
    for name in ORDER_CHECKS:
        op.drop_constraint(op.f(f"ck_shop_order_{name}"), "shop_order", type_="check")
    op.drop_column("shop_order", "awaits_acceptance")
    op.drop_column("shop_order", "deposit_cents")
    op.drop_constraint(op.f("ck_shop_deposit_percent_sane"), "shop", type_="check")
    op.drop_column("shop", "deposit_percent")

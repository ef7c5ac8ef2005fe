"""ledger: every kind of movement, what an order holds kept by the database, payments by saved card, disputes

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

BEFORE = ("charge", "refund", "fee", "dispute", "transfer", "reversal")
KINDS = (
    "charge",
    "refund",
    "reversal",
    "fee",
    "dispute",
    "dispute_fee",
    "transfer",
    "adjustment",
    "cash",
    "external_card",
)
SIGN_BEFORE = (
    "(kind = 'charge' AND amount_cents > 0) OR (kind = 'refund' AND amount_cents < 0)"
    " OR kind NOT IN ('charge', 'refund')"
)
SIGN = (
    "CASE WHEN kind IN ('charge', 'reversal') THEN amount_cents > 0"
    " WHEN kind = 'refund' THEN amount_cents < 0 ELSE amount_cents <> 0 END"
)
ORDER_CHECKS = {
    "held_sane": "held_cents >= 0",
    "credited_sane": "credited_cents BETWEEN 0 AND total_cents",
}


def upgrade() -> None:
    _widen_ledger()
    _count_what_is_held()
    _say_for_the_release_before()
    _keep_it()
    op.add_column(
        "payment", sa.Column("channel", sa.String(length=10), nullable=False, server_default="page")
    )
    op.add_column("payment", sa.Column("customer_id", sa.String(length=120), nullable=True))
    op.add_column("payment", sa.Column("payment_method_id", sa.String(length=120), nullable=True))
    op.add_column(
        "payment", sa.Column("off_session", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_check_constraint(op.f("ck_payment_channel_known"), "payment", "channel IN ('page', 'card')")
    op.create_check_constraint(
        op.f("ck_payment_card_named"), "payment", "channel <> 'card' OR payment_method_id IS NOT NULL"
    )
    _create_disputes()


def _widen_ledger() -> None:
    table = "ledger_transaction"
    op.add_column(table, sa.Column("credits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(table, sa.Column("actor_id", sa.BigInteger(), nullable=True))
    op.add_column(table, sa.Column("actor_label", sa.String(length=254), nullable=False, server_default=""))
    op.create_foreign_key(
        op.f("fk_ledger_transaction_actor_id_user_account"), table, "user_account", ["actor_id"], ["id"]
    )
    _checks(KINDS, SIGN)


def _checks(kinds: tuple[str, ...], sign: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    for name, condition in (("kind_known", f"kind IN ({listed})"), ("sign_fits_kind", sign)):
        op.drop_constraint(op.f(f"ck_ledger_transaction_{name}"), "ledger_transaction", type_="check")
        op.create_check_constraint(op.f(f"ck_ledger_transaction_{name}"), "ledger_transaction", condition)


def _count_what_is_held() -> None:
    """What the ledger says so far. A refund lowered the price, unless its payment bought nothing (an alert said so)."""
    op.add_column("payment", sa.Column("surplus", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE payment p SET surplus = true FROM staff_alert a "
        "WHERE a.kind = 'automatic_refund' AND a.unique_key = 'payment\\:' || p.id || '\\:refund'"
    )
    for column in ("held_cents", "credited_cents"):
        op.add_column("shop_order", sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
    op.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER append_only")
    op.execute(
        "UPDATE ledger_transaction t SET credits = true FROM payment p "
        "WHERE p.id = t.payment_id AND t.kind IN ('refund', 'reversal') AND NOT p.surplus"
    )
    op.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER append_only")
    op.execute(
        "UPDATE shop_order o SET held_cents = s.held, credited_cents = s.credited FROM ("
        "SELECT order_id, coalesce(sum(amount_cents) FILTER (WHERE kind IN ('charge', 'refund', 'reversal')), 0) "
        "AS held, coalesce(-sum(amount_cents) FILTER (WHERE credits), 0) AS credited "
        "FROM ledger_transaction GROUP BY order_id) s WHERE s.order_id = o.id"
    )


def _say_for_the_release_before() -> None:
    """Its workers enter refunds until they are restarted, and know nothing of prices that fall: said for them."""
    op.alter_column("ledger_transaction", "credits", server_default=None)
    op.execute(
        "CREATE FUNCTION say_whether_it_credits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.credits IS NULL THEN NEW.credits := NEW.kind IN ('refund', 'reversal') AND NOT EXISTS ("
        "SELECT 1 FROM payment p JOIN staff_alert a ON a.unique_key = 'payment\\:' || p.id || '\\:refund' "
        "WHERE p.id = NEW.payment_id); END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER say_whether_it_credits BEFORE INSERT ON ledger_transaction "
        "FOR EACH ROW EXECUTE FUNCTION say_whether_it_credits()"
    )


def _keep_it() -> None:
    for name, condition in ORDER_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_shop_order_{name}"), "shop_order", condition)
    op.execute(
        "CREATE FUNCTION book_transaction() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE shop_order SET "
        "held_cents = held_cents + CASE WHEN NEW.kind IN ('charge', 'refund', 'reversal', 'adjustment', 'cash', "
        "'external_card') THEN NEW.amount_cents ELSE 0 END, "
        "credited_cents = credited_cents - CASE WHEN NEW.credits THEN NEW.amount_cents ELSE 0 END "
        "WHERE id = NEW.order_id AND currency = NEW.currency; "
        "IF NOT FOUND THEN RAISE EXCEPTION 'the ledger keeps an order''s own currency' "
        "USING ERRCODE = 'check_violation'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER book AFTER INSERT ON ledger_transaction "
        "FOR EACH ROW EXECUTE FUNCTION book_transaction()"
    )
    op.execute(
        "CREATE FUNCTION refuse_other_books() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'what an order holds is kept by the ledger' "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER kept_by_ledger BEFORE UPDATE OF held_cents, credited_cents ON shop_order FOR EACH ROW "
        "WHEN (pg_trigger_depth() = 0 AND (OLD.held_cents <> NEW.held_cents "
        "OR OLD.credited_cents <> NEW.credited_cents)) EXECUTE FUNCTION refuse_other_books()"
    )


def _create_disputes() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stripe_id", sa.String(length=120), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_inquiry", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("due_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('NEEDS_RESPONSE', 'UNDER_REVIEW', 'WON', 'LOST')", name=op.f("ck_dispute_state_known")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_dispute_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name=op.f("fk_dispute_order_id_shop_order")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_dispute_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_dispute_stripe_id")),
    )
    op.create_index(op.f("ix_dispute_order_id"), "dispute", ["order_id"])
    op.create_index(op.f("ix_dispute_payment_id"), "dispute", ["payment_id"])


def downgrade() -> None:
    """Rows of kinds that the release before does not know stop it: an append-only ledger forgets nothing."""
    op.drop_table("dispute")
    op.drop_constraint(op.f("ck_payment_card_named"), "payment", type_="check")
    op.drop_constraint(op.f("ck_payment_channel_known"), "payment", type_="check")
    for column in ("off_session", "payment_method_id", "customer_id", "channel", "surplus"):
        op.drop_column("payment", column)
    op.execute("DROP TRIGGER kept_by_ledger ON shop_order")
    op.execute("DROP FUNCTION refuse_other_books()")
    op.execute("DROP TRIGGER say_whether_it_credits ON ledger_transaction")
    op.execute("DROP FUNCTION say_whether_it_credits()")
    op.execute("DROP TRIGGER book ON ledger_transaction")
    op.execute("DROP FUNCTION book_transaction()")
    for name in ORDER_CHECKS:
        op.drop_constraint(op.f(f"ck_shop_order_{name}"), "shop_order", type_="check")
    op.drop_column("shop_order", "credited_cents")
    op.drop_column("shop_order", "held_cents")
    _checks(BEFORE, SIGN_BEFORE)
    op.drop_constraint(
        op.f("fk_ledger_transaction_actor_id_user_account"), "ledger_transaction", type_="foreignkey"
    )
    for column in ("actor_label", "actor_id", "credits"):
        op.drop_column("ledger_transaction", column)

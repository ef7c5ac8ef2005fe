"""append-only tables, and notices of change

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

APPEND_ONLY = (
    "stock_movement",
    "consent",
    "audit_entry",
    "order_event",
    "ledger_transaction",
    "ticket_event",
)
# topic -> tables whose change outdates the copies that web processes keep (bakery.infra.changes)
TOPICS = {
    "shop": (
        "shop",
        "tax_rate",
        "faq",
        "category",
        "product",
        "variant",
        "product_allergen",
        "product_tag",
        "related_product",
        "picture",
        "review",
        "stock_level",
        "opening_hours",
        "schedule_exception",
        "cutoff",
        "slot_plan",
        "pickup_slot",
    ),
    "kitchen": ("ticket", "shop_order"),
    "people": ("user_account", "login_session"),
}


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('changes', TG_ARGV[0]);
            RETURN NULL;
        END $$
        """
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
    for topic, tables in TOPICS.items():
        for table in tables:
            op.execute(
                f"CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION note_change('{topic}')"
            )


def downgrade() -> None:
    for tables in TOPICS.values():
        for table in tables:
            op.execute(f"DROP TRIGGER note_change ON {table}")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute(f"DROP TRIGGER append_only_truncate ON {table}")
    op.execute("DROP FUNCTION note_change()")
    op.execute("DROP FUNCTION refuse_change()")

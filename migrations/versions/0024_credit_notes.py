"""credit notes are papers like the others: signed, kept and named by their hash; what each part of a refund took of
which line is written down

Revision ID: 0024
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0022"

FIVE_YEARS = sa.text("(now() + interval '5 years')::date")


def upgrade() -> None:
    op.add_column("refund_part", sa.Column("shares", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    for trigger in ("append_only", "append_only_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON credit_note")
    op.add_column("credit_note", sa.Column("signing_key_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_credit_note_signing_key_id_signing_key"),
        "credit_note",
        "signing_key",
        ["signing_key_id"],
        ["id"],
    )
    op.add_column(
        "credit_note", sa.Column("keep_until", sa.Date(), nullable=False, server_default=FIVE_YEARS)
    )
    op.execute(
        "UPDATE credit_note c SET keep_until = (greatest(c.issued_at, o.pickup_at) AT TIME ZONE o.time_zone "
        "+ interval '5 years')::date FROM shop_order o WHERE o.id = c.order_id"
    )
    op.create_index(op.f("ix_credit_note_sha256"), "credit_note", ["sha256"])
    op.create_index(op.f("ix_credit_note_issued_at"), "credit_note", ["issued_at"])
    op.execute(
        "CREATE TRIGGER keep_paper BEFORE UPDATE OR DELETE ON credit_note "
        "FOR EACH ROW EXECUTE FUNCTION keep_paper()"
    )
    op.execute(
        "CREATE TRIGGER keep_paper_truncate BEFORE TRUNCATE ON credit_note "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """The notes stay, with their files."""
    for trigger in ("keep_paper", "keep_paper_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON credit_note")
    op.drop_index(op.f("ix_credit_note_issued_at"), "credit_note")
    op.drop_index(op.f("ix_credit_note_sha256"), "credit_note")
    op.drop_column("credit_note", "keep_until")
    op.drop_constraint(op.f("fk_credit_note_signing_key_id_signing_key"), "credit_note", type_="foreignkey")
    op.drop_column("credit_note", "signing_key_id")
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OF series, number, request_id, order_id, issued_at, "
        "snapshot ON credit_note FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON credit_note "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.drop_column("refund_part", "shares")

"""credit notes: signed and kept like every other paper

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

# What code of the release before gives its notes, too.
FIVE_YEARS = sa.text("(now() + interval '5 years')::date")


def upgrade() -> None:
    op.add_column("credit_note", sa.Column("signing_key_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_credit_note_signing_key_id_signing_key"),
        "credit_note",
        "signing_key",
        ["signing_key_id"],
        ["id"],
    )
    op.add_column("credit_note", sa.Column("keep_until", sa.Date(), nullable=True))
    op.execute(
        "UPDATE credit_note n SET keep_until = (greatest(n.issued_at, o.pickup_at) AT TIME ZONE o.time_zone "
        "+ interval '5 years')::date FROM shop_order o WHERE o.id = n.order_id"
    )
    op.alter_column("credit_note", "keep_until", nullable=False, server_default=FIVE_YEARS)
    op.create_index(op.f("ix_credit_note_sha256"), "credit_note", ["sha256"])
    op.create_index(op.f("ix_credit_note_issued_at"), "credit_note", ["issued_at"])
    op.execute("DROP TRIGGER append_only ON credit_note")
    op.execute(
        "CREATE TRIGGER keep_paper BEFORE UPDATE OR DELETE ON credit_note "
        "FOR EACH ROW EXECUTE FUNCTION keep_paper()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_paper ON credit_note")
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OF series, number, request_id, order_id, issued_at, "
        "snapshot ON credit_note FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.drop_index(op.f("ix_credit_note_issued_at"), "credit_note")
    op.drop_index(op.f("ix_credit_note_sha256"), "credit_note")
    op.drop_column("credit_note", "keep_until")
    op.drop_constraint(op.f("fk_credit_note_signing_key_id_signing_key"), "credit_note", type_="foreignkey")
    op.drop_column("credit_note", "signing_key_id")

"""what was learned of servings from staff's own counts

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "servings_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("cakes", sa.Integer(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("last_quote_id", sa.BigInteger(), nullable=False),
        sa.Column("factors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.CheckConstraint("length(fingerprint) = 64", name=op.f("ck_servings_version_fingerprint_whole")),
        sa.CheckConstraint(
            "0 <= corrections AND corrections <= cakes", name=op.f("ck_servings_version_counts_sane")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servings_version")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON servings_version "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON servings_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # What processes remember of it (models), and the pages that count with it (shop).
    for topic in ("models", "shop"):
        op.execute(
            f"CREATE TRIGGER note_change_{topic} AFTER INSERT ON servings_version "
            f"FOR EACH STATEMENT EXECUTE FUNCTION note_change('{topic}')"
        )


def downgrade() -> None:
    op.drop_table("servings_version")

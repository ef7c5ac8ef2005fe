"""versions of the price model with their files, and the trainings that make them

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

IS_SERVING = "state = 'SERVING'"
IS_OPEN = "state IN ('QUEUED', 'RUNNING')"


def upgrade() -> None:
    op.create_table(
        "price_model_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('CANDIDATE', 'SERVING', 'RETIRED', 'REJECTED')",
            name=op.f("ck_price_model_version_state_known"),
        ),
        sa.CheckConstraint("length(manifest_sha256) = 64", name=op.f("ck_price_model_version_hash_whole")),
        sa.CheckConstraint(f"NOT chosen OR {IS_SERVING}", name=op.f("ck_price_model_version_chosen_serves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_model_version")),
        sa.UniqueConstraint("name", name=op.f("uq_price_model_version_name")),
    )
    op.create_index(
        "uq_price_model_version_serving",
        "price_model_version",
        ["state"],
        unique=True,
        postgresql_where=IS_SERVING,
    )
    op.create_table(
        "price_model_file",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["price_model_version.id"],
            name=op.f("fk_price_model_file_version_id_price_model_version"),
        ),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_price_model_file")),
    )
    op.create_table(
        "price_model_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_price_model_event_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["price_model_version.id"],
            name=op.f("fk_price_model_event_version_id_price_model_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_model_event")),
    )
    op.create_index(op.f("ix_price_model_event_version_id"), "price_model_event", ["version_id"])
    op.create_table(
        "price_retraining",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=500), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(length=254), nullable=False),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'RUNNING', 'DONE', 'REFUSED', 'FAILED')",
            name=op.f("ck_price_retraining_state_known"),
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_price_retraining_percent_sane")),
        sa.CheckConstraint(f"({IS_OPEN}) = (ended_at IS NULL)", name=op.f("ck_price_retraining_ended_once")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_price_retraining_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["price_model_version.id"],
            name=op.f("fk_price_retraining_version_id_price_model_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_retraining")),
    )
    op.create_index(
        "uq_price_retraining_open", "price_retraining", ["model"], unique=True, postgresql_where=IS_OPEN
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON price_model_event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON price_model_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # Web processes load another version the moment one is put into service (bakery.infra.memo).
    op.execute(
        "CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON price_model_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_change('models')"
    )


def downgrade() -> None:
    for table in ("price_retraining", "price_model_event", "price_model_file", "price_model_version"):
        op.drop_table(table)

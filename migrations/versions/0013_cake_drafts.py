"""drafts of custom cakes with their pictures; what a customer agreed to and stated when sending one

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "custom_cake_request",
        sa.Column("sms_agreed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "custom_cake_request", sa.Column("rights_stated_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_constraint(op.f("uq_custom_cake_picture_key"), "custom_cake_picture", type_="unique")
    op.create_unique_constraint(
        op.f("uq_custom_cake_picture_request_id_key"), "custom_cake_picture", ["request_id", "key"]
    )
    op.create_index("ix_custom_cake_picture_key", "custom_cake_picture", ["key"])
    op.create_table(
        "custom_cake_draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("submit_key", sa.String(length=64), nullable=False),
        sa.Column("typed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("design", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(token_digest) = 64", name=op.f("ck_custom_cake_draft_digest_whole")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_custom_cake_draft_version_positive")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_custom_cake_draft_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_draft")),
        sa.UniqueConstraint(
            "token_digest", "subject", name=op.f("uq_custom_cake_draft_token_digest_subject")
        ),
    )
    op.create_index("ix_custom_cake_draft_updated_at", "custom_cake_draft", ["updated_at"])
    op.create_index(op.f("ix_custom_cake_draft_user_id"), "custom_cake_draft", ["user_id"])
    op.create_table(
        "custom_cake_upload",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "width > 0 AND height > 0 AND size_bytes > 0", name=op.f("ck_custom_cake_upload_size_sane")
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["custom_cake_draft.id"],
            name=op.f("fk_custom_cake_upload_draft_id_custom_cake_draft"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_cake_upload")),
    )
    op.create_index("ix_custom_cake_upload_draft", "custom_cake_upload", ["draft_id"])
    op.create_index("ix_custom_cake_upload_key", "custom_cake_upload", ["key"])


def downgrade() -> None:
    op.drop_table("custom_cake_upload")
    op.drop_table("custom_cake_draft")
    op.drop_index("ix_custom_cake_picture_key", table_name="custom_cake_picture")
    op.drop_constraint(op.f("uq_custom_cake_picture_request_id_key"), "custom_cake_picture", type_="unique")
    # Of several requests that share a file, the first keeps it: a file could have one request only.
    op.execute(
        "DELETE FROM custom_cake_picture later USING custom_cake_picture first "
        "WHERE later.key = first.key AND later.id > first.id"
    )
    op.create_unique_constraint(op.f("uq_custom_cake_picture_key"), "custom_cake_picture", ["key"])
    op.drop_column("custom_cake_request", "rights_stated_at")
    op.drop_column("custom_cake_request", "sms_agreed")

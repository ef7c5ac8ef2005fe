"""how large a slice is, so that cakes can be counted in servings

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Tenths of a millimetre; the shop that is there gets them too.
SIZES = {
    "wedding_slice_width_tenth_mm": 254,
    "wedding_slice_depth_tenth_mm": 508,
    "party_slice_width_tenth_mm": 381,
    "party_slice_depth_tenth_mm": 508,
    "slice_height_tenth_mm": 1000,
}


def upgrade() -> None:
    for name, size in SIZES.items():
        op.add_column("shop", sa.Column(name, sa.Integer(), nullable=False, server_default=str(size)))
    op.create_check_constraint(
        op.f("ck_shop_slices_sane"), "shop", " AND ".join(f"{name} BETWEEN 100 AND 3000" for name in SIZES)
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_shop_slices_sane"), "shop", type_="check")
    for name in SIZES:
        op.drop_column("shop", name)

"""Let retention know what it removed, and let shops be deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

MOMENTS = (
    ("shops", "deleted_at"),
    ("orders", "content_purged_at"),
    ("problem_reports", "purged_at"),
    ("service_requests", "purged_at"),
)
SEALED = "sealed_email IS NOT NULL OR sealed_address IS NOT NULL OR sealed_vat_number IS NOT NULL"
HAS_CONTENT = "content_purged_at IS NULL"


def upgrade() -> None:
    for table, name in MOMENTS:
        # Not in a batch: a column that may be empty costs nothing, a copy of a long table does.
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True)))
    op.drop_index("ix_orders_purge_on", "orders")
    _index("ix_orders_sealed", ["shop_id", "purge_on", "id"], SEALED)
    _index("ix_orders_with_content", ["shop_id", "purchased_at", "id"], HAS_CONTENT)
    op.create_table(
        "privacy_purges",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "shop_id", "what", name="pk_privacy_purges"),
    )
    op.create_index("ix_privacy_purges_shop_id_day", "privacy_purges", ["shop_id", "day"])


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "orders", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("privacy_purges")
    for name in ("ix_orders_with_content", "ix_orders_sealed"):
        op.drop_index(name, "orders")
    op.create_index("ix_orders_purge_on", "orders", ["purge_on"])
    for table, name in reversed(MOMENTS):
        op.drop_column(table, name)

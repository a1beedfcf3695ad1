"""Add the migrations of past sales, and which orders they brought in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_UNFINISHED = sa.text("state IN ('counting', 'quoted', 'approved', 'running', 'paused')")
IS_MIGRATED = sa.text("sale_migration_id IS NOT NULL")
NUMBERS = ("found", "posted", "already", "skipped", "errors")
TIMES = ("quoted_at", "approved_at", "paid_at", "ended_at")


def upgrade() -> None:
    op.create_table(
        "sale_migrations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.String(64), nullable=False),
        sa.Column("marketplace_id", sa.String(20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("checkout_id", sa.String(36)),
        sa.Column("position", sa.JSON()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(60)),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in NUMBERS),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in TIMES),
        _key("sale_migrations", "shop_id", "shops"),
        _key("sale_migrations", "requested_by", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_sale_migrations"),
        sa.UniqueConstraint("public_id", name="uq_sale_migrations_public_id"),
    )
    op.create_index(
        "uq_sale_migrations_shop_id_unfinished",
        "sale_migrations",
        ["shop_id"],
        unique=True,
        sqlite_where=IS_UNFINISHED,
        postgresql_where=IS_UNFINISHED,
    )
    op.create_index("ix_sale_migrations_shop_id_created_at", "sale_migrations", ["shop_id", "created_at"])
    _add_to_orders()


def _add_to_orders() -> None:
    """Add the column without copying the table, which may be long."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE orders ADD COLUMN sale_migration_id BIGINT REFERENCES sale_migrations (id)")
    else:
        op.add_column("orders", sa.Column("sale_migration_id", sa.BigInteger()))
        op.create_foreign_key(
            "fk_orders_sale_migration_id_sale_migrations", "orders", "sale_migrations", ["sale_migration_id"], ["id"]
        )
    op.create_index(
        "ix_orders_sale_migration_id_state",
        "orders",
        ["sale_migration_id", "state", "purchased_at", "id"],
        sqlite_where=IS_MIGRATED,
        postgresql_where=IS_MIGRATED,
    )


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def downgrade() -> None:
    op.drop_index("ix_orders_sale_migration_id_state", table_name="orders")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_orders_sale_migration_id_sale_migrations", "orders", type_="foreignkey")
    op.drop_column("orders", "sale_migration_id")
    op.drop_table("sale_migrations")

"""Add impersonations, and let nobody replace an audit event either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "impersonations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.String(9)),
        sa.Column("raised_at", sa.DateTime(timezone=True)),
        sa.Column("raised_reason", sa.String(500)),
        *(
            _key(column, target)
            for column, target in (("staff_id", "users"), ("user_id", "users"), ("shop_id", "shops"))
        ),
        sa.PrimaryKeyConstraint("id", name="pk_impersonations"),
        sa.UniqueConstraint("public_id", name="uq_impersonations_public_id"),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_impersonations_running",
        "impersonations",
        ["staff_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_index("ix_impersonations_shop_id", "impersonations", ["shop_id", "started_at"])
    if op.get_bind().dialect.name == "sqlite":
        # INSERT OR REPLACE removes the row that was there without asking a trigger about it.
        op.execute(
            """
            CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
            WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
            BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END
            """
        )


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_impersonations_{column}_{target}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_no_replace")
    op.drop_table("impersonations")

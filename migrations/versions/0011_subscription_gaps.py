"""Add the times without a subscription, and find open checkouts without reading all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("shops") as shops:
        shops.add_column(sa.Column("has_gaps", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "subscription_gaps",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.String(5)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.BigInteger()),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_subscription_gaps_shop_id_shops"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_subscription_gaps_decided_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_subscription_gaps"),
    )
    op.create_index("ix_subscription_gaps_shop_id", "subscription_gaps", ["shop_id"])
    op.create_index("ix_checkouts_state_created_at", "checkouts", ["state", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_checkouts_state_created_at", "checkouts")
    op.drop_table("subscription_gaps")
    with op.batch_alter_table("shops") as shops:
        shops.drop_column("has_gaps")

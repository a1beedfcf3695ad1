"""Add what sales orders, payments, ICP and rates per product need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SWITCHES = ("may_post_orders", "may_post_payments", "are_payments_posted", "has_sku_rates")
CHOICES = ("template_id", "order_cost_centre_id", "journal_id", "clearing_ledger_id")


def upgrade() -> None:
    with op.batch_alter_table("shops") as shops:
        for name in SWITCHES:
            shops.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        for name in CHOICES:
            shops.add_column(sa.Column(name, sa.String(36)))
        shops.add_column(sa.Column("price_model", sa.String(9), nullable=False, server_default="EXCLUSIVE"))
        shops.add_column(sa.Column("revenue_groups", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("sealed_vat_number", sa.Text()))
        orders.add_column(sa.Column("vat_number_check", sa.JSON()))
    op.create_table(
        "article_links",
        sa.Column("administration_id", sa.String(36), nullable=False),
        sa.Column("code", sa.String(255), nullable=False),
        sa.Column("article_id", sa.String(36), nullable=False),
        sa.Column("revenue_kind", sa.String(8), nullable=False),
        sa.Column("percentage", sa.String(12)),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id"],
            ["administrations.administration_id"],
            name="fk_article_links_administration_id_administrations",
        ),
        sa.PrimaryKeyConstraint("administration_id", "code", name="pk_article_links"),
    )
    op.create_table(
        "sku_rates",
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.String(100), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("percentage", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_sku_rates_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "sku", "country", name="pk_sku_rates"),
    )


def downgrade() -> None:
    op.drop_table("sku_rates")
    op.drop_table("article_links")
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("vat_number_check")
        orders.drop_column("sealed_vat_number")
    with op.batch_alter_table("shops") as shops:
        for name in ("revenue_groups", "price_model", *CHOICES, *SWITCHES):
            shops.drop_column(name)

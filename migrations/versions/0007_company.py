"""Add checkouts, invoices, what stands on them, and who of the staff did something."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BILLING = {"billing_name": 100, "billing_address": 100, "billing_postal_code": 12, "billing_city": 60}


def upgrade() -> None:
    with op.batch_alter_table("shops") as shops:
        for name, length in BILLING.items():
            shops.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        shops.add_column(sa.Column("billing_country", sa.String(2), nullable=False, server_default="NL"))
    _add_staff()
    op.create_table(
        "checkouts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("product", sa.String(12), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.String(36)),
        *_amounts(),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("payment_id", sa.String(40)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
        _key("checkouts", "shop_id", "shops"),
        _key("checkouts", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_checkouts"),
        sa.UniqueConstraint("public_id", name="uq_checkouts_public_id"),
        sa.UniqueConstraint("payment_id", name="uq_checkouts_payment_id"),
    )
    op.create_index("ix_checkouts_shop_id_created_at", "checkouts", ["shop_id", "created_at"])
    _create_invoices()


def _add_staff() -> None:
    """Add the column without copying the table: its triggers refuse to change a row, and it may be long."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE audit_events ADD COLUMN staff_id BIGINT REFERENCES users (id)")
        return
    op.add_column("audit_events", sa.Column("staff_id", sa.BigInteger()))
    op.create_foreign_key("fk_audit_events_staff_id_users", "audit_events", "users", ["staff_id"], ["id"])


def _create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("checkout_id", sa.BigInteger()),
        sa.Column("credits_id", sa.BigInteger()),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("seller", sa.JSON(), nullable=False),
        sa.Column("customer", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("vat_treatment", sa.String(14), nullable=False),
        sa.Column("vat_percentage", sa.String(6), nullable=False),
        *_amounts(),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _key("invoices", "shop_id", "shops"),
        _key("invoices", "checkout_id", "checkouts"),
        _key("invoices", "credits_id", "invoices"),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("public_id", name="uq_invoices_public_id"),
        sa.UniqueConstraint("year", "sequence", name="uq_invoices_year_sequence"),
        sa.UniqueConstraint("number", name="uq_invoices_number"),
        sa.UniqueConstraint("checkout_id", name="uq_invoices_checkout_id"),
        sa.UniqueConstraint("credits_id", name="uq_invoices_credits_id"),
    )
    op.create_index("ix_invoices_shop_id_issued_on", "invoices", ["shop_id", "issued_on"])
    op.create_table(
        "invoice_counters",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_invoice_counters"),
    )


def _amounts() -> tuple[sa.Column[int], ...]:
    """The amounts of a checkout or an invoice, in cents."""
    return tuple(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("net", "vat", "total"))


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def downgrade() -> None:
    for table in ("invoice_counters", "invoices", "checkouts"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_audit_events_staff_id_users", "audit_events", type_="foreignkey")
    op.drop_column("audit_events", "staff_id")
    with op.batch_alter_table("shops") as shops:
        for name in (*BILLING, "billing_country"):
            shops.drop_column(name)

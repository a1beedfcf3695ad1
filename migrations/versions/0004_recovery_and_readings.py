"""Add what finds documents again: recovery epochs, bulk readings, generations and nightly checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def _of_administration(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(
        ["administration_id"],
        ["administrations.administration_id"],
        name=f"fk_{table}_administration_id_administrations",
    )
    return sa.Column("administration_id", sa.String(36), nullable=False), key


def upgrade() -> None:
    op.create_table(
        "recovery_epochs",
        *_of_administration("recovery_epochs"),
        sa.Column("backup_at", MOMENT),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("administration_id", name="pk_recovery_epochs"),
    )
    op.create_table(
        "document_readings",
        *_of_administration("document_readings"),
        *(sa.Column(name, MOMENT) for name in ("reach_at", "until_at", "began_at", "since_at")),
        sa.Column("kind", sa.String(12)),
        sa.Column("skip", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", name="pk_document_readings"),
    )
    op.create_table(
        "found_documents",
        *_of_administration("found_documents"),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("amazon_order_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("total", sa.BigInteger()),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "document_id", name="pk_found_documents"),
    )
    op.create_index("ix_found_documents_amazon_order_id", "found_documents", ["amazon_order_id"])
    with op.batch_alter_table("postings") as postings:
        postings.add_column(sa.Column("generation", sa.Integer(), nullable=False, server_default="1"))
        postings.add_column(sa.Column("seen_at", MOMENT))
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("seen_at", MOMENT))
        orders.add_column(sa.Column("skipped_at", MOMENT))
    with op.batch_alter_table("schedules") as schedules:
        schedules.add_column(sa.Column("night_at", MOMENT))
        schedules.alter_column("page_token", existing_type=sa.String(2000), type_=sa.Text(), existing_nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("schedules") as schedules:
        schedules.alter_column("page_token", existing_type=sa.Text(), type_=sa.String(2000), existing_nullable=True)
        schedules.drop_column("night_at")
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("skipped_at")
        orders.drop_column("seen_at")
    with op.batch_alter_table("postings") as postings:
        postings.drop_column("seen_at")
        postings.drop_column("generation")
    for table in ("found_documents", "document_readings", "recovery_epochs"):
        op.drop_table(table)

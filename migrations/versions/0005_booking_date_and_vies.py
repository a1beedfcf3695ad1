"""Add the booking date of a shop, VIES's answers of the day and a position in the index of relations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

READING = ("relations_since_at", "relations_started_at", "relations_latest_at")


def upgrade() -> None:
    with op.batch_alter_table("shops") as shops:
        shops.add_column(sa.Column("booking_date", sa.String(5), nullable=False, server_default="order"))
    with op.batch_alter_table("administrations") as administrations:
        administrations.add_column(sa.Column("relations_position", sa.Integer(), nullable=False, server_default="0"))
        for name in READING:
            administrations.add_column(sa.Column(name, sa.DateTime(timezone=True)))
    op.create_table(
        "vies_consultations",
        sa.Column("administration_id", sa.String(36), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("is_valid", sa.Boolean(), nullable=False),
        sa.Column("consultation", sa.String(40)),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id"],
            ["administrations.administration_id"],
            name="fk_vies_consultations_administration_id_administrations",
        ),
        sa.PrimaryKeyConstraint("administration_id", "fingerprint", name="pk_vies_consultations"),
    )


def downgrade() -> None:
    op.drop_table("vies_consultations")
    with op.batch_alter_table("administrations") as administrations:
        for name in (*READING, "relations_position"):
            administrations.drop_column(name)
    with op.batch_alter_table("shops") as shops:
        shops.drop_column("booking_date")

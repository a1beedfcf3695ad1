"""Add accounts, mail, reports and what the setup asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SHOP_TEXTS = {"kvk_number": 8, "vat_number": 14, "extra_email": 254}
SHOP_SWITCHES = ("is_support_allowed", "is_digest_wanted")
SHOP_OPTIONAL = (
    ("is_fba_used", sa.Boolean()),
    ("setup_finished_at", sa.DateTime(timezone=True)),
    ("active_until", sa.Date()),
)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("sealed_totp_secret", sa.Text()))
        users.add_column(sa.Column("is_totp_on", sa.Boolean(), nullable=False, server_default=sa.false()))
        users.add_column(sa.Column("totp_last_step", sa.Integer()))
        users.add_column(sa.Column("recovery_digests", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("shops") as shops:
        for name, length in SHOP_TEXTS.items():
            shops.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        for name in SHOP_SWITCHES:
            shops.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
        for name, kind in SHOP_OPTIONAL:
            shops.add_column(sa.Column(name, kind))
    with op.batch_alter_table("schedules") as schedules:
        for name in ("reviews_asked", "review_number"):
            schedules.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        schedules.add_column(sa.Column("review_position", sa.JSON()))
    only_settings = sa.text("action = 'setting_changed'")
    op.create_index(
        "ix_audit_events_settings",
        "audit_events",
        ["shop_id", "id"],
        sqlite_where=only_settings,
        postgresql_where=only_settings,
    )
    _create_account_tables()
    _create_report_tables()
    _create_health_tables()


def _create_account_tables() -> None:
    op.create_table(
        "account_links",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("shop_id", sa.BigInteger()),
        sa.Column("role", sa.String(12)),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        _key("account_links", "user_id", "users"),
        _key("account_links", "shop_id", "shops"),
        _key("account_links", "created_by", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_account_links"),
        sa.UniqueConstraint("token_digest", name="uq_account_links_token_digest"),
    )
    op.create_index("ix_account_links_email", "account_links", ["email"])
    op.create_table(
        "agreements",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(12), nullable=False),
        sa.Column("version", sa.String(10), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        _key("agreements", "shop_id", "shops"),
        _key("agreements", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
        sa.UniqueConstraint("shop_id", "document", "version", name="uq_agreements_shop_id_document_version"),
    )
    op.create_table(
        "installer_grants",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        _key("installer_grants", "shop_id", "shops"),
        _key("installer_grants", "granted_by", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_installer_grants"),
    )
    op.create_index("ix_installer_grants_shop_id_expires_at", "installer_grants", ["shop_id", "expires_at"])
    op.create_table(
        "mails",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("cause", sa.String(160), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("shop_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("sealed_content", sa.Text()),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.String(60)),
        _key("mails", "shop_id", "shops"),
        _key("mails", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("cause", name="uq_mails_cause"),
    )
    op.create_index("ix_mails_state_due_at", "mails", ["state", "due_at"])
    op.create_index("ix_mails_shop_id_created_at", "mails", ["shop_id", "created_at"])
    op.create_table(
        "told_errors",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        _key("told_errors", "order_id", "orders"),
        sa.PrimaryKeyConstraint("order_id", name="pk_told_errors"),
    )


def _create_report_tables() -> None:
    op.create_table(
        "problem_reports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("reply", sa.Text()),
        sa.Column("replied_by", sa.BigInteger()),
        sa.Column("replied_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _key("problem_reports", "shop_id", "shops"),
        _key("problem_reports", "order_id", "orders"),
        _key("problem_reports", "user_id", "users"),
        _key("problem_reports", "replied_by", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_problem_reports"),
        sa.UniqueConstraint("public_id", name="uq_problem_reports_public_id"),
    )
    op.create_index("ix_problem_reports_shop_id_created_at", "problem_reports", ["shop_id", "created_at"])
    op.create_index("ix_problem_reports_order_id", "problem_reports", ["order_id"])
    op.create_index("ix_problem_reports_state_created_at", "problem_reports", ["state", "created_at"])
    op.create_table(
        "service_requests",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        _key("service_requests", "shop_id", "shops"),
        _key("service_requests", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_service_requests"),
        sa.UniqueConstraint("public_id", name="uq_service_requests_public_id"),
    )
    op.create_index("ix_service_requests_shop_id_created_at", "service_requests", ["shop_id", "created_at"])
    op.create_index("ix_service_requests_state_created_at", "service_requests", ["state", "created_at"])


def _create_health_tables() -> None:
    op.create_table(
        "health_checks",
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("results", sa.JSON(), nullable=False),
        _key("health_checks", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("shop_id", name="pk_health_checks"),
    )
    op.create_table(
        "refund_readings",
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("position", sa.JSON()),
        sa.Column("refusal_code", sa.String(60)),
        _key("refund_readings", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("shop_id", name="pk_refund_readings"),
    )
    op.create_table(
        "refund_months",
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("refunds", sa.Integer(), nullable=False),
        sa.Column("without_vat", sa.Integer(), nullable=False),
        sa.Column("total_incl_vat", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        _key("refund_months", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("shop_id", "month", name="pk_refund_months"),
    )


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def downgrade() -> None:
    for table in (
        "refund_months",
        "refund_readings",
        "health_checks",
        "service_requests",
        "problem_reports",
        "told_errors",
        "mails",
        "installer_grants",
        "agreements",
        "account_links",
    ):
        op.drop_table(table)
    op.drop_index("ix_audit_events_settings", table_name="audit_events")
    with op.batch_alter_table("schedules") as schedules:
        for name in ("review_position", "review_number", "reviews_asked"):
            schedules.drop_column(name)
    with op.batch_alter_table("shops") as shops:
        for name in (*(name for name, _ in SHOP_OPTIONAL), *SHOP_SWITCHES, *SHOP_TEXTS):
            shops.drop_column(name)
    with op.batch_alter_table("users") as users:
        for name in ("recovery_digests", "totp_last_step", "is_totp_on", "sealed_totp_secret"):
            users.drop_column(name)

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
    ("vat_confirmed_at", sa.DateTime(timezone=True)),
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
        schedules.add_column(sa.Column("trial_order_id", sa.BigInteger()))
    only_settings = sa.text("action = 'setting_changed'")
    op.create_index(
        "ix_audit_events_settings",
        "audit_events",
        ["shop_id", "id"],
        sqlite_where=only_settings,
        postgresql_where=only_settings,
    )
    _prepare_setup()
    _create_account_tables()
    _create_report_tables()
    _create_health_tables()
    _prepare_lists()


def _prepare_setup() -> None:
    op.create_table(
        "pending_connections",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("remote", sa.String(12), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("sealed_secret", sa.Text()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _key("pending_connections", "shop_id", "shops"),
        _key("pending_connections", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_pending_connections"),
        sa.UniqueConstraint("token_digest", name="uq_pending_connections_token_digest"),
    )
    op.create_index("ix_pending_connections_shop_id_user_id", "pending_connections", ["shop_id", "user_id"])


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


FIRST_ISSUE_CODE = {
    "sqlite": "COALESCE(json_extract(issues, '$[0].code'), '')",
    "postgresql": "COALESCE(((issues -> 0) ->> 'code'::text), ''::text)",
}
LIST_INDEXES = {
    "ix_orders_shop_id_purchased_at": ("orders", ["shop_id", "purchased_at", "id"], None),
    "ix_orders_shop_id_state_issue_code": (
        "orders",
        ["shop_id", "state", "issue_code", "purchased_at", "id"],
        None,
    ),
    "ix_orders_cancelled_after_posting": (
        "orders",
        ["shop_id", "purchased_at", "id"],
        "cancelled_after_posting_at IS NOT NULL",
    ),
    "ix_orders_changed_at_amazon": ("orders", ["shop_id", "purchased_at", "id"], "amazon_total <> total"),
    "ix_postings_shop_id_external_number": ("postings", ["shop_id", "external_number"], None),
    "ix_audit_events_about_the_shop": ("audit_events", ["shop_id", "at", "id"], "order_id IS NULL"),
}


def _prepare_lists() -> None:
    """Give the lists what they group, search and add up by."""
    dialect = op.get_bind().dialect.name
    # SQLite can add a computed column to a table that exists only when it is not stored.
    first_code = sa.Computed(FIRST_ISSUE_CODE[dialect], persisted=dialect == "postgresql")
    op.add_column("orders", sa.Column("issue_code", sa.String(48), first_code))
    op.add_column("orders", sa.Column("amazon_total", sa.BigInteger()))
    op.execute("UPDATE orders SET amazon_total = total")
    op.execute(
        "INSERT INTO daily_totals (shop_id, day, state, orders, total)"
        " SELECT shop_id, day, 'amazon', SUM(orders), SUM(total) FROM daily_totals GROUP BY shop_id, day"
    )
    op.add_column("postings", sa.Column("rates", sa.JSON()))
    for name, (table, columns, condition) in LIST_INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "rate_totals",
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("treatment", sa.String(48), nullable=False),
        sa.Column("country", sa.String(8), nullable=False),
        sa.Column("percentage", sa.String(12), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        _key("rate_totals", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("shop_id", "day", "treatment", "country", "percentage", name="pk_rate_totals"),
    )


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def _take_lists_back() -> None:
    for name, (table, _columns, _condition) in LIST_INDEXES.items():
        op.drop_index(name, table)
    op.execute("DELETE FROM daily_totals WHERE state = 'amazon'")
    for table, columns in {"orders": ("issue_code", "amazon_total"), "postings": ("rates",)}.items():
        for column in columns:
            op.drop_column(table, column)
    op.drop_table("rate_totals")


def downgrade() -> None:
    _take_lists_back()
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
        "pending_connections",
    ):
        op.drop_table(table)
    op.drop_index("ix_audit_events_settings", table_name="audit_events")
    with op.batch_alter_table("schedules") as schedules:
        for name in ("trial_order_id", "review_position", "review_number", "reviews_asked"):
            schedules.drop_column(name)
    with op.batch_alter_table("shops") as shops:
        for name in (*(name for name, _ in SHOP_OPTIONAL), *SHOP_SWITCHES, *SHOP_TEXTS):
            shops.drop_column(name)
    with op.batch_alter_table("users") as users:
        for name in ("recovery_digests", "totp_last_step", "is_totp_on", "sealed_totp_secret"):
            users.drop_column(name)

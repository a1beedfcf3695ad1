"""Let staff find an order by its number and see errors over all shops; who took up a report or a request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INDEXES = {
    "ix_shops_created_at": ("shops", ["created_at", "id"], None),
    "ix_orders_amazon_order_id": ("orders", ["amazon_order_id"], None),
    "ix_orders_recent_errors": ("orders", ["first_seen_at", "issue_code", "shop_id"], "state = 'error'"),
    "ix_daily_totals_unfinished": (
        "daily_totals",
        ["state", "shop_id", "orders"],
        "orders > 0 AND state IN ('error', 'open', 'unknown')",
    ),
    "ix_budgets_paused_until": ("budgets", ["paused_until"], None),
}
REPORTS, REQUESTS = "problem_reports", "service_requests"


def upgrade() -> None:
    for name, (table, columns, condition) in INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    with op.batch_alter_table(REPORTS) as reports:
        reports.add_column(sa.Column("taken_by", sa.BigInteger()))
        reports.create_foreign_key("fk_problem_reports_taken_by_users", "users", ["taken_by"], ["id"])
    with op.batch_alter_table(REQUESTS) as requests:
        requests.add_column(sa.Column("taken_by", sa.BigInteger()))
        requests.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        requests.create_foreign_key("fk_service_requests_taken_by_users", "users", ["taken_by"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table(REQUESTS) as requests:
        requests.drop_constraint("fk_service_requests_taken_by_users", type_="foreignkey")
        requests.drop_column("note")
        requests.drop_column("taken_by")
    with op.batch_alter_table(REPORTS) as reports:
        reports.drop_constraint("fk_problem_reports_taken_by_users", type_="foreignkey")
        reports.drop_column("taken_by")
    for name, (table, _columns, _condition) in reversed(INDEXES.items()):
        op.drop_index(name, table)

"""Run the migrations with the application's engine; revisions themselves never import the models."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import types
from sqlalchemy.types import TypeDecorator

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our own column types as the plain types they are stored as."""
    if kind == "type" and isinstance(item, TypeDecorator):
        inner = item.impl_instance
        if isinstance(inner, types.DateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(inner, types.BigInteger):
            return "sa.BigInteger()"
        if isinstance(inner, types.String):
            return f"sa.String(length={inner.length})"
    return False


def run_migrations() -> None:
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=False,
        )
        if connection.dialect.name == "postgresql":
            # Two releases may start at once, and no migration may block the shops for long.
            connection.exec_driver_sql("SELECT pg_advisory_lock(4203)")
            connection.exec_driver_sql("SET lock_timeout = '5s'")
            connection.commit()
        with context.begin_transaction():
            context.run_migrations()


run_migrations()

"""Migrations of past sales."""

from __future__ import annotations


def mark_paid(public_id: str) -> None:
    """Let a paid migration begin; part of the caller's transaction."""

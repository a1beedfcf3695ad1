"""What staff may do while they act as a user: the one place that decides it.

What stands nowhere here is refused, also to look at; a test demands a line for every address there is.
"""

from __future__ import annotations

from enum import StrEnum

from webshop.security_headers import SAFE_METHODS


class Access(StrEnum):
    READ = "read"
    """Looked at; never written."""
    WRITE = "write"
    """Looked at, and written once changes are allowed."""
    FORBIDDEN = "forbidden"
    """Neither: keys, passwords, addresses, people, payment, terms, data leaving us."""
    OWN = "own"
    """What acting as somebody else itself consists of."""


FORBIDDEN_AREAS = ("auth", "oauth", "subscription", "support", "webhooks")
"""Blueprints that are closed as a whole, whatever is added to them."""

ENDPOINTS: dict[str, Access] = {
    **dict.fromkeys(
        (
            "static",
            "health.alive",
            "health.ready",
            "public.index",
            "public.privacy",
            "public.signed_up",
            "public.terms",
            "help.article",
            "help.index",
            "migration.index",
            "migration.progress",
            "migration.show",
            "activity.index",
            "activity.runs",
            "check.index",
            "check.lights",
            "check.refunds",
            "check.threshold",
            "configuration.ask_reset",
            "configuration.edit",
            "configuration.edit_row",
            "configuration.index",
            "configuration.new_row",
            "configuration.rates",
            "configuration.rates_template",
            "dashboard.errors",
            "dashboard.fetch_status",
            "dashboard.index",
            "dashboard.open_orders",
            "dashboard.report",
            "dashboard.shops",
            "dashboard.tabs",
            "orders.calculation",
            "orders.customer",
            "orders.row",
            "orders.show",
            "profile.index",
            "reconciliation.index",
            "setup.ask_reset",
            "setup.edit_row",
            "setup.help_request",
            "setup.index",
            "setup.new_row",
            "setup.settings",
            "setup.terms",
            "setup.trial_orders",
            "setup.trial_run",
            "setup.vat",
        ),
        Access.READ,
    ),
    **dict.fromkeys(
        (
            "check.start",
            "configuration.add_row",
            "configuration.change",
            "configuration.change_row",
            "configuration.import_rates",
            "configuration.propose",
            "configuration.read_lists",
            "configuration.remove_rate",
            "configuration.remove_row",
            "configuration.reset",
            "configuration.save_rate",
            "configuration.unpause",
            "dashboard.fetch",
            "dashboard.find_order",
            "dashboard.process_all",
            "migration.pause",
            "migration.resume",
            "orders.booked_by_hand",
            "orders.look_up",
            "orders.process",
            "orders.report_problem",
            "orders.repost",
            "orders.restore",
            "orders.skip",
            "profile.change_digest",
            "setup.add_row",
            "setup.change_row",
            "setup.confirm_vat",
            "setup.post_order",
            "setup.propose",
            "setup.read_lists",
            "setup.remove_row",
            "setup.reset",
            "setup.save_settings",
            "setup.switch_on",
        ),
        Access.WRITE,
    ),
    **dict.fromkeys(
        (
            # Keys and connections.
            "setup.administration",
            "setup.amazon",
            "setup.confirm_administration",
            "setup.confirm_seller",
            "setup.key",
            "setup.other_seller",
            "setup.snelstart",
            "setup.try_key",
            # Password, addresses, people.
            "profile.change_extra_email",
            "profile.change_password",
            "profile.change_role",
            "profile.change_user",
            "profile.invite",
            "profile.leave",
            "profile.left",
            "profile.password",
            "profile.person",
            "profile.remove",
            "profile.withdraw",
            "profile.account",
            "profile.delete_account",
            "profile.delete",
            "profile.delete_shop",
            # What binds the customer: terms, what costs money, who of us may look.
            "configuration.request_contract",
            "profile.change_support",
            "public.sign_up",
            "public.start_trial",
            "setup.agree",
            "migration.approve",
            "migration.ask",
            "migration.cancel",
            "migration.cancelled",
            "profile.billing",
            "profile.change_billing",
            "setup.pay_help",
            "setup.request_help",
            "setup.revoke_help",
            # Data that leaves us.
            "activity.events_file",
            "check.refunds_file",
            "dashboard.report_file",
            "reconciliation.months_file",
            "migration.orders_file",
            "profile.ask_for_export",
            "profile.data",
            "profile.export_file",
            "profile.invoice_pdf",
            "profile.invoice_ubl",
            "reconciliation.rates_file",
            # One at a time, and what is staff's own.
            "health.read_metrics",
            "impersonation.begin",
            "impersonation.events_file",
            "impersonation.start",
        ),
        Access.FORBIDDEN,
    ),
    **dict.fromkeys(
        ("impersonation.bar", "impersonation.ended", "impersonation.raise_to_writing", "impersonation.stop"),
        Access.OWN,
    ),
}


def access_of(endpoint: str) -> Access | None:
    """Return the class of an address; None for one that nobody thought about."""
    if endpoint.partition(".")[0] in FORBIDDEN_AREAS:
        return Access.FORBIDDEN
    return ENDPOINTS.get(endpoint)


def is_allowed(endpoint: str, method: str, *, is_raised: bool) -> bool:
    """Return whether this may be done while acting as a user."""
    access = access_of(endpoint)
    if access is Access.OWN:
        return True
    if method in SAFE_METHODS:
        return access in (Access.READ, Access.WRITE)
    return access is Access.WRITE and is_raised


def waits_for_raising(endpoint: str) -> bool:
    """Return whether this may be done once changes are allowed."""
    return access_of(endpoint) is Access.WRITE

"""Who may use which address: one line for every endpoint, of which test_rights.py asks everything.

A new route gets its line here; an address that needs more than the usual ids gets it in QUERIES or FORMS.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from werkzeug.routing import Rule


class Kind(StrEnum):
    PUBLIC = "public"
    """Everybody, also who is logged out; a GET answers 200."""
    LINK = "link"
    """Everybody, with something that was given for once: a mailed link, or half a login. It says what is wrong."""
    MACHINE = "machine"
    """Programs: no session, no login page."""
    ACCOUNT = "account"
    """Everybody who is logged in; nothing of a shop."""
    READ = "read"
    """Everybody of the shop, the accountant too."""
    RETRY = "retry"
    """Writes that the accountant may do as well: set in motion again, report, and one's own account."""
    WRITE = "write"
    """Owner and member; the accountant gets 403."""
    OWNER = "owner"
    """The owner alone; a member gets 403 too."""
    SETUP_READ = "setup_read"
    """As READ, and staff whom the owner let in to install."""
    SETUP = "setup"
    """As WRITE, and staff whom the owner let in to install."""
    SETUP_OWNER = "setup_owner"
    """A step that binds the company: staff whom the owner let in see it and get 403, as a member does."""
    STAFF = "staff"
    """Staff with a second factor; for everybody else the page is not there."""
    ACTING = "acting"
    """Staff while they act as a user; for everybody else, and for staff who do not, the page is not there."""


RIGHTS: dict[str, Kind] = {
    "activity.events_file": Kind.READ,
    "activity.index": Kind.READ,
    "activity.runs": Kind.READ,
    "auth.accept_invitation": Kind.LINK,
    "auth.address_confirmed": Kind.LINK,
    "auth.ask_for_reset": Kind.LINK,
    "auth.begin_two_factor": Kind.LINK,
    "auth.check_login": Kind.LINK,
    "auth.check_second_factor": Kind.LINK,
    "auth.confirm_address": Kind.LINK,
    "auth.forgotten": Kind.PUBLIC,
    "auth.install": Kind.LINK,
    "auth.invitation": Kind.LINK,
    "auth.join_as_newcomer": Kind.LINK,
    "auth.log_in": Kind.PUBLIC,
    "auth.log_out": Kind.ACCOUNT,
    "auth.reset": Kind.LINK,
    "auth.reset_sent": Kind.PUBLIC,
    "auth.second_factor": Kind.LINK,
    "auth.set_first_password": Kind.LINK,
    "auth.set_password": Kind.LINK,
    "auth.switch_two_factor_off": Kind.ACCOUNT,
    "auth.switch_two_factor_on": Kind.LINK,
    "auth.two_factor": Kind.LINK,
    "check.index": Kind.READ,
    "check.lights": Kind.READ,
    "check.refunds": Kind.READ,
    "check.refunds_file": Kind.READ,
    "check.start": Kind.WRITE,
    "check.threshold": Kind.READ,
    "configuration.add_row": Kind.WRITE,
    "configuration.ask_reset": Kind.WRITE,
    "configuration.change": Kind.WRITE,
    "configuration.change_row": Kind.WRITE,
    "configuration.edit": Kind.WRITE,
    "configuration.edit_row": Kind.WRITE,
    "configuration.import_rates": Kind.WRITE,
    "configuration.index": Kind.READ,
    "configuration.new_row": Kind.WRITE,
    "configuration.propose": Kind.WRITE,
    "configuration.rates": Kind.READ,
    "configuration.rates_template": Kind.READ,
    "configuration.read_lists": Kind.WRITE,
    "configuration.remove_rate": Kind.WRITE,
    "configuration.remove_row": Kind.WRITE,
    "configuration.request_contract": Kind.WRITE,
    "configuration.reset": Kind.WRITE,
    "configuration.save_rate": Kind.WRITE,
    "configuration.unpause": Kind.WRITE,
    "dashboard.errors": Kind.READ,
    "dashboard.fetch": Kind.WRITE,
    "dashboard.fetch_status": Kind.READ,
    "dashboard.find_order": Kind.WRITE,
    "dashboard.index": Kind.READ,
    "dashboard.open_orders": Kind.READ,
    "dashboard.process_all": Kind.RETRY,
    "dashboard.report": Kind.READ,
    "dashboard.report_file": Kind.READ,
    "dashboard.shops": Kind.ACCOUNT,
    "dashboard.tabs": Kind.READ,
    "health.alive": Kind.MACHINE,
    "health.read_metrics": Kind.MACHINE,
    "health.ready": Kind.MACHINE,
    "help.article": Kind.PUBLIC,
    "help.index": Kind.PUBLIC,
    "impersonation.bar": Kind.STAFF,
    "impersonation.begin": Kind.STAFF,
    "impersonation.ended": Kind.STAFF,
    "impersonation.events_file": Kind.STAFF,
    "impersonation.raise_to_writing": Kind.ACTING,
    "impersonation.start": Kind.STAFF,
    "impersonation.stop": Kind.STAFF,
    "migration.approve": Kind.OWNER,
    "migration.ask": Kind.OWNER,
    "migration.cancel": Kind.OWNER,
    "migration.cancelled": Kind.OWNER,
    "migration.index": Kind.READ,
    "migration.orders_file": Kind.READ,
    "migration.pause": Kind.OWNER,
    "migration.progress": Kind.READ,
    "migration.resume": Kind.OWNER,
    "migration.show": Kind.READ,
    "oauth.callback": Kind.LINK,
    "oauth.go_on": Kind.SETUP,
    "oauth.log_in": Kind.ACCOUNT,
    "oauth.start": Kind.SETUP,
    "orders.booked_by_hand": Kind.WRITE,
    "orders.calculation": Kind.READ,
    "orders.customer": Kind.READ,
    "orders.look_up": Kind.RETRY,
    "orders.process": Kind.RETRY,
    "orders.report_problem": Kind.RETRY,
    "orders.repost": Kind.OWNER,
    "orders.restore": Kind.WRITE,
    "orders.row": Kind.READ,
    "orders.show": Kind.READ,
    "orders.skip": Kind.WRITE,
    "profile.account": Kind.ACCOUNT,
    "profile.ask_for_export": Kind.OWNER,
    "profile.billing": Kind.OWNER,
    "profile.change_billing": Kind.OWNER,
    "profile.change_digest": Kind.WRITE,
    "profile.change_extra_email": Kind.WRITE,
    "profile.change_password": Kind.RETRY,
    "profile.change_role": Kind.OWNER,
    "profile.change_support": Kind.OWNER,
    "profile.change_user": Kind.RETRY,
    "profile.data": Kind.OWNER,
    "profile.delete": Kind.OWNER,
    "profile.delete_account": Kind.ACCOUNT,
    "profile.delete_shop": Kind.OWNER,
    "profile.export_file": Kind.OWNER,
    "profile.index": Kind.READ,
    "profile.invite": Kind.OWNER,
    "profile.invoice_pdf": Kind.READ,
    "profile.invoice_ubl": Kind.READ,
    "profile.leave": Kind.READ,
    "profile.left": Kind.RETRY,
    "profile.password": Kind.READ,
    "profile.person": Kind.OWNER,
    "profile.remove": Kind.OWNER,
    "profile.withdraw": Kind.OWNER,
    "public.index": Kind.PUBLIC,
    "public.privacy": Kind.PUBLIC,
    "public.sign_up": Kind.PUBLIC,
    "public.signed_up": Kind.PUBLIC,
    "public.start_trial": Kind.LINK,
    "public.terms": Kind.PUBLIC,
    "reconciliation.index": Kind.READ,
    "reconciliation.months_file": Kind.READ,
    "reconciliation.rates_file": Kind.READ,
    "setup.add_row": Kind.SETUP,
    "setup.administration": Kind.SETUP,
    "setup.agree": Kind.SETUP_OWNER,
    "setup.amazon": Kind.SETUP_READ,
    "setup.ask_reset": Kind.SETUP,
    "setup.change_row": Kind.SETUP,
    "setup.confirm_administration": Kind.SETUP,
    "setup.confirm_seller": Kind.SETUP,
    "setup.confirm_vat": Kind.SETUP,
    "setup.edit_row": Kind.SETUP,
    "setup.help_request": Kind.WRITE,
    "setup.index": Kind.SETUP_READ,
    "setup.key": Kind.SETUP,
    "setup.new_row": Kind.SETUP,
    "setup.other_seller": Kind.SETUP,
    "setup.pay_help": Kind.OWNER,
    "setup.post_order": Kind.SETUP,
    "setup.propose": Kind.SETUP,
    "setup.read_lists": Kind.SETUP,
    "setup.remove_row": Kind.SETUP,
    "setup.request_help": Kind.OWNER,
    "setup.reset": Kind.SETUP,
    "setup.revoke_help": Kind.OWNER,
    "setup.save_settings": Kind.SETUP,
    "setup.settings": Kind.SETUP_READ,
    "setup.snelstart": Kind.SETUP_READ,
    "setup.switch_on": Kind.SETUP,
    "setup.terms": Kind.SETUP_READ,
    "setup.trial_orders": Kind.SETUP_READ,
    "setup.trial_run": Kind.SETUP_READ,
    "setup.try_key": Kind.SETUP,
    "setup.vat": Kind.SETUP_READ,
    "static": Kind.MACHINE,
    "subscription.checkout": Kind.READ,
    "subscription.checkout_state": Kind.READ,
    "subscription.decide_gap": Kind.OWNER,
    "subscription.gap": Kind.READ,
    "subscription.index": Kind.READ,
    "subscription.pay": Kind.OWNER,
    "subscription.stop": Kind.OWNER,
    "subscription.stopped": Kind.OWNER,
    "support.contract": Kind.STAFF,
    "support.credit": Kind.STAFF,
    "support.fetch": Kind.STAFF,
    "support.operations": Kind.STAFF,
    "support.operations_now": Kind.STAFF,
    "support.report": Kind.STAFF,
    "support.reports": Kind.STAFF,
    "support.requests": Kind.STAFF,
    "support.send_installation_link": Kind.STAFF,
    "support.service_request": Kind.STAFF,
    "support.shop": Kind.STAFF,
    "support.shops": Kind.STAFF,
    "support.stop": Kind.STAFF,
    "support.trial": Kind.STAFF,
    "webhooks.mollie": Kind.MACHINE,
}

QUERIES: dict[str, str] = {
    "configuration.add_row": "scope=EU&country=DE",
    "configuration.new_row": "scope=EU&country=DE",
    "oauth.log_in": "amazon_callback_uri=http://sandbox.test/apps&amazon_state=s&selling_partner_id=A1SELLER",
    "oauth.start": "shop={shop_id}",
    "setup.add_row": "scope=EU&country=DE",
    "setup.new_row": "scope=EU&country=DE",
}
"""What an address has behind its question mark; {shop_id} is the shop."""

FORMS: dict[str, dict[str, str]] = {
    "oauth.go_on": {
        "shop": "{shop_id}",
        "amazon_callback_uri": "http://sandbox.test/apps",
        "amazon_state": "s",
        "selling_partner_id": "A1SELLER",
    },
}
"""What a form must hold before the shop is looked for; every other form is sent empty."""


def value_in(rule: Rule, name: str, ids: dict[str, str]) -> Any:
    """Return what an address has in this place: an id, or the first of the words that the rule lists."""
    if name == "row_id":
        return int(ids[name])
    if name in ids:
        return ids[name]
    return next(iter(rule._converters[name].items))  # type: ignore[attr-defined]

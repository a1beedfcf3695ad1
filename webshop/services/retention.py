"""What may stand in every column that holds text, and when it goes.

The table is complete: a test fails for a column of text or JSON that has no line here, and a story with
canaries looks for what is left of them in a dump of every table. The steps that do the work are in
purge_steps.py; docs/security.md says the same in the words of a reader.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

BUYER_DATA_AFTER_END = timedelta(days=30)
"""When a subscription is over for so long, nothing of its buyers is left, whatever was promised to deliver."""
ORDERLESS_WORDS = timedelta(days=30)
CONTENT = timedelta(days=548)
"""18 months."""
MAILS = timedelta(days=548)
FAREWELLS = timedelta(days=30)
"""Mails to somebody whose account or shop is gone."""
LINKS = timedelta(days=30)


class Goes(StrEnum):
    """When what stands in a column is removed."""

    NEVER = "never"
    """No data of a person: codes, ids, settings, amounts; or the key of never booking twice."""
    WITH_DELIVERY = "30 days after delivery"
    WITH_CONTENT = "18 months"
    MASKED = "masked 30 days after delivery, removed after 18 months"
    SOON = "within a day of its use"
    WITH_CONNECTION = "with the connection"
    WITH_SHOP = "with the shop"
    WITH_ACCOUNT = "with the account"
    MAIL = "18 months"
    LINK = "30 days after its end"
    BY_LAW = "7 years"


N, D, C, M, S = Goes.NEVER, Goes.WITH_DELIVERY, Goes.WITH_CONTENT, Goes.MASKED, Goes.SOON
INVENTORY: dict[str, dict[str, Goes]] = {
    "account_links": {"purpose": N, "token_digest": Goes.LINK, "email": Goes.LINK, "role": N},
    "administrations": {"administration_id": N, "name": Goes.WITH_CONNECTION, "sealed_fingerprint_key": N},
    "agreements": {"document": N, "version": N},
    "article_links": dict.fromkeys(("administration_id", "code", "article_id", "revenue_kind", "percentage"), N),
    # Append-only, so nothing of a buyer may ever get in: what people type as a reason is masked before.
    "audit_events": {"action": N, "actor": N, "facts": N},
    "budgets": {"key": N, "state": N},
    "checkouts": dict.fromkeys(("public_id", "product", "subject_id", "currency", "state", "payment_id"), Goes.BY_LAW),
    "connections": {
        **dict.fromkeys(("remote", "state", "last_error_code"), N),
        **dict.fromkeys(("account_id", "account_name", "sealed_secret"), Goes.WITH_CONNECTION),
        "sealed_access_token": Goes.WITH_CONNECTION,
    },
    "daily_totals": {"state": N},
    "document_readings": {"administration_id": N, "kind": N},
    "found_documents": dict.fromkeys(("administration_id", "document_id", "amazon_order_id", "kind", "number"), N),
    "health_checks": {"results": Goes.WITH_SHOP},
    "heartbeats": {"name": N},
    # The reasons are staff's own words, masked before they are written, and stand in the audit as well.
    "impersonations": dict.fromkeys(("public_id", "reason", "raised_reason", "ending"), N),
    "installer_grants": {},
    "invoice_counters": {},
    "invoices": {
        **dict.fromkeys(("public_id", "number", "locale", "seller", "customer", "lines"), Goes.BY_LAW),
        **dict.fromkeys(("vat_treatment", "vat_percentage", "reason"), Goes.BY_LAW),
    },
    "ledger_caches": {"administration_id": N, "name": N, "rows": Goes.WITH_CONNECTION},
    "mails": {
        **dict.fromkeys(("cause", "kind", "recipient", "subject", "state", "last_error"), Goes.MAIL),
        "sealed_content": S,
    },
    "memberships": {"role": Goes.WITH_SHOP},
    "orders": {
        # The number is Amazon's, and SnelStart's number of a sales entry: the key of never booking twice.
        **dict.fromkeys(("public_id", "amazon_order_id", "marketplace_id", "amazon_status", "fulfilled_by"), N),
        **dict.fromkeys(("country", "currency", "state", "treatment"), N),
        **dict.fromkeys(("issues", "issue_code", "content", "vat_number_check"), C),
        **dict.fromkeys(("sealed_email", "sealed_address", "sealed_vat_number"), D),
    },
    "pending_connections": dict.fromkeys(("remote", "token_digest", "account_id", "account_name", "sealed_secret"), S),
    "postings": {
        **dict.fromkeys(("administration_id", "amazon_order_id", "purpose", "kind", "state"), N),
        **dict.fromkeys(("payload_hash", "rates", "external_id", "external_number", "last_error_code"), N),
        **dict.fromkeys(("payload", "customer_id"), C),
    },
    "privacy_purges": {"what": N},
    "problem_reports": {"public_id": N, "state": N, **dict.fromkeys(("words", "reply", "snapshot"), M)},
    "rate_totals": {"treatment": N, "country": N, "percentage": N},
    "recovery_epochs": {"administration_id": N},
    "refund_months": {},
    "refund_readings": {"position": Goes.WITH_SHOP, "refusal_code": N},
    # Keyed fingerprints: a returning buyer stays the same debtor as long as the administration is connected.
    "relation_claims": {"administration_id": N, "key": Goes.WITH_CONNECTION, "state": N, "relation_id": N},
    "relation_links": dict.fromkeys(
        ("administration_id", "relation_id", "fingerprint", "country_id"), Goes.WITH_CONNECTION
    ),
    "runs": dict.fromkeys(("public_id", "kind", "state", "error_code"), N),
    "schedules": {"page_token": S, "review_position": S},
    "sale_migrations": {
        **dict.fromkeys(("public_id", "seller_id", "marketplace_id", "state", "position", "error_code"), N),
        "checkout_id": N,
    },
    "service_requests": {"public_id": N, "kind": N, "state": N, "words": M, "facts": M, "note": M},
    "shops": {
        **dict.fromkeys(("public_id", "licence_key", "marketplace_id", "statuses", "posting_kind"), N),
        **dict.fromkeys(("dispatch_country", "fba_dispatch_country", "vat_source", "booking_date"), N),
        **dict.fromkeys(("price_model", "template_id", "order_cost_centre_id", "revenue_groups"), N),
        **dict.fromkeys(("journal_id", "clearing_ledger_id"), N),
        # Whom we sold to: our own books. The rest of a person goes when the owner deletes the shop.
        **dict.fromkeys(("name", "kvk_number", "vat_number", "billing_name", "billing_address"), Goes.BY_LAW),
        **dict.fromkeys(("billing_postal_code", "billing_city", "billing_country"), Goes.BY_LAW),
        "extra_email": Goes.WITH_SHOP,
    },
    "sku_rates": dict.fromkeys(("sku", "country", "percentage"), Goes.WITH_SHOP),
    "subscription_gaps": {"choice": N},
    "told_errors": {},
    "users": {
        **dict.fromkeys(("public_id", "locale"), N),
        **dict.fromkeys(("email", "name", "password_hash", "sealed_totp_secret"), Goes.WITH_ACCOUNT),
        "recovery_digests": Goes.WITH_ACCOUNT,
    },
    "vat_mappings": dict.fromkeys(
        ("scope", "country", "percentage", "vat_kind", "ledger_id", "cost_centre_id", "rate_code"), Goes.WITH_SHOP
    ),
    "vies_consultations": dict.fromkeys(("administration_id", "fingerprint", "consultation"), S),
}

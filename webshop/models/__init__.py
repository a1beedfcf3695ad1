"""The tables, one file per aggregate."""

from webshop.models.account_link import AccountLink, LinkPurpose
from webshop.models.agreement import Agreement, AgreementDocument, InstallerGrant
from webshop.models.article_link import ArticleLink
from webshop.models.audit_event import Actor, AuditEvent
from webshop.models.billing import Checkout, CheckoutState, Invoice, InvoiceCounter, Product, VatTreatment
from webshop.models.budget import Budget
from webshop.models.connection import Administration, Connection, ConnectionState, Remote
from webshop.models.daily_total import AT_AMAZON, DailyTotal
from webshop.models.health_check import HealthCheck, LightState, RefundMonth, RefundReading
from webshop.models.impersonation import Impersonation
from webshop.models.ledger_cache import CachedList, LedgerCache
from webshop.models.mail import Mail, MailState, ToldError
from webshop.models.membership import Membership, Role
from webshop.models.order import Order, OrderState
from webshop.models.pending_connection import PendingConnection
from webshop.models.posting import Posting, PostingState, Purpose
from webshop.models.privacy_purge import PrivacyPurge
from webshop.models.rate_total import RateTotal
from webshop.models.recovery import DocumentReading, FoundDocument, RecoveryEpoch
from webshop.models.relation_link import ClaimState, RelationClaim, RelationLink
from webshop.models.report import ProblemReport, ReportState, RequestKind, ServiceRequest
from webshop.models.run import Heartbeat, Run, RunKind, RunState, Schedule
from webshop.models.sale_migration import MigrationState, SaleMigration
from webshop.models.shop import BookingDate, PostingKind, Shop, VatSource
from webshop.models.sku_rate import SkuRate
from webshop.models.subscription_gap import GapChoice, SubscriptionGap
from webshop.models.user import User
from webshop.models.vat_mapping import VatMapping
from webshop.models.vies_consultation import ViesConsultation

__all__ = [
    "AT_AMAZON",
    "AccountLink",
    "Actor",
    "Administration",
    "Agreement",
    "AgreementDocument",
    "ArticleLink",
    "AuditEvent",
    "BookingDate",
    "Budget",
    "CachedList",
    "Checkout",
    "CheckoutState",
    "ClaimState",
    "Connection",
    "ConnectionState",
    "DailyTotal",
    "DocumentReading",
    "FoundDocument",
    "GapChoice",
    "HealthCheck",
    "Heartbeat",
    "Impersonation",
    "InstallerGrant",
    "Invoice",
    "InvoiceCounter",
    "LedgerCache",
    "LightState",
    "LinkPurpose",
    "Mail",
    "MailState",
    "Membership",
    "MigrationState",
    "Order",
    "OrderState",
    "PendingConnection",
    "Posting",
    "PostingKind",
    "PostingState",
    "PrivacyPurge",
    "ProblemReport",
    "Product",
    "Purpose",
    "RateTotal",
    "RecoveryEpoch",
    "RefundMonth",
    "RefundReading",
    "RelationClaim",
    "RelationLink",
    "Remote",
    "ReportState",
    "RequestKind",
    "Role",
    "Run",
    "RunKind",
    "RunState",
    "SaleMigration",
    "Schedule",
    "ServiceRequest",
    "Shop",
    "SkuRate",
    "SubscriptionGap",
    "ToldError",
    "User",
    "VatMapping",
    "VatSource",
    "VatTreatment",
    "ViesConsultation",
]

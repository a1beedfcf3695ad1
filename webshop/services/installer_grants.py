"""Let our staff install a shop: the owner asks for it, and lets them into the setup steps for three days.

Who gets in by it: access.find_shop_to_install. It is no impersonation: staff act under their own name,
see the setup only, and keys stay write-only.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from webshop.extensions import clock, db, transaction
from webshop.models import InstallerGrant, Product, ReportState, RequestKind, ServiceRequest, Shop, User
from webshop.services import audit
from webshop.services.prices import price_of

LIFETIME = timedelta(hours=72)
PAID = "paid_at"
"""The fact of a request that says since when it is paid."""


def active_grant(shop_id: int) -> InstallerGrant | None:
    """Return the grant that lets staff in at this moment."""
    return db.session.scalars(
        select(InstallerGrant)
        .where(
            InstallerGrant.shop_id == shop_id,
            InstallerGrant.revoked_at.is_(None),
            InstallerGrant.expires_at > clock.now(),
        )
        .order_by(InstallerGrant.id.desc())
        .limit(1)
    ).first()


def open_request(shop_id: int) -> ServiceRequest | None:
    """Return the request for installation that is not handled yet."""
    return db.session.scalars(
        select(ServiceRequest)
        .where(
            ServiceRequest.shop_id == shop_id,
            ServiceRequest.kind == RequestKind.INSTALLATION.value,
            ServiceRequest.handled_at.is_(None),
        )
        .order_by(ServiceRequest.id.desc())
        .limit(1)
    ).first()


def request_installation(shop: Shop, owner: User, words: str) -> None:
    """Ask staff to install at the price shown, and let them in; twice is once, with a fresh grant."""
    now, price = clock.now(), str(price_of(Product.INSTALLATION))
    with transaction() as session:
        session.execute(select(Shop.id).where(Shop.id == shop.id).with_for_update(key_share=True))
        if open_request(shop.id) is None:
            session.add(
                ServiceRequest(
                    shop_id=shop.id,
                    user_id=owner.id,
                    kind=RequestKind.INSTALLATION.value,
                    words=words,
                    facts={"price_excl_vat": price},
                    state=ReportState.RECEIVED.value,
                    created_at=now,
                )
            )
            audit.record(
                "installation_requested",
                shop_id=shop.id,
                user_id=owner.id,
                facts={"price_excl_vat": price},
            )
        _revoke(shop.id)
        session.add(InstallerGrant(shop_id=shop.id, granted_by=owner.id, granted_at=now, expires_at=now + LIFETIME))
        facts = {"until": (now + LIFETIME).isoformat()}
        audit.record("installer_allowed", shop_id=shop.id, user_id=owner.id, facts=facts)


def mark_paid(request_id: str) -> None:
    """Note on a request that its installation is paid; part of the caller's transaction."""
    asked = db.session.scalars(
        select(ServiceRequest).where(ServiceRequest.public_id == request_id).with_for_update()
    ).one_or_none()
    if asked is not None:
        asked.facts = {**asked.facts, PAID: clock.now().isoformat()}


def is_paid(asked: ServiceRequest) -> bool:
    return PAID in asked.facts


def revoke(shop: Shop, owner: User) -> None:
    """Shut staff out again, at once; nobody inside is no trouble."""
    with transaction():
        if _revoke(shop.id):
            audit.record("installer_refused", shop_id=shop.id, user_id=owner.id)


def _revoke(shop_id: int) -> bool:
    now = clock.now()
    ended = db.session.execute(
        update(InstallerGrant)
        .where(
            InstallerGrant.shop_id == shop_id,
            InstallerGrant.revoked_at.is_(None),
            InstallerGrant.expires_at > now,
        )
        .values(revoked_at=now)
        .returning(InstallerGrant.id)
    )
    return ended.first() is not None

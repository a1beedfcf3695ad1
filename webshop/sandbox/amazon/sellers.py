"""The registered application and the sellers that can authorise it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from webshop.sandbox.amazon.marketplaces import BY_COUNTRY, Marketplace
from webshop.sandbox.amazon.projection import DEFAULT_ROLES

APPLICATION_ID = "amzn1.sp.solution.sandbox"
CLIENT_ID = "amzn1.application-oa2-client.sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - opens nothing but the sandbox


@dataclass
class Application:
    """What a developer registers in Seller Central; the first redirect URI is the default."""

    application_id: str = APPLICATION_ID
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    draft: bool = False
    redirect_uris: tuple[str, ...] = ("http://localhost:5000/oauth/amazon/callback",)
    login_uri: str = "http://localhost:5000/oauth/amazon/login"

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Application:
        return cls(**{**data, "redirect_uris": tuple(data["redirect_uris"])})


@dataclass
class Seller:
    """`marketplaces` are country codes; `tax_calculated` is Amazon's VAT calculation service (VCS)."""

    seller_id: str
    name: str
    marketplaces: tuple[str, ...]
    created_at: datetime
    roles: frozenset[str] = DEFAULT_ROLES
    tax_calculated: bool = False
    orders_per_day: float = 0
    orders_generated: int = 0
    orders_trickled: int = 0

    def participations(self) -> list[Marketplace]:
        return [BY_COUNTRY[country] for country in self.marketplaces]

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "roles": sorted(self.roles),
            "marketplaces": list(self.marketplaces),
            "created_at": self.created_at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Seller:
        return cls(
            **{
                **data,
                "roles": frozenset(data["roles"]),
                "marketplaces": tuple(data["marketplaces"]),
                "created_at": datetime.fromisoformat(data["created_at"]),
            }
        )

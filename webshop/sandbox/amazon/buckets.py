"""Amazon's usage plans: one token bucket per operation, application and seller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class UsagePlan:
    """`rate` is requests per second as Amazon writes it in its header."""

    rate: str
    burst: int


PLANS: dict[str, UsagePlan] = {
    "searchOrders": UsagePlan("0.0056", 20),
    "getOrder": UsagePlan("0.5", 30),
    "getMarketplaceParticipations": UsagePlan("0.016", 15),
    "listTransactions": UsagePlan("0.5", 10),
}


@dataclass
class _Bucket:
    tokens: float
    at: datetime


class Buckets:
    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def take(self, operation: str, application: str, seller_id: str, now: datetime) -> bool:
        """Take one token; a clock that was put back gives none."""
        plan = PLANS[operation]
        bucket = self._buckets.setdefault((operation, application, seller_id), _Bucket(plan.burst, now))
        elapsed = max((now - bucket.at).total_seconds(), 0.0)
        bucket.tokens = min(bucket.tokens + elapsed * float(plan.rate), plan.burst)
        bucket.at = now
        # 1e-9: a client that waits exactly the published time must not fail on binary rounding
        if bucket.tokens < 1 - 1e-9:
            return False
        bucket.tokens = max(bucket.tokens - 1, 0.0)
        return True

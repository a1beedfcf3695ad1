"""An order's life: what it looks like is a pure function of the order and the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webshop.sandbox.amazon.timestamps import format_timestamp, parse_timestamp

_WITHOUT_AMOUNTS = ("PENDING_AVAILABILITY", "PENDING")


@dataclass
class StoredOrder:
    """One order as the look-alike keeps it.

    `base` is the complete document in its shipped state and `steps` the moments at which the status
    changes. Without steps the document is shown exactly as it was handed in.
    """

    base: dict[str, Any]
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    touched_at: datetime | None = None

    def __post_init__(self) -> None:
        self.order_id: str = self.base["orderId"]
        self.created_at: datetime = parse_timestamp(self.base["createdTime"])

    def to_json(self) -> dict[str, Any]:
        return {
            "base": self.base,
            "steps": [[at.isoformat(), status] for at, status in self.steps],
            "touched_at": self.touched_at.isoformat() if self.touched_at else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> StoredOrder:
        steps = [(datetime.fromisoformat(at), status) for at, status in data["steps"]]
        touched = data["touched_at"]
        return cls(data["base"], steps, datetime.fromisoformat(touched) if touched else None)

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now

    def last_updated_at(self, now: datetime) -> datetime:
        if not self.steps:
            return parse_timestamp(self.base["lastUpdatedTime"])
        at = self._step(now)[0]
        return at if self.touched_at is None else max(at, self.touched_at)

    def status(self, now: datetime) -> str | None:
        if self.steps:
            return self._step(now)[1]
        status: str | None = self.base.get("fulfillment", {}).get("fulfillmentStatus")
        return status

    def _step(self, now: datetime) -> tuple[datetime, str]:
        past = [step for step in self.steps if step[0] <= now]
        return past[-1] if past else self.steps[0]

    def document(self, now: datetime) -> dict[str, Any]:
        """Return the order as it is now; parts are shared with the stored order, so don't change them."""
        if not self.steps:
            return self.base
        status = self._step(now)[1]
        document = {**self.base, "lastUpdatedTime": format_timestamp(self.last_updated_at(now))}
        document["fulfillment"] = {**self.base["fulfillment"], "fulfillmentStatus": status}
        document["orderItems"] = [
            _item_in_status(item, status, first=number == 0) for number, item in enumerate(self.base["orderItems"])
        ]
        if status in _WITHOUT_AMOUNTS:
            for dataset in ("proceeds", "payment", "recipient", "tax"):
                document.pop(dataset, None)
            document["buyer"] = {key: value for key, value in self.base["buyer"].items() if key != "buyerEmail"}
        if status == "CANCELLED":
            document["proceeds"] = {}
            document.pop("payment", None)
        if status != "SHIPPED":
            document.pop("packages", None)
        return document


def _item_in_status(base: dict[str, Any], status: str, *, first: bool) -> dict[str, Any]:
    item = dict(base)
    quantity = base["quantityOrdered"]
    fulfilled = quantity if status == "SHIPPED" or (status == "PARTIALLY_SHIPPED" and first) else 0
    if status == "CANCELLED":
        item["quantityOrdered"] = quantity = 0
        item["proceeds"] = {}
        item["cancellation"] = {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "Niet meer nodig"}}
    if status in _WITHOUT_AMOUNTS:
        item.pop("proceeds", None)
    item["fulfillment"] = {
        **base.get("fulfillment", {}),
        "quantityFulfilled": fulfilled,
        "quantityUnfulfilled": quantity - fulfilled,
    }
    return item

"""What the overview says above everything else: things with a date, before they become a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import LazyString, format_date
from flask_babel import lazy_gettext as _

from webshop.domain.periods import is_past
from webshop.extensions import clock
from webshop.services.access import Tenant


@dataclass(frozen=True)
class Notice:
    """One line; `level` is amber or red, `endpoint` names the page of the shop that has more."""

    level: str
    text: LazyString | str
    endpoint: str | None = None


def overview_notices(tenant: Tenant) -> Sequence[Notice]:
    """Return what the overview has to say, the most urgent first."""
    notices: list[Notice] = []
    ended_on = tenant.shop.active_until
    if is_past(ended_on, clock.now()):
        text = _(
            "Je proefperiode of abonnement eindigde op %(date)s: er wordt niets meer opgehaald of geboekt. "
            "Er wachten %(number)s bestellingen.",
            date=format_date(ended_on, "d MMM y"),
            number=tenant.open + tenant.errors,
        )
        notices.append(Notice("red", text, "profile.index"))
    paused_until = tenant.shop.paused_until
    if paused_until is not None and paused_until > clock.now():
        text = _("Het doorzetten staat op pauze. Er wordt wel opgehaald, maar niets geboekt.")
        notices.append(Notice("amber", text, "configuration.index"))
    return notices

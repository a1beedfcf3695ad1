"""What the overview says above everything else: things with a date, before they become a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import LazyString, format_date, ngettext
from flask_babel import gettext as _

from webshop.domain.periods import is_past
from webshop.extensions import clock
from webshop.services.access import Tenant
from webshop.services.subscription_gaps import count_waiting


@dataclass(frozen=True)
class Notice:
    """One line; `level` is amber or red, `endpoint` names the page of the shop that has more."""

    level: str
    text: LazyString | str
    endpoint: str | None = None


def _gap_text(shop_id: int) -> str:
    number = count_waiting(shop_id)
    if not number:
        text = _("Wat er verkocht is in de periode zonder abonnement, wordt pas geboekt als jij dat kiest.")
    else:
        text = ngettext(
            "%(num)s bestelling uit de periode zonder abonnement wacht op je keuze: boeken of niet boeken.",
            "%(num)s bestellingen uit de periode zonder abonnement wachten op je keuze: boeken of niet boeken.",
            number,
        )
    return str(text)


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
        notices.append(Notice("red", text, "subscription.index"))
    if tenant.is_gap_undecided:
        notices.append(Notice("amber", _gap_text(tenant.shop.id), "subscription.gap"))
    paused_until = tenant.shop.paused_until
    if paused_until is not None and paused_until > clock.now():
        text = _("Het doorzetten staat op pauze. Er wordt wel opgehaald, maar niets geboekt.")
        notices.append(Notice("amber", text, "configuration.index"))
    return notices

"""What the overview says about the VAT returns: orders that are missing in a quarter, and the threshold of OSS."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import format_currency, ngettext
from flask_babel import gettext as _

from webshop.models import LightState
from webshop.services.notices import Notice
from webshop.services.quarters import QuarterWarning
from webshop.services.threshold import Meter


def tax_notices(warning: QuarterWarning | None, meter: Meter) -> Iterator[Notice]:
    """Give what there is to say about the returns, the missing orders first."""
    yield from quarter_notices(warning)
    yield from threshold_notices(meter)


def quarter_notices(warning: QuarterWarning | None) -> Iterator[Notice]:
    """Give the warning before the VAT return, when there is one."""
    if warning is not None:
        level = LightState.RED if warning.is_over else LightState.AMBER
        yield Notice(level.value, _quarter_text(warning), "dashboard.errors")


def threshold_notices(meter: Meter) -> Iterator[Notice]:
    """Give the warning about the threshold, from 80 % on and while the shop does not use OSS."""
    if meter.level != LightState.GREEN.value:
        yield Notice(meter.level, _threshold_text(meter), "configuration.index")


def _quarter_text(warning: QuarterWarning) -> str:
    facts = {
        "total": format_currency(warning.total, "EUR"),
        "quarter": warning.quarter.number,
        "year": warning.quarter.first.year,
    }
    text: str = ngettext(
        "%(num)s bestelling van kwartaal %(quarter)s van %(year)s (%(total)s) is nog niet geboekt en ontbreekt in je "
        "btw-aangifte.",
        "%(num)s bestellingen van kwartaal %(quarter)s van %(year)s (%(total)s) zijn nog niet geboekt en ontbreken in "
        "je btw-aangifte.",
        warning.orders,
        **facts,
    )
    return text


def _threshold_text(meter: Meter) -> str:
    facts = {"net": format_currency(meter.net, "EUR"), "year": meter.year}
    if meter.level == LightState.RED.value:
        over: str = _(
            "Je boekte in %(year)s %(net)s voor particulieren in andere EU-landen: meer dan de drempel van € 10.000. "
            "Je rekent dan de btw van het land van je klant (OSS).",
            **facts,
        )
        return over
    near: str = _(
        "Je boekte in %(year)s %(net)s voor particulieren in andere EU-landen. Bij € 10.000 verandert de btw die je "
        "rekent: regel OSS op tijd.",
        **facts,
    )
    return near

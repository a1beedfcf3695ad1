"""The shape of a text of the catalogue, and the advice that many of them share."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

CONFIGURATION = "configuration.index"
CONNECT_AMAZON = "setup.amazon"
CONNECT_SNELSTART = "setup.snelstart"
GAP = "subscription.gap"
"""Endpoints of the pages on which a cause can be taken away; each takes the shop's id."""


@dataclass(frozen=True)
class Text:
    """What a person reads about an issue, under the four headings of "Meer info".

    The strings hold facts as %(name)s. `is_retry_safe` says that "Verwerk" may be offered: sending
    again can help and can never book twice.
    """

    title: LazyString
    meaning: LazyString
    cause: LazyString
    solution: LazyString
    contact: LazyString
    is_retry_safe: bool = True
    fix_endpoint: str | None = None


ASK_IF_IT_STAYS = _(
    "Neem contact op als de melding terugkomt nadat je dit hebt aangepast. Klik dan op Meld probleem: "
    "wij krijgen de bestelling erbij."
)
ASK_ACCOUNTANT = _(
    "Vraag je boekhouder hoe je deze verkoop boekt. Neem contact met ons op als je denkt dat de koppeling "
    "de bestelling verkeerd beoordeelt."
)
ASK_US = _("Klik op Meld probleem. Wij zien dan deze bestelling en zoeken het voor je uit.")
ASK_ONLY_WHEN_WRONG = _("Dat is niet nodig. Neem alleen contact op als dit volgens jou niet klopt.")
ASK_AFTER_A_DAY = _("Neem contact op als de bestelling hier na een dag nog steeds staat.")
BOOK_BY_HAND = _("Boek deze bestelling zelf in SnelStart en kies hier Zelf geboekt, of sla de bestelling over.")
NOTHING_TO_DO = _("Je hoeft niets te doen.")

"""What the steps say: title, time and difficulty of each, and a text for everything that can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class StepText:
    title: LazyString
    effort: LazyString
    """How long it takes and how hard it is."""


STEPS: Mapping[str, StepText] = {
    "terms": StepText(_("Voorwaarden"), _("2 minuten, makkelijk")),
    "amazon": StepText(_("Amazon verbinden"), _("2 minuten, makkelijk")),
    "snelstart": StepText(_("SnelStart verbinden"), _("3 minuten, makkelijk")),
    "settings": StepText(_("Instellingen"), _("2 minuten, makkelijk")),
    "vat": StepText(_("BTW-inrichting"), _("3 minuten, vraag bij twijfel je boekhouder")),
    "trial_run": StepText(_("Proef"), _("3 minuten, makkelijk")),
}
AMAZON_PROBLEMS: Mapping[str, LazyString] = {
    "denied": _(
        "Je hebt bij Amazon geen toestemming gegeven. Er is niets verbonden. Klik op Connect om het nog eens te doen."
    ),
    "expired": _("De toestemming duurde te lang of is al gebruikt. Er is niets verbonden. Klik opnieuw op Connect."),
    "code_expired": _("De code van Amazon was verlopen: die is maar vijf minuten geldig. Klik opnieuw op Connect."),
    "unreachable": _(
        "Amazon was even niet bereikbaar. Er is niets verbonden. Probeer het over een paar minuten opnieuw."
    ),
    "ours": _(
        "Onze eigen toegang tot Amazon is gestoord. Dit ligt niet aan jou; wij lossen het op. Probeer "
        "het later opnieuw."
    ),
    "unreadable": _("Het antwoord van Amazon konden we niet lezen. Klik opnieuw op Connect."),
    "no_access": _(
        "Amazon laat ons met dit account niet bij de verkoopgegevens. Log bij Seller Central in als "
        "hoofdgebruiker van "
        "een Professional-account en klik opnieuw op Connect."
    ),
    "no_marketplace": _(
        "Dit account verkoopt op geen enkele marktplaats. Je hebt een Professional-verkoopaccount "
        "nodig; zet dat aan in "
        "Seller Central en klik opnieuw op Connect."
    ),
    "other_marketplace": _(
        "Dit account verkoopt niet op de marktplaats van deze winkel, maar wel op: %(found)s. Kies bij "
        "Instellingen die marktplaats, of log bij Amazon met een ander account in."
    ),
    "taken": _(
        "Deze verkoper is voor deze marktplaats al aan een andere winkel gekoppeld. Eén verkoper en "
        "marktplaats horen bij "
        "één koppeling. Is dat een oude koppeling van jou? Zeg die dan eerst op, of neem contact met ons op."
    ),
    "seller_switched": _(
        "Je begon bij Amazon met een andere verkoper dan waarmee je toestemming gaf. Er is niets "
        "verbonden. Begin opnieuw."
    ),
}
KEY_PROBLEMS: Mapping[str, LazyString] = {
    "unknown": _(
        "SnelStart kent deze sleutel niet. Kopieer hem helemaal, zonder iets ervoor of erachter, en plak hem opnieuw."
    ),
    "withdrawn": _("Deze sleutel is in SnelStart ingetrokken. Maak daar een nieuwe sleutel en plak die hier."),
    "trial": _(
        "Met deze administratie kan niet gekoppeld worden: het is een proefadministratie, of een pakket zonder "
        "koppelingen. Kies in SnelStart minstens het pakket inKaart."
    ),
    "package": _(
        "Je wilt bestellingen doorzetten, maar dit SnelStart-pakket heeft geen verkooporders. Daarvoor "
        "heb je inBalans "
        "of inZicht nodig. Verkoopboekingen kunnen wel met dit pakket."
    ),
    "rights": _(
        "Deze sleutel geeft niet de rechten die we nodig hebben. Maak hem via de tegel Amazon van Webwinkelfacturen."
    ),
    "refused": _(
        "SnelStart weigert deze sleutel. Maak een nieuwe sleutel, of neem contact met ons op als het zo blijft."
    ),
    "ours": _(
        "Onze eigen toegang tot SnelStart is gestoord. Dit ligt niet aan jou; wij lossen het op. "
        "Probeer het later opnieuw."
    ),
    "busy": _("SnelStart vraagt ons even te wachten. Probeer het over een minuut opnieuw."),
    "unreachable": _("SnelStart is niet bereikbaar of antwoordt te traag. Probeer het over een paar minuten opnieuw."),
    "expired": _("Dit bleef te lang liggen. Plak de sleutel opnieuw."),
}

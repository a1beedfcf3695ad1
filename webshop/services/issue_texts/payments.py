"""Texts about payments that are booked through: the journal, the clearing ledger and the invoice."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_IF_IT_STAYS,
    ASK_ONLY_WHEN_WRONG,
    CONFIGURATION,
    NOTHING_TO_DO,
    Text,
)

_SNELSTART_SAID = _("SnelStart nam de betaling niet aan: “%(message)s” (%(code)s). De verkoop zelf is wel geboekt.")

TEXTS = {
    "JOURNAL_INACTIVE": Text(
        title=_("Dagboek is non-actief of verdwenen"),
        meaning=_("Het dagboek dat je koos voor betalingen is in SnelStart non-actief of bestaat niet meer."),
        cause=_("Iemand heeft het dagboek in SnelStart uitgezet of verwijderd."),
        solution=_("Kies bij Configuratie een ander dagboek van de soort Memoriaal en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "CLEARING_LEDGER_MISSING": Text(
        title=_("Geen tussenrekening gekozen"),
        meaning=_("Betalingen doorboeken staat aan, maar de tussenrekening ontbreekt of bestaat niet meer."),
        cause=_("Er is nog geen tussenrekening voor Amazon gekozen, of de rekening is in SnelStart verwijderd."),
        solution=_("Kies bij Configuratie een tussenrekening, bijvoorbeeld Amazon tussenrekening. Klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "PAYMENT_SETTLED_ELSEWHERE": Text(
        title=_("Factuur was al betaald"),
        meaning=_("Factuur %(number)s stond in SnelStart al op betaald. Er is geen betaling geboekt."),
        cause=_("Iemand heeft de betaling zelf geboekt of gekoppeld."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "SNELSTART_JOURNAL_REFUSED": Text(
        title=_("SnelStart weigert het dagboek"),
        meaning=_SNELSTART_SAID,
        cause=_("Het gekozen dagboek bestaat niet meer of is niet van de soort Memoriaal."),
        solution=_("Kies bij Configuratie een dagboek van de soort Memoriaal en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "SNELSTART_ENTRY_NOT_FOUND": Text(
        title=_("De verkoopboeking is verdwenen"),
        meaning=_SNELSTART_SAID,
        cause=_("De verkoopboeking waar de betaling bij hoort is in SnelStart verwijderd."),
        solution=_(
            "Kijk in SnelStart waarom de boeking is verwijderd. Moet hij terug, vraag dan hier om opnieuw boeken."
        ),
        contact=ASK_IF_IT_STAYS,
        is_retry_safe=False,
    ),
}

"""Texts about what a person decided for an order, and about documents that we did not make or that changed since."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import ASK_ACCOUNTANT, ASK_ONLY_WHEN_WRONG, ASK_US, GAP, NOTHING_TO_DO, Text

_NEVER_CHANGED = _("Iemand heeft dit in SnelStart gedaan. De koppeling verandert daar nooit iets wat er al staat.")

TEXTS = {
    "FOUND_IN_SNELSTART": Text(
        title=_("Stond al in SnelStart"),
        meaning=_("Deze bestelling stond al in SnelStart (%(number)s). Er is niets opnieuw verstuurd."),
        cause=_("De bestelling is eerder geboekt: door een vorige koppeling, met de hand, of voor een herstel."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "CHANGED_IN_SNELSTART": Text(
        title=_("Gewijzigd in SnelStart"),
        meaning=_("Boeking %(number)s is in SnelStart nu € %(theirs)s; de koppeling boekte € %(ours)s."),
        cause=_NEVER_CHANGED,
        solution=_("Klopt de boeking in SnelStart, dan hoef je niets te doen. Anders pas je hem daar aan."),
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "GONE_FROM_SNELSTART": Text(
        title=_("Verdwenen uit SnelStart"),
        meaning=_("De boeking die de koppeling maakte (%(number)s, € %(ours)s) staat niet meer in SnelStart."),
        cause=_NEVER_CHANGED,
        solution=_("Moet hij opnieuw geboekt worden? Dat kan de eigenaar vragen. Vanzelf gebeurt het nooit."),
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "TWICE_IN_SNELSTART": Text(
        title=_("Staat twee keer in SnelStart"),
        meaning=_("Naast %(number)s staat er nog een boeking of bestelling onder dit bestelnummer: %(other)s."),
        cause=_(
            "Een van de twee is met de hand of door een andere koppeling gemaakt, of kwam bij SnelStart te laat aan."
        ),
        solution=_(
            "Kijk in SnelStart welke van de twee weg kan en verwijder die daar, als hij nog niet gefactureerd is."
        ),
        contact=ASK_US,
        is_retry_safe=False,
    ),
    "GAP_UNDECIDED": Text(
        title=_("Uit de periode zonder abonnement"),
        meaning=_("Deze bestelling van %(ordered_on)s wacht op jouw keuze: wel of niet boeken."),
        cause=_("Toen hij geplaatst of verzonden werd, liep er geen abonnement. Misschien heb je hem zelf al geboekt."),
        solution=_("Kies op het overzicht wat er met de bestellingen uit die periode gebeurt. Dat geldt voor alle."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
        fix_endpoint=GAP,
    ),
    "GAP_NOT_BOOKED": Text(
        title=_("Uit de periode zonder abonnement, niet geboekt"),
        meaning=_("Deze bestelling van %(ordered_on)s wordt niet geboekt: zo koos een eigenaar van deze winkel."),
        cause=_("Toen hij geplaatst of verzonden werd, liep er geen abonnement."),
        solution=_("Moet hij toch in je boeken? Boek hem dan zelf in SnelStart."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "SKIPPED_BY_HAND": Text(
        title=_("Overgeslagen"),
        meaning=_("Iemand koos ervoor om deze bestelling niet te boeken: “%(reason)s”."),
        cause=_("Dit is een keuze van een gebruiker van deze winkel."),
        solution=_("Toch boeken? Klik op Ongedaan maken: de bestelling wordt dan opnieuw beoordeeld."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "BOOKED_BY_HAND": Text(
        title=_("Zelf geboekt"),
        meaning=_("Iemand heeft deze bestelling zelf in SnelStart geboekt, onder nummer %(number)s."),
        cause=_("Dit is een keuze van een gebruiker van deze winkel."),
        solution=_("Klopt dit niet? Klik op Ongedaan maken: we zoeken hem dan op in SnelStart voordat we hem boeken."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
}

"""Texts about the customer in SnelStart and the data of the buyer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_IF_IT_STAYS,
    ASK_ONLY_WHEN_WRONG,
    CONFIGURATION,
    NOTHING_TO_DO,
    Text,
)

# What SnelStart says about a person is left out: it may name the person.
_SNELSTART_SAID = _("SnelStart nam de klant niet aan (%(code)s). Er is niets geboekt.")
_MERGE_OR_ACTIVATE = _("De boeking klopt. Wil je de klant zelf gebruiken, pas de relatie dan aan in SnelStart.")

TEXTS = {
    "EMAIL_MISSING": Text(
        title=_("Geen e-mailadres"),
        meaning=_("Amazon geeft geen e-mailadres; de bestelling hoort bij de verzameldebiteur van %(country)s."),
        cause=_("Dat is altijd zo bij bestellingen die Amazon zelf verstuurt."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "EMAIL_REQUIRED": Text(
        title=_("Geen e-mailadres en geen verzameldebiteur"),
        meaning=_("Amazon geeft geen e-mailadres, en de verzameldebiteur voor %(country)s staat bij jou uit."),
        cause=_("Zonder e-mailadres of verzameldebiteur weet de koppeling niet op welke klant geboekt moet worden."),
        solution=_("Zet bij Configuratie de verzameldebiteur per land aan en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "PERSONAL_DATA_EXPIRED": Text(
        title=_("Klantgegevens zijn verwijderd"),
        meaning=_("Het e-mailadres en de postcode bij deze bestelling zijn na 30 dagen verwijderd."),
        cause=_("Wij bewaren gegevens van kopers nooit langer dan 30 dagen na de bezorging."),
        solution=_("Klik op Verwerk: de bestelling wordt opnieuw opgehaald, zo nodig op de verzameldebiteur."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_AMBIGUOUS": Text(
        title=_("Meerdere relaties met dit e-mailadres"),
        meaning=_("In SnelStart staan %(count)s relaties met dit e-mailadres. De verzameldebiteur is gebruikt."),
        cause=_("De klant is in SnelStart meer dan één keer aangemaakt."),
        solution=_MERGE_OR_ACTIVATE,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "RELATION_INACTIVE": Text(
        title=_("Relatie is non-actief"),
        meaning=_("De relatie met dit e-mailadres staat op non-actief. De verzameldebiteur is gebruikt."),
        cause=_("Iemand heeft de relatie in SnelStart uitgezet."),
        solution=_MERGE_OR_ACTIVATE,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "RELATION_NOT_CUSTOMER": Text(
        title=_("Relatie is geen klant"),
        meaning=_("De relatie met dit e-mailadres is alleen leverancier. De verzameldebiteur is gebruikt."),
        cause=_("In SnelStart staat bij de relatie het vinkje klant niet aan."),
        solution=_MERGE_OR_ACTIVATE,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "RELATION_COUNTRY_MISMATCH": Text(
        title=_("Relatie in een ander land"),
        meaning=_("De relatie staat in %(relation_country)s, de bestelling ging naar %(country)s."),
        cause=_("De klant liet eerder in een ander land bezorgen. De koppeling verandert nooit een relatie."),
        solution=_MERGE_OR_ACTIVATE,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "SNELSTART_RELATION_INACTIVE": Text(
        title=_("SnelStart weigert een non-actieve klant"),
        meaning=_SNELSTART_SAID,
        cause=_("De relatie is in SnelStart op non-actief gezet nadat de koppeling hem had gevonden."),
        solution=_("Zet de relatie weer actief in SnelStart en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_RELATION_NOT_CUSTOMER": Text(
        title=_("SnelStart weigert een relatie die geen klant is"),
        meaning=_SNELSTART_SAID,
        cause=_("De relatie is in SnelStart alleen leverancier."),
        solution=_("Zet bij de relatie in SnelStart het vinkje klant aan en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_NAME_REFUSED": Text(
        title=_("SnelStart weigert de naam van de klant"),
        meaning=_SNELSTART_SAID,
        cause=_("De naam is leeg of langer dan 50 tekens."),
        solution=_("Dit kun je niet zelf aanpassen. Klik op Meld probleem."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_COUNTRY_REFUSED": Text(
        title=_("SnelStart weigert het land van de klant"),
        meaning=_SNELSTART_SAID,
        cause=_("SnelStart kent het land van het adres niet."),
        solution=_("Klik op Verwerk: de landenlijst wordt dan opnieuw gelezen."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_ADDRESS_INCOMPLETE": Text(
        title=_("SnelStart weigert het adres van de klant"),
        meaning=_SNELSTART_SAID,
        cause=_("SnelStart wil bij een adres altijd straat, postcode, plaats en land."),
        solution=_("Dit kun je niet zelf aanpassen. Klik op Meld probleem."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_EMAIL_REFUSED": Text(
        title=_("SnelStart weigert het e-mailadres"),
        meaning=_SNELSTART_SAID,
        cause=_("Het e-mailadres dat Amazon doorgeeft heeft niet de vorm die SnelStart verwacht."),
        solution=_("Zet de verzameldebiteur per land aan bij Configuratie en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "RELATION_VAT_NUMBER_COUNTRY": Text(
        title=_("Btw-nummer hoort niet bij het land"),
        meaning=_SNELSTART_SAID,
        cause=_("Het btw-nummer van de relatie begint met een ander land dan haar adres."),
        solution=_("Pas het btw-nummer of het land van de relatie aan in SnelStart en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_VAT_NUMBER_REFUSED": Text(
        title=_("SnelStart weigert het btw-nummer"),
        meaning=_SNELSTART_SAID,
        cause=_("Volgens SnelStart bestaat het btw-nummer niet."),
        solution=_("Vraag de klant om het juiste btw-nummer."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_WITHOUT_VAT_NUMBER": Text(
        title=_("Relatie zonder btw-nummer"),
        meaning=_("De relatie van deze zakelijke klant heeft in SnelStart geen btw-nummer. Er is niets geboekt."),
        cause=_("De klant kocht eerder als particulier. De koppeling verandert nooit een relatie."),
        solution=_("Vul het btw-nummer in bij de relatie in SnelStart en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "RELATION_WITH_VAT_NUMBER": Text(
        title=_("Relatie met een btw-nummer"),
        meaning=_("De relatie heeft een btw-nummer, maar dit is een verkoop met btw naar %(country)s."),
        cause=_("Een klant met een btw-nummer krijgt in SnelStart geen btw. De verzameldebiteur is daarom gebruikt."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "RELATION_UNFIT_FOR_ICP": Text(
        title=_("Zakelijke klant niet bruikbaar in SnelStart"),
        meaning=_(
            "Voor 0%% btw is de eigen relatie van de klant nodig, in %(country)s en met btw-nummer. Die is er niet."
        ),
        cause=_("Er zijn meer relaties van deze klant, of de relatie is non-actief, geen klant of in een ander land."),
        solution=_(
            "Breng de relatie in SnelStart in orde en klik op Verwerk. De koppeling verandert nooit een relatie."
        ),
        contact=ASK_IF_IT_STAYS,
    ),
    "EMAIL_INVALID": Text(
        title=_("E-mailadres ongeldig"),
        meaning=_("Het e-mailadres dat Amazon doorgeeft is ongeldig en niet meegestuurd."),
        cause=_("Amazon geeft soms een adres door dat geen e-mailadres is."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "POSTCODE_MISSING": Text(
        title=_("Geen postcode bij de klant"),
        meaning=_("Amazon geeft geen postcode door. In SnelStart staat bij de klant Onbekend."),
        cause=_("De koppeling mag de postcode niet zien, of Amazon heeft hem al verwijderd."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "SNELSTART_RELATION_NOT_FOUND": Text(
        title=_("SnelStart kent de klant niet meer"),
        meaning=_SNELSTART_SAID,
        cause=_("De relatie is in SnelStart verwijderd nadat de koppeling hem had gevonden."),
        solution=_("Klik op Verwerk: de klant wordt dan opnieuw gezocht of aangemaakt."),
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_RELATION_REFUSED": Text(
        title=_("SnelStart weigert de nieuwe klant"),
        meaning=_SNELSTART_SAID,
        cause=_("Een gegeven van de nieuwe relatie past niet bij de regels van SnelStart."),
        solution=_("Dit kun je niet zelf aanpassen. Klik op Meld probleem."),
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_DELIVERY_ADDRESS_REFUSED": Text(
        title=_("SnelStart weigert het afleveradres"),
        meaning=_SNELSTART_SAID,
        cause=_("De postcode of plaats die Amazon doorgeeft is te lang, of SnelStart kent het land niet."),
        solution=_("Klik op Verwerk: de landenlijst wordt dan opnieuw gelezen."),
        contact=ASK_IF_IT_STAYS,
    ),
}

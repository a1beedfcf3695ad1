"""Texts about percentages, the VAT table and the ledgers on which revenue is booked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_ACCOUNTANT,
    ASK_IF_IT_STAYS,
    ASK_ONLY_WHEN_WRONG,
    CONFIGURATION,
    Text,
)

_FIX_AND_PROCESS = _("Kies bij Configuratie een andere rekening voor deze regel en klik daarna op Verwerk.")

TEXTS = {
    "VAT_RATE_UNDECIDED": Text(
        title=_("Onduidelijk welk btw-percentage geldt"),
        meaning=_(
            "Voor %(country)s zijn meerdere percentages ingevuld (%(percentages)s) en niets zegt welk hier geldt."
        ),
        cause=_("Voor artikel %(sku)s is geen tarief ingesteld en geen van de percentages is de standaard."),
        solution=_("Wijs bij Configuratie een standaardpercentage aan voor dit land, of stel een tarief in per SKU."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_RATE_MISMATCH": Text(
        title=_("Amazon rekende een ander percentage"),
        meaning=_(
            "Amazon rekende %(amazon_percentage)s%% btw op artikel %(sku)s, maar bij jou staat %(country)s op "
            "%(percentage)s%%."
        ),
        cause=_("De btw-instelling van het product bij Amazon past niet bij je Configuratie."),
        solution=_("Pas het percentage aan bij Configuratie, of de btw-code van het product in Seller Central."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_EXPECTED_BUT_ZERO": Text(
        title=_("Geen btw berekend"),
        meaning=_("Amazon rekende 0%% btw, maar voor %(country)s verwacht de koppeling %(percentage)s%%."),
        cause=_("De btw-code van het product klopt niet, of de koper is een bedrijf met een btw-nummer."),
        solution=_(
            "Controleer de btw-code van het product in Seller Central, of kies bij Configuratie zelf berekenen."
        ),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "SHIPPING_VAT_MISSING": Text(
        title=_("Geen btw over de verzendkosten"),
        meaning=_("Over de artikelen is btw berekend, maar niet over de verzendkosten (%(percentage)s%%)."),
        cause=_("Bij Amazon staat btw op verzendkosten uit. Verzendkosten volgen het tarief van de artikelen."),
        solution=_("Zet in Seller Central btw op verzendkosten aan, of kies bij Configuratie btw zelf berekenen."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "GIFTWRAP_VAT_MISSING": Text(
        title=_("Geen btw over de cadeauverpakking"),
        meaning=_("Over de artikelen is btw berekend, maar niet over de cadeauverpakking (%(percentage)s%%)."),
        cause=_("De btw-code voor cadeauverpakking staat niet goed bij Amazon."),
        solution=_("Zet de btw-code goed in Seller Central, of kies bij Configuratie btw zelf berekenen."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "AMAZON_TAX_ABSENT": Text(
        title=_("Amazon geeft geen btw door"),
        meaning=_("Je koos voor de btw van Amazon, maar Amazon geeft geen btw-bedragen. De btw is zelf berekend."),
        cause=_("De btw-berekeningsservice staat uit in Seller Central."),
        solution=_("Zet de service aan, of kies bij Configuratie btw zelf berekenen."),
        contact=ASK_ONLY_WHEN_WRONG,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_RATE_UNKNOWN_FOR_DATE": Text(
        title=_("Ongewoon btw-percentage"),
        meaning=_("%(percentage)s%% is voor zover wij weten op %(date)s geen btw-tarief in %(country)s."),
        cause=_("Het tarief is veranderd, of er staat een tikfout in de btw-tabel."),
        solution=_("Controleer het percentage bij Configuratie. Klopt het, dan hoef je niets te doen."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "SKU_RATE_UNKNOWN_IN_COUNTRY": Text(
        title=_("Tarief van het artikel bestaat daar niet"),
        meaning=_("Voor artikel %(sku)s is %(percentage)s%% ingesteld, maar dat is geen btw-tarief in %(country)s."),
        cause=_("Met OSS geldt het tarief van het land van de klant, en dat is niet overal hetzelfde."),
        solution=_("Stel bij de tarieven per SKU voor dit land een eigen percentage in en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "FOREIGN_RATE_NOT_IN_SNELSTART": Text(
        title=_("SnelStart kent dit buitenlandse tarief niet"),
        meaning=_("SnelStart heeft op %(date)s voor %(country)s geen btw-tarief van %(percentage)s%%."),
        cause=_("Het tarief van het land is veranderd, of er staat een tikfout in de btw-tabel."),
        solution=_("Controleer het percentage van dit land bij Configuratie en klik op Verwerk."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "LEDGER_VATRATECODE_MISSING": Text(
        title=_("Grootboekrekening zonder EU-tarief"),
        meaning=_("Rekening %(ledger)s (%(ledger_name)s) heeft in SnelStart geen EU-btw-tarief (%(expected_code)s)."),
        cause=_("Met OSS zoekt SnelStart het percentage van %(country)s op bij het EU-tarief van de rekening."),
        solution=_("Kies in SnelStart het juiste EU-btw-tarief bij deze rekening, of hier een andere rekening."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "LEDGER_VATRATECODE_MISMATCH": Text(
        title=_("Grootboekrekening met een ander EU-tarief"),
        meaning=_(
            "Rekening %(ledger)s (%(ledger_name)s) heeft EU-tarief %(rate_code)s; voor %(percentage)s%% in %(country)s "
            "is %(expected_code)s nodig."
        ),
        cause=_("Met OSS rekent SnelStart met het percentage dat bij het EU-tarief van de rekening hoort."),
        solution=_FIX_AND_PROCESS,
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "COST_CENTRE_NOT_FOUND": Text(
        title=_("Kostenplaats bestaat niet meer"),
        meaning=_("De kostenplaats bij rekening %(ledger)s (%(ledger_name)s) is verwijderd of non-actief."),
        cause=_("Iemand heeft de kostenplaats in SnelStart uitgezet."),
        solution=_("Kies bij Configuratie een andere kostenplaats voor deze regel en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "ROUNDING_DIFF_TOO_LARGE": Text(
        title=_("Btw van Amazon wijkt te veel af"),
        meaning=_("De btw van Amazon verschilt € %(difference)s van wat SnelStart over deze regels verwacht."),
        cause=_("Amazon rondt de btw per stuk af; bij grote aantallen loopt dat op."),
        solution=_("Kies bij Configuratie btw zelf berekenen en klik op Verwerk, of boek deze bestelling zelf."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_MAPPING_MISSING": Text(
        title=_("Btw-regel niet ingevuld"),
        meaning=_("Voor %(country)s met %(percentage)s%% btw is nog geen grootboekrekening gekozen."),
        cause=_("Je verkoopt voor het eerst naar dit land of met dit percentage."),
        solution=_("Vul deze regel in bij Configuratie, onderdeel btw, en klik daarna op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_RATE_NOT_IN_SNELSTART": Text(
        title=_("SnelStart kent dit percentage niet"),
        meaning=_("SnelStart heeft op %(date)s geen Nederlands btw-tarief van %(percentage)s%%."),
        cause=_("Onder de drempel en binnen Nederland geldt Nederlandse btw, en dit percentage hoort daar niet bij."),
        solution=_("Kies bij Configuratie een Nederlands percentage, of kies voor OSS als je btw van het land rekent."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_TYPE_MISMATCH": Text(
        title=_("Btw-soort past niet bij het percentage"),
        meaning=_("Voor %(country)s met %(percentage)s%% is een btw-soort gekozen die SnelStart daar niet bij heeft."),
        cause=_("In de btw-tabel staat bijvoorbeeld Laag bij 21%%."),
        solution=_("Kies bij Configuratie de juiste btw-soort bij dit percentage en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "LEDGER_NOT_FOUND": Text(
        title=_("Grootboekrekening bestaat niet meer"),
        meaning=_("De rekening die je koos voor %(country)s met %(percentage)s%% staat niet meer in SnelStart."),
        cause=_("De rekening is verwijderd, of hoort bij een andere administratie."),
        solution=_FIX_AND_PROCESS,
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "LEDGER_INACTIVE": Text(
        title=_("Grootboekrekening is non-actief"),
        meaning=_("Rekening %(ledger)s (%(ledger_name)s) staat in SnelStart op non-actief."),
        cause=_("Iemand heeft de rekening in SnelStart uitgezet."),
        solution=_("Zet de rekening weer actief in SnelStart, of kies een andere bij Configuratie."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "LEDGER_FUNCTION_MISMATCH": Text(
        title=_("Grootboekrekening past niet bij de btw"),
        meaning=_(
            "Rekening %(ledger)s (%(ledger_name)s) heeft functie %(function)s; voor %(percentage)s%% is functie "
            "%(expected)s nodig."
        ),
        cause=_("SnelStart bepaalt met de functie in welk vak van de btw-aangifte de omzet komt."),
        solution=_FIX_AND_PROCESS,
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "COST_CENTRE_REQUIRED": Text(
        title=_("Kostenplaats nodig"),
        meaning=_("Rekening %(ledger)s (%(ledger_name)s) mag alleen met een kostenplaats worden gebruikt."),
        cause=_("Zo is de rekening in SnelStart ingesteld, en in de btw-tabel is geen kostenplaats gekozen."),
        solution=_("Kies bij Configuratie een kostenplaats voor deze regel en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
}

"""Texts about where goods come from and go to, and what kind of sale that makes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_ACCOUNTANT,
    ASK_IF_IT_STAYS,
    ASK_ONLY_WHEN_WRONG,
    ASK_US,
    BOOK_BY_HAND,
    CONFIGURATION,
    NOTHING_TO_DO,
    Text,
)

TEXTS = {
    "SOLD_TO_ABEU": Text(
        title=_("Verkocht via Amazon Business EU"),
        meaning=_("Amazon Business EU kocht dit artikel van jou en verkocht het door. Amazon is dus je klant."),
        cause=_("De koper is een bedrijf en Amazon maakt zelf de factuur."),
        solution=BOOK_BY_HAND,
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "DEEMED_SUPPLIER": Text(
        title=_("Amazon int de belasting"),
        meaning=_("Amazon int en betaalt de belasting in %(country)s. Jij boekt het bedrag zonder die belasting."),
        cause=_("In dat land moet Amazon de belasting op kleine zendingen zelf afdragen."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "DEEMED_SUPPLIER_UNEXPECTED": Text(
        title=_("Amazon zegt de btw af te dragen"),
        meaning=_(
            "Volgens Amazon draagt het zelf de btw in %(country)s af. Dat hoort niet bij een verkoper uit de EU."
        ),
        cause=_("Je vestigingsgegevens bij Amazon kloppen misschien niet."),
        solution=_("Controleer je vestigingsland en btw-nummer in Seller Central en boek deze bestelling zelf."),
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "DEEMED_SUPPLIER_MIXED": Text(
        title=_("Amazon int een deel van de belasting"),
        meaning=_("Amazon int de belasting over maar een deel van deze bestelling. Dat past niet in één boeking."),
        cause=_("In de bestelling zitten artikelen waarvoor verschillende regels gelden."),
        solution=BOOK_BY_HAND,
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "UNKNOWN_DEEMED_CATEGORY": Text(
        title=_("Onbekende belastingregeling"),
        meaning=_("Amazon noemt een belastingregeling die de koppeling niet kent: %(scheme)s."),
        cause=_("Amazon heeft waarschijnlijk een nieuwe regeling ingevoerd."),
        solution=_("Meld het bij ons en wacht met boeken, of boek de bestelling na overleg zelf."),
        contact=ASK_US,
    ),
    "DISPATCH_COUNTRY_UNKNOWN": Text(
        title=_("Verzendland onbekend"),
        meaning=_("Amazon vertelt niet uit welk land dit pakket is verstuurd. Zonder dat land staat de btw niet vast."),
        cause=_("De bestelling komt uit je FBA-voorraad en je hebt nog niet ingesteld waar die ligt."),
        solution=_("Stel bij Configuratie in waar je FBA-voorraad ligt en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "DISPATCH_COUNTRY_FOREIGN": Text(
        title=_("Verstuurd vanuit het buitenland"),
        meaning=_(
            "Het pakket ging van %(dispatch_country)s naar %(country)s. Deze verkoop hoort niet in je "
            "Nederlandse btw-aangifte."
        ),
        cause=_("Je hebt voorraad buiten Nederland liggen."),
        solution=_("Klopt het verzendland niet, pas het dan aan bij Configuratie. Klopt het wel, boek dan zelf."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "COUNTRY_MISSING": Text(
        title=_("Bezorgland ontbreekt"),
        meaning=_("Amazon geeft niet door naar welk land het pakket ging. Zonder land staat de btw niet vast."),
        cause=_("De koppeling mag het adres niet zien, of Amazon heeft het al verwijderd."),
        solution=_("Controleer of de koppeling met Amazon groen is en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "COUNTRY_UNKNOWN_IN_SNELSTART": Text(
        title=_("SnelStart kent dit land niet"),
        meaning=_("SnelStart heeft %(country)s niet in de lijst van landen, dus de klant kan daar niet staan."),
        cause=_("De landenlijst van SnelStart is korter dan die van Amazon."),
        solution=BOOK_BY_HAND,
        contact=ASK_IF_IT_STAYS,
    ),
    "SPECIAL_TERRITORY": Text(
        title=_("Adres buiten het btw-gebied van de EU"),
        meaning=_("Het adres ligt in een bijzonder gebied: %(territory)s. De verkoop telt als export (0%%)."),
        cause=_("Het gebied hoort bij een EU-land, maar niet bij het btw-gebied van de EU."),
        solution=_("Bewaar het bewijs van uitvoer bij je administratie."),
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "TERRITORY_UNDECIDED": Text(
        title=_("Postcode ontbreekt"),
        meaning=_("Zonder postcode is niet te zien of het adres in een bijzonder gebied van %(country)s ligt."),
        cause=_("Amazon geeft de postcode niet altijd door. De koppeling gaat uit van het vasteland."),
        solution=_("Controleer het adres in Seller Central als je naar eilanden of grensgebieden verkoopt."),
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "NI_CHECK_REQUIRED": Text(
        title=_("Noord-Ierland"),
        meaning=_("Noord-Ierland telt voor goederen als EU, de rest van het Verenigd Koninkrijk niet."),
        cause=_("De postcode van het adres begint met BT."),
        solution=_("Controleer in SnelStart of het land en de btw van deze boeking kloppen."),
        contact=ASK_ACCOUNTANT,
    ),
    "NORTHERN_IRELAND_UNDECIDED": Text(
        title=_("Groot-Brittannië of Noord-Ierland?"),
        meaning=_("Zonder postcode is niet te zien of het pakket naar Noord-Ierland ging. Er is niets geboekt."),
        cause=_(
            "Noord-Ierland telt voor goederen als EU, met btw. De rest van het Verenigd Koninkrijk is export zonder "
            "btw. Amazon gaf de postcode niet door."
        ),
        solution=_("Zoek de postcode op in Seller Central: begint die met BT, dan is het Noord-Ierland. Boek zelf."),
        contact=ASK_ACCOUNTANT,
    ),
    "SPECIAL_TERRITORY_WITH_OSS": Text(
        title=_("Bijzonder gebied past niet bij OSS"),
        meaning=_(
            "Het adres ligt in %(territory)s, buiten het btw-gebied van de EU, maar SnelStart kent dat gebied alleen "
            "als %(country)s."
        ),
        cause=_("In SnelStart staat buitenlandse btw aan. SnelStart rekent dan voor dit land altijd btw."),
        solution=BOOK_BY_HAND,
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "OSS_NOT_ENABLED_IN_SNELSTART": Text(
        title=_("Buitenlandse btw staat niet aan in SnelStart"),
        meaning=_("Je verkoopt met btw van %(country)s, maar in SnelStart kan dat op %(date)s niet worden geboekt."),
        cause=_("In SnelStart staat buitenlandse btw factureren uit, of er is geen rekening voor buitenlandse btw."),
        solution=_(
            "Zet in SnelStart buitenlandse btw factureren aan en kies een rekening voor buitenlandse btw. Klik daarna "
            "op Verwerk."
        ),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "TERRITORY_RATE_NOT_IN_SNELSTART": Text(
        title=_("Gebied met een eigen btw-tarief"),
        meaning=_("In %(territory)s geldt een eigen btw-tarief (%(percentage)s%%) dat SnelStart niet kent."),
        cause=_("SnelStart heeft één stel tarieven per land, en dit gebied wijkt daarvan af."),
        solution=BOOK_BY_HAND,
        contact=ASK_ACCOUNTANT,
        is_retry_safe=False,
    ),
    "OSS_FLAG_CONFLICT": Text(
        title=_("Buitenlandse btw staat aan in SnelStart"),
        meaning=_(
            "In SnelStart staat buitenlandse btw aan. Een particulier in %(country)s krijgt dan geen Nederlandse btw."
        ),
        cause=_("Bij Configuratie staat dat je onder de drempel van € 10.000 zit, maar SnelStart is op OSS ingesteld."),
        solution=_("Kies bij Configuratie voor OSS, of zet buitenlandse btw uit in SnelStart. Klik daarna op Verwerk."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "KOR_ACTIVE": Text(
        title=_("Kleineondernemersregeling"),
        meaning=_(
            "Je administratie gebruikt de kleineondernemersregeling; over deze verkoop is dan geen btw verschuldigd."
        ),
        cause=_("Zo staat het in de bedrijfsgegevens van SnelStart."),
        solution=_("Klopt dat niet, pas het dan aan in SnelStart en klik op Verwerk."),
        contact=ASK_ACCOUNTANT,
    ),
    "VAT_REPORTED_ON_ZERO_RATED": Text(
        title=_("Btw berekend waar 0%% hoort"),
        meaning=_("Amazon berekende btw op een verkoop die 0%% hoort te zijn (%(treatment)s)."),
        cause=_("De btw-instellingen bij Amazon passen niet bij deze klant of bestemming."),
        solution=_("Laat je boekhouder beslissen welk bedrag klopt en boek deze bestelling zelf."),
        contact=ASK_ACCOUNTANT,
    ),
}

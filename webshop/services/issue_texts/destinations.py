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
    "TREATMENT_NOT_AVAILABLE": Text(
        title=_("Deze verkoop kan nog niet worden doorgezet"),
        meaning=_("De koppeling herkent deze verkoop (%(treatment)s), maar kan hem nog niet boeken."),
        cause=_("Voor dit soort verkopen is de koppeling nog niet klaar."),
        solution=_("Wacht op de volgende versie en klik dan op Verwerk, of boek de bestelling zelf."),
        contact=_("Neem contact op als je wilt weten wanneer dit kan."),
    ),
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
    "VAT_NUMBER_INVALID_FORMAT": Text(
        title=_("Btw-nummer klopt niet"),
        meaning=_("Het btw-nummer van de klant (%(vat_number)s) heeft niet de vorm van een btw-nummer uit de EU."),
        cause=_("De klant heeft bij Amazon een verkeerd nummer opgegeven, en er is geen btw berekend."),
        solution=_("Vraag de klant om het juiste nummer. Zonder geldig nummer reken je gewoon btw."),
        contact=ASK_ACCOUNTANT,
    ),
    "VAT_NUMBER_IGNORED": Text(
        title=_("Btw-nummer niet gebruikt"),
        meaning=_(
            "Het btw-nummer %(vat_number)s klopt niet; de bestelling is als verkoop aan een particulier behandeld."
        ),
        cause=_("De klant heeft een verkeerd nummer opgegeven en Amazon heeft gewoon btw berekend."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "VAT_NUMBER_NOT_CHECKED": Text(
        title=_("Btw-nummer nog niet gecontroleerd"),
        meaning=_(
            "De klant gaf een btw-nummer op (%(vat_number)s) waarvan de koppeling de echtheid niet kan aantonen."
        ),
        cause=_("Voor 0%% btw moet vaststaan dat het nummer geldig is."),
        solution=_("Controleer het nummer op de VIES-site van de Europese Commissie en boek deze verkoop zelf."),
        contact=ASK_ACCOUNTANT,
    ),
    "VAT_NUMBER_OF_DISPATCH_COUNTRY": Text(
        title=_("Btw-nummer uit het verzendland"),
        meaning=_("Het btw-nummer %(vat_number)s komt uit %(dispatch_country)s, het land waar het pakket vertrok."),
        cause=_("0%% btw kan alleen met een btw-nummer uit een ander EU-land."),
        solution=BOOK_BY_HAND,
        contact=ASK_ACCOUNTANT,
    ),
    "VAT_NUMBER_COUNTRY_MISMATCH": Text(
        title=_("Btw-nummer uit een ander land"),
        meaning=_("Het btw-nummer komt uit %(number_country)s, de goederen gingen naar %(country)s. Dat mag."),
        cause=_("De klant laat bezorgen in een ander land dan waar het bedrijf staat."),
        solution=_("Bewaar het vervoersbewijs en controleer of dit een levering tussen drie landen is."),
        contact=ASK_ACCOUNTANT,
    ),
    "VAT_REPORTED_ON_ZERO_RATED": Text(
        title=_("Btw berekend waar 0%% hoort"),
        meaning=_("Amazon berekende btw op een verkoop die 0%% hoort te zijn (%(treatment)s)."),
        cause=_("De btw-instellingen bij Amazon passen niet bij deze klant of bestemming."),
        solution=_("Laat je boekhouder beslissen welk bedrag klopt en boek deze bestelling zelf."),
        contact=ASK_ACCOUNTANT,
    ),
    "B2B_WITHOUT_VAT_NUMBER": Text(
        title=_("Zakelijke koper zonder btw-nummer"),
        meaning=_("De koper is zakelijk, maar er is geen btw-nummer. De verkoop telt als verkoop aan een particulier."),
        cause=_("De klant heeft bij Amazon geen btw-nummer opgegeven, of de koppeling mag het niet zien."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "B2B_ZERO_RATED_WITHOUT_VAT_NUMBER": Text(
        title=_("0%% btw zonder btw-nummer"),
        meaning=_(
            "Amazon berekende 0%% btw aan een zakelijke koper in %(country)s, maar er is geen btw-nummer bekend."
        ),
        cause=_("De koppeling mag het btw-nummer niet zien, of de klant heeft het niet opgegeven."),
        solution=_("Zoek het btw-nummer op in Seller Central en laat je boekhouder beslissen."),
        contact=ASK_ACCOUNTANT,
    ),
}

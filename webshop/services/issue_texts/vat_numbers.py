"""Texts about business buyers and their VAT numbers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_ACCOUNTANT,
    ASK_AFTER_A_DAY,
    ASK_ONLY_WHEN_WRONG,
    BOOK_BY_HAND,
    CONNECT_AMAZON,
    NOTHING_TO_DO,
    Text,
)

TEXTS = {
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
        meaning=_("Het btw-nummer van de klant (%(vat_number)s) is nog niet gecontroleerd."),
        cause=_("Voor 0%% btw moet vaststaan dat het nummer geldig is."),
        solution=_("Vul het btw-nummer bij de bestelling in; het wordt dan meteen gecontroleerd. Klik op Verwerk."),
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
    "VAT_NUMBER_CHECKDIGIT": Text(
        title=_("Tikfout in het btw-nummer"),
        meaning=_("Het btw-nummer van de klant (%(vat_number)s) bevat een tikfout: het controlecijfer klopt niet."),
        cause=_("Het nummer is verkeerd ingevuld, en Amazon heeft geen btw berekend."),
        solution=_("Vraag de klant om het juiste nummer en vul het bij de bestelling in. Klik daarna op Verwerk."),
        contact=ASK_ACCOUNTANT,
    ),
    "VAT_NUMBER_NOT_IN_VIES": Text(
        title=_("Btw-nummer niet geldig volgens VIES"),
        meaning=_("Volgens VIES was het btw-nummer %(vat_number)s op %(date)s niet geldig. 0%% btw mag dan niet."),
        cause=_("Het bedrijf is gestopt, nog niet aangemeld voor handel in de EU, of gaf een verkeerd nummer."),
        solution=_("Vraag de klant om een geldig nummer. Zonder geldig nummer reken je gewoon btw."),
        contact=ASK_ACCOUNTANT,
    ),
    "VIES_PENDING": Text(
        title=_("Btw-nummer wordt nagevraagd"),
        meaning=_("Het btw-nummer %(vat_number)s wordt voor het boeken nagevraagd bij VIES."),
        cause=_("0%% btw mag alleen als VIES bevestigt dat het nummer geldig is."),
        solution=_("Je hoeft niets te doen: dit gebeurt bij het verwerken van de bestelling."),
        contact=ASK_AFTER_A_DAY,
        is_retry_safe=False,
    ),
    "VIES_UNAVAILABLE": Text(
        title=_("VIES is niet bereikbaar"),
        meaning=_("Het btw-nummer %(vat_number)s kan nu niet worden gecontroleerd. De bestelling wacht."),
        cause=_("De dienst van de Europese Commissie, of die van het land zelf, is tijdelijk gestoord."),
        solution=_("Je hoeft niets te doen: de koppeling probeert het vanzelf opnieuw."),
        contact=ASK_AFTER_A_DAY,
        is_retry_safe=False,
    ),
    "AMAZON_ROLE_MISSING_TAX": Text(
        title=_("Amazon geeft geen btw-nummers door"),
        meaning=_("De koppeling mag bij Amazon geen btw-nummers van kopers zien."),
        cause=_("De machtiging voor belastinggegevens ontbreekt bij de koppeling met Amazon."),
        solution=_("Kijk zakelijke verkopen met 0%% btw zelf na, en vul het btw-nummer bij de bestelling in."),
        contact=ASK_ONLY_WHEN_WRONG,
        fix_endpoint=CONNECT_AMAZON,
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

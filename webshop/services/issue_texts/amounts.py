"""Texts about the order itself: its status, its lines and its amounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_ACCOUNTANT,
    ASK_AFTER_A_DAY,
    ASK_IF_IT_STAYS,
    ASK_ONLY_WHEN_WRONG,
    ASK_US,
    BOOK_BY_HAND,
    CONFIGURATION,
    NOTHING_TO_DO,
    Text,
)

TEXTS = {
    "ORDER_UNREADABLE": Text(
        title=_("Bestelling niet te lezen"),
        meaning=_("In deze bestelling staat iets wat de koppeling niet vertrouwt: %(fields)s. Er is niets geboekt."),
        cause=_("Amazon gaf een veld in een vorm die niet kan kloppen, bijvoorbeeld een bedrag dat geen bedrag is."),
        solution=_("Klik op Verwerk: de bestelling wordt dan opnieuw beoordeeld met de laatste gegevens van Amazon."),
        contact=ASK_IF_IT_STAYS,
    ),
    "ORDER_CRASHED": Text(
        title=_("Verwerken is vastgelopen"),
        meaning=_(
            "De koppeling is %(attempts)s keer vastgelopen op deze bestelling en heeft hem daarom apart gezet. "
            "Je andere bestellingen lopen door."
        ),
        cause=_("Er zit een fout in de koppeling die alleen bij deze bestelling optreedt."),
        solution=_("Klik op Meld probleem. Na de reparatie kun je de bestelling met Verwerk alsnog doorzetten."),
        contact=_("Altijd: dit kun je niet zelf oplossen. Klik op Meld probleem."),
    ),
    "NO_ORDER_LINES": Text(
        title=_("Bestelling zonder artikelen"),
        meaning=_("Amazon gaf een bestelling door waar geen enkel artikel in staat. Er is niets geboekt."),
        cause=_("De gegevens bij Amazon zijn onvolledig, meestal tijdelijk."),
        solution=_("Bekijk de bestelling in Seller Central en klik later op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "QUANTITY_INVALID": Text(
        title=_("Onmogelijk aantal"),
        meaning=_("Bij artikel %(sku)s staat het aantal %(quantity)s. Dat kan niet kloppen; er is niets geboekt."),
        cause=_("Amazon gaf een negatief of onwaarschijnlijk groot aantal door."),
        solution=BOOK_BY_HAND,
        contact=ASK_US,
        is_retry_safe=False,
    ),
    "AMOUNTS_MISSING": Text(
        title=_("Bedragen ontbreken"),
        meaning=_("De bestelling heeft de juiste status, maar Amazon geeft er geen bedragen bij."),
        cause=_("Amazon levert de bedragen soms later dan de status, of de koppeling mag ze niet zien."),
        solution=_("Klik op Verwerk. Blijft het zo, controleer dan of de koppeling met Amazon nog groen is."),
        contact=ASK_IF_IT_STAYS,
    ),
    "TOTAL_MISMATCH": Text(
        title=_("Bedragen tellen niet op"),
        meaning=_(
            "De onderdelen tellen op tot € %(parts)s, maar Amazon noemt als totaal € %(total)s. "
            "Het verschil is € %(difference)s. Er is niets geboekt, want de koppeling boekt nooit ongeveer."
        ),
        cause=_("Er ontbreekt een onderdeel in de gegevens van Amazon, of een bedrag is later aangepast."),
        solution=_("Klik op Verwerk om de bestelling opnieuw te beoordelen. Blijft het verschil, boek hem dan zelf."),
        contact=ASK_IF_IT_STAYS,
    ),
    "NEGATIVE_TOTAL": Text(
        title=_("Negatief totaal"),
        meaning=_(
            "Het totaal van de bestelling is € %(total)s. Dat lijkt een creditering; die boekt de koppeling niet."
        ),
        cause=_("De kortingen of terugbetalingen op deze bestelling zijn hoger dan de prijs."),
        solution=BOOK_BY_HAND,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "LINES_CANCEL_OUT": Text(
        title=_("Bestelling komt uit op nul"),
        meaning=_("De regels van deze bestelling hebben wel een bedrag, maar heffen elkaar precies op."),
        cause=_("Een korting op het ene artikel is even groot als de prijs van een ander artikel."),
        solution=BOOK_BY_HAND,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "CURRENCY_UNSUPPORTED": Text(
        title=_("Andere munt dan de euro"),
        meaning=_("Deze bestelling is in %(currency)s. De koppeling boekt alleen bestellingen in euro."),
        cause=_("De bestelling komt van een marktplaats met een andere munt."),
        solution=BOOK_BY_HAND,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "FX_RATE_MISSING": Text(
        title=_("Wisselkoers nog niet bekend"),
        meaning=_("Voor %(currency)s is er nog geen koers van %(date)s. De bestelling wacht."),
        cause=_("De Europese Centrale Bank publiceert de koers aan het eind van een werkdag."),
        solution=_("Je hoeft niets te doen: de koppeling probeert het morgen opnieuw."),
        contact=ASK_AFTER_A_DAY,
        is_retry_safe=False,
    ),
    "ORDER_STATUS_NOT_ELIGIBLE": Text(
        title=_("Wacht op de juiste status"),
        meaning=_("De status bij Amazon is %(status)s. Jij zet bestellingen door bij: %(statuses)s."),
        cause=_("De bestelling is nog niet zo ver, of nog geen enkele status is gekozen."),
        solution=_("Je hoeft niets te doen: zodra de status verandert, wordt de bestelling vanzelf verwerkt."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
        fix_endpoint=CONFIGURATION,
    ),
    "PRICE_PENDING": Text(
        title=_("Wacht op de betaling"),
        meaning=_("De klant heeft nog niet betaald; Amazon geeft daarom nog geen bedragen door."),
        cause=_("Dit is normaal bij een bestelling die in behandeling is."),
        solution=_("Je hoeft niets te doen: de koppeling kijkt elk uur en elke nacht opnieuw."),
        contact=ASK_AFTER_A_DAY,
        is_retry_safe=False,
    ),
    "SHIP_DATE_PENDING": Text(
        title=_("Wacht op de verzending"),
        meaning=_("Je boekt op de verzenddatum, en de bestelling is nog niet helemaal verzonden."),
        cause=_("De verzenddatum bepaalt in welke btw-aangifte de verkoop komt."),
        solution=_("Je hoeft niets te doen: zodra alles is verzonden, wordt de bestelling vanzelf verwerkt."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
        fix_endpoint=CONFIGURATION,
    ),
    "SHIP_DATE_MISSING": Text(
        title=_("Verzenddatum onbekend"),
        meaning=_("Amazon geeft geen verzenddatum door; de bestelling is op de besteldatum geboekt: %(ordered_on)s."),
        cause=_("Dat is altijd zo bij pakketten die Amazon verstuurt."),
        solution=_("Je hoeft niets te doen: de btw komt zo nooit te laat in je aangifte."),
        contact=ASK_ONLY_WHEN_WRONG,
        fix_endpoint=CONFIGURATION,
    ),
    "VAT_RATES_CHANGED_BEFORE_SHIPMENT": Text(
        title=_("Btw-tarief gewijzigd voor de verzending"),
        meaning=_(
            "Tussen bestellen (%(ordered_on)s) en verzenden (%(shipped_on)s) "
            "zijn de btw-tarieven in %(country)s gewijzigd."
        ),
        cause=_("Geboekt is het tarief van de boekingsdatum die je hebt gekozen."),
        solution=_("Controleer of dat het tarief is dat je aan de klant hebt berekend."),
        contact=ASK_ACCOUNTANT,
        fix_endpoint=CONFIGURATION,
    ),
    "MCF_ORDER": Text(
        title=_("Geen verkoop op Amazon"),
        meaning=_("Amazon verstuurde dit pakket voor een verkoop buiten Amazon. Er is hier niets te boeken."),
        cause=_("Je laat Amazon ook bestellingen van een andere winkel versturen."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "OTHER_MARKETPLACE": Text(
        title=_("Andere marktplaats"),
        meaning=_("Deze bestelling hoort bij een andere marktplaats (%(marketplace)s) dan die van deze koppeling."),
        cause=_("Elke koppeling boekt één marktplaats."),
        solution=_("Wil je ook deze marktplaats boeken? Neem dan een tweede koppeling."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "ORDER_CANCELLED": Text(
        title=_("Geannuleerd"),
        meaning=_("De bestelling is geannuleerd voordat hij werd geboekt. Er is niets geboekt."),
        cause=_("De klant, Amazon of jijzelf heeft de bestelling geannuleerd."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "CANCELLED_AFTER_POSTING": Text(
        title=_("Geannuleerd na het boeken"),
        meaning=_("De bestelling is geannuleerd nadat hij in SnelStart was geboekt (%(number)s)."),
        cause=_("Annuleringen en retouren zet de koppeling niet door."),
        solution=_("Crediteer de boeking in SnelStart."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "BEFORE_START_DATE": Text(
        title=_("Van vóór de startdatum"),
        meaning=_("De bestelling is van %(ordered_on)s; de koppeling boekt vanaf %(start_on)s."),
        cause=_("Oudere bestellingen zijn meestal al op een andere manier geboekt."),
        solution=_("Wil je oudere bestellingen toch boeken? Een eigenaar vraagt dan een migratie aan bij Profiel."),
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "ZERO_TOTAL": Text(
        title=_("Bedrag is nul"),
        meaning=_("Deze bestelling bracht € 0,00 op. Er is niets te boeken."),
        cause=_("Het is een vervanging, een gratis product of een actie met 100%% korting."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
    "ALREADY_BOOKED": Text(
        title=_("Al eerder doorgezet"),
        meaning=_(
            "Deze bestelling staat al in deze administratie (%(number)s). Bestellingen worden nooit dubbel geboekt."
        ),
        cause=_("Een andere koppeling op dezelfde administratie heeft de bestelling al geboekt."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
        is_retry_safe=False,
    ),
}

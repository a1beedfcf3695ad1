"""Texts about sales orders: their articles, their prices and their totals."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import (
    ASK_IF_IT_STAYS,
    ASK_ONLY_WHEN_WRONG,
    ASK_US,
    CONFIGURATION,
    NOTHING_TO_DO,
    Text,
)

_SNELSTART_SAID = _("SnelStart nam het artikel niet aan: “%(message)s” (%(code)s). Er is niets geboekt.")
_CHOOSE_SALES_ENTRY = _("Kies bij Configuratie verkoopboeking in plaats van bestelling, of boek deze order zelf.")
_ALLOW_LETTERS = _(
    "Zet in SnelStart de artikelcode op alfanumeriek (Instellingen, Artikelen) en klik daarna op Verwerk."
)
_ALLOW_LENGTH = _("Zet in SnelStart de lengte van de artikelcode op 25 (Instellingen, Artikelen) en klik op Verwerk.")
_FIX_ARTICLE = _("Pas de omzetgroep van het artikel aan in SnelStart en klik op Verwerk.")

TEXTS = {
    "SKU_MISSING": Text(
        title=_("Artikel zonder SKU"),
        meaning=_("Een regel van deze bestelling heeft geen SKU, dus er is geen artikelcode voor SnelStart."),
        cause=_("In Seller Central staat bij het product geen SKU."),
        solution=_("Vul de SKU in bij Amazon en klik later op Verwerk, of boek deze bestelling zelf."),
        contact=ASK_IF_IT_STAYS,
    ),
    "ARTICLE_CODE_NOT_NUMERIC": Text(
        title=_("Artikelcode mag alleen cijfers hebben"),
        meaning=_("SnelStart staat alleen cijfers toe in artikelcodes, en %(sku)s heeft andere tekens."),
        cause=_("Zo staat de artikelcode in je administratie ingesteld; dat is de standaard van SnelStart."),
        solution=_ALLOW_LETTERS,
        contact=ASK_IF_IT_STAYS,
    ),
    "ARTICLE_CODE_TOO_LONG": Text(
        title=_("Artikelcode is te lang"),
        meaning=_("Artikelcode %(sku)s heeft %(length)s tekens; SnelStart staat er %(longest)s toe."),
        cause=_("De lengte van de artikelcode staat in je administratie te kort ingesteld."),
        solution=_ALLOW_LENGTH,
        contact=ASK_IF_IT_STAYS,
    ),
    "ARTICLE_INACTIVE": Text(
        title=_("Artikel is non-actief"),
        meaning=_("Artikel %(sku)s staat in SnelStart op non-actief. Er is niets geboekt."),
        cause=_("Iemand heeft het artikel in SnelStart uitgezet. De koppeling wijzigt nooit een artikel."),
        solution=_("Zet het artikel weer actief in SnelStart en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
    ),
    "ARTICLE_REVENUE_GROUP_MISMATCH": Text(
        title=_("Omzetgroep van het artikel past niet"),
        meaning=_(
            "Met de omzetgroep van artikel %(sku)s rekent SnelStart %(article_percentage)s%% btw, maar deze verkoop "
            "is %(percentage)s%%."
        ),
        cause=_("Bij een bestelling bepaalt de omzetgroep de btw. De koppeling wijzigt nooit een artikel."),
        solution=_FIX_ARTICLE,
        contact=ASK_IF_IT_STAYS,
    ),
    "REVENUE_GROUP_MISSING": Text(
        title=_("Geen omzetgroep voor nieuwe artikelen"),
        meaning=_("Voor nieuwe artikelen met btw-soort %(kind)s is geen omzetgroep gekozen of gevonden."),
        cause=_("De omzetgroep is in SnelStart verwijderd, of er is er geen met deze btw-soort."),
        solution=_("Kies bij Configuratie een omzetgroep voor deze btw-soort en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "SALES_ORDER_NOT_POSSIBLE": Text(
        title=_("Past niet in een bestelling"),
        meaning=_("Deze verkoop (%(treatment)s) kan niet als bestelling in SnelStart worden gezet."),
        cause=_("SnelStart zou bij een bestelling naar %(country)s zelf btw rekenen, terwijl dat hier niet mag."),
        solution=_CHOOSE_SALES_ENTRY,
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "SALES_ORDER_RATE_NOT_POSSIBLE": Text(
        title=_("Tarief past niet in een bestelling"),
        meaning=_("Een bestelling in SnelStart kan niet met zekerheid op %(percentage)s%% btw van %(country)s komen."),
        cause=_("SnelStart kiest bij een bestelling zelf het tarief, en dit land heeft er meer dan één dat kan."),
        solution=_CHOOSE_SALES_ENTRY,
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
    "ORDER_TOTAL_UNREACHABLE": Text(
        title=_("Bestelling komt niet op het juiste bedrag"),
        meaning=_("SnelStart zou deze bestelling niet op € %(total)s laten uitkomen. Er is niets geboekt."),
        cause=_("SnelStart rekent het totaal zelf uit, en dat lukt hier met geen enkele prijs tot op de cent."),
        solution=_CHOOSE_SALES_ENTRY,
        contact=ASK_US,
        fix_endpoint=CONFIGURATION,
    ),
    "PRICES_SENT_INCLUDING_VAT": Text(
        title=_("Prijzen inclusief btw gestuurd"),
        meaning=_("Deze bestelling is met prijzen inclusief btw gestuurd, terwijl je exclusief hebt gekozen."),
        cause=_("Met prijzen exclusief btw zou SnelStart een cent naast het bedrag van Amazon uitkomen."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
        fix_endpoint=CONFIGURATION,
    ),
    "DESCRIPTION_TRUNCATED": Text(
        title=_("Omschrijving ingekort"),
        meaning=_("De omschrijving is ingekort tot %(longest)s tekens, want meer past er niet in SnelStart."),
        cause=_("De betaalwijze die Amazon doorgeeft is erg lang."),
        solution=NOTHING_TO_DO,
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "ARTICLE_UNKNOWN": Text(
        title=_("Artikel aangemaakt"),
        meaning=_("Artikel %(sku)s bestond nog niet in SnelStart en is aangemaakt."),
        cause=_("Je verkoopt dit artikel voor het eerst via de koppeling."),
        solution=_("Controleer de omzetgroep van het nieuwe artikel in SnelStart."),
        contact=ASK_ONLY_WHEN_WRONG,
    ),
    "ORDER_TOTAL_DIFFERS": Text(
        title=_("Bestelling in SnelStart heeft een ander totaal"),
        meaning=_("Order %(number)s staat in SnelStart voor € %(theirs)s, bij Amazon is het € %(ours)s."),
        cause=_("SnelStart rekent de btw van een bestelling zelf uit, of iemand heeft de order aangepast."),
        solution=_("Pas de order aan in SnelStart. De koppeling stuurt hem nooit nog een keer."),
        contact=ASK_US,
    ),
    "SNELSTART_ARTICLE_NOT_FOUND": Text(
        title=_("SnelStart kent het artikel niet meer"),
        meaning=_SNELSTART_SAID,
        cause=_("Het artikel is in SnelStart verwijderd nadat de koppeling het had gevonden."),
        solution=_("Klik op Verwerk: het artikel wordt dan opnieuw gezocht of aangemaakt."),
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_ARTICLE_EXISTS": Text(
        title=_("Artikelcode bestaat al"),
        meaning=_SNELSTART_SAID,
        cause=_("Iemand heeft het artikel net aangemaakt, of de code verschilt alleen in hoofdletters."),
        solution=_("Klik op Verwerk: het bestaande artikel wordt dan gebruikt."),
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_ARTICLE_REFUSED": Text(
        title=_("SnelStart weigert het nieuwe artikel"),
        meaning=_SNELSTART_SAID,
        cause=_("De code of de omschrijving van het artikel is leeg of te lang."),
        solution=_("Vul de SKU en de titel van het product aan in Seller Central en klik later op Verwerk."),
        contact=ASK_US,
    ),
    "SNELSTART_ARTICLE_CODE_NOT_NUMERIC": Text(
        title=_("SnelStart wil alleen cijfers in artikelcodes"),
        meaning=_SNELSTART_SAID,
        cause=_("Zo staat de artikelcode in je administratie ingesteld; dat is de standaard van SnelStart."),
        solution=_ALLOW_LETTERS,
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_ARTICLE_CODE_TOO_LONG": Text(
        title=_("SnelStart vindt de artikelcode te lang"),
        meaning=_SNELSTART_SAID,
        cause=_("De lengte van de artikelcode staat in je administratie te kort ingesteld."),
        solution=_ALLOW_LENGTH,
        contact=ASK_IF_IT_STAYS,
    ),
    "SNELSTART_REVENUE_GROUP_REFUSED": Text(
        title=_("SnelStart weigert de omzetgroep"),
        meaning=_SNELSTART_SAID,
        cause=_("De omzetgroep voor nieuwe artikelen is in SnelStart verwijderd."),
        solution=_("Kies bij Configuratie een andere omzetgroep en klik op Verwerk."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONFIGURATION,
    ),
}

"""What a person reads about a light: what it looks at, what was found, and where it is put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _

from webshop.models import LightState
from webshop.services.issue_texts.text import CONFIGURATION, CONNECT_AMAZON, CONNECT_SNELSTART
from webshop.services.issue_texts.words import COUNTRIES

PROFILE = "profile.index"
ERRORS = "dashboard.errors"


@dataclass(frozen=True)
class Words:
    """A finding; `endpoint` is the page of the shop that puts it right, `article` the help about it."""

    found: LazyString
    solution: LazyString | None = None
    endpoint: str | None = None
    article: str | None = None


_WAIT = _("Je hoeft niets te doen: we proberen het vanzelf opnieuw.")
_OURS = _("Dit ligt aan ons. Wij lossen het op; je hoeft niets te doen.")
_CONNECT = _("Verbind opnieuw. Wat intussen bij Amazon binnenkomt, wordt daarna vanzelf opgehaald.")

LIGHTS: Mapping[str, tuple[LazyString, LazyString, LazyString]] = {
    # What the light is called, what it looks at, and what green means.
    "amazon": (_("Toegang tot Amazon"), _("Of Amazon ons nog binnenlaat."), _("Amazon antwoordt.")),
    "marketplace": (
        _("Marktplaats"),
        _("Of je account nog verkoopt op de gekozen marktplaats."),
        _("Je verkoopt op deze marktplaats."),
    ),
    "snelstart": (
        _("Toegang tot SnelStart"),
        _("Of de koppelsleutel werkt en nog bij dezelfde administratie hoort."),
        _("De sleutel werkt, en de administratie is dezelfde."),
    ),
    "package": (
        _("SnelStart-pakket"),
        _("Of je pakket de gekozen soort boeking toelaat."),
        _("Je pakket laat dit toe."),
    ),
    "choices": (
        _("Gekozen rekeningen en dagboeken"),
        _("Of wat je bij Configuratie koos, in SnelStart nog bestaat en actief is."),
        _("Alles wat je koos, is er nog en is actief."),
    ),
    "vat": (
        _("BTW-inrichting"),
        _("Of de btw-tabel past bij de tarieven en rekeningen van je administratie. We wijzigen niets."),
        _("De btw-tabel past bij SnelStart."),
    ),
    "article_codes": (
        _("Artikelcodes"),
        _("Of SnelStart codes van 25 letters en cijfers toelaat. Alleen nodig als je bestellingen boekt."),
        _("SnelStart laat lange artikelcodes toe."),
    ),
    "debtors": (
        _("Verzameldebiteuren"),
        _("Of op de verzameldebiteuren (Amazon consument …) geboekt kan worden."),
        _("Op de verzameldebiteuren kan geboekt worden."),
    ),
    "settings": (
        _("Instellingen"),
        _("Of de statussen en de startdatum zijn ingevuld."),
        _("Statussen en startdatum zijn ingevuld."),
    ),
    "posting": (
        _("Automatisch doorzetten"),
        _("Of de koppeling vanzelf mag boeken."),
        _("Automatisch doorzetten staat aan."),
    ),
    "run": (_("Laatste ronde"), _("Of er elk uur wordt opgehaald en geboekt."), _("De laatste ronde is goed gegaan.")),
    "unknown": (
        _("Onzekere boekingen"),
        _("Of er boekingen zijn waarvan na een uur nog niet vaststaat of ze zijn aangekomen."),
        _("Van elke boeking staat vast of ze is aangekomen."),
    ),
    "clock": (
        _("Onze klok"),
        _("Of de klok van de koppeling gelijkloopt."),
        _("De klok loopt gelijk."),
    ),
    "refunds": (
        _("Terugbetalingen lezen"),
        _("Of Amazon ons de terugbetalingen laat zien. We boeken ze niet."),
        _("We kunnen de terugbetalingen lezen."),
    ),
    "subscription": (
        _("Abonnement"),
        _("Of je abonnement nog loopt."),
        _("Je abonnement loopt."),
    ),
}

CODES: Mapping[str, Words] = {
    "NOT_CHECKED": Words(_("Dit konden we nu niet bekijken."), _("Los eerst op wat hierboven rood is.")),
    "NOT_NEEDED": Words(_("Niet nodig: je boekt verkoopboekingen, daar horen geen artikelen bij.")),
    # Amazon
    "AMAZON_MISSING": Words(
        _("Amazon is nog niet verbonden."), _("Verbind Amazon."), CONNECT_AMAZON
    ),
    "AMAZON_DISCONNECTED": Words(_("De verbinding met Amazon is verbroken."), _CONNECT, CONNECT_AMAZON),
    "AMAZON_RECONNECT": Words(
        _("Amazon laat ons niet meer binnen. De toestemming is ingetrokken of na een jaar verlopen."),
        _CONNECT,
        CONNECT_AMAZON,
    ),
    "AMAZON_THROTTLED": Words(_("Amazon vraagt ons even te wachten."), _WAIT),
    "AMAZON_UNREACHABLE": Words(_("Amazon is even niet bereikbaar."), _WAIT),
    "AMAZON_PARTNER_ACCESS": Words(_("Onze toegang tot Amazon is gestoord."), _OURS),
    "AMAZON_REFUSED": Words(_("Amazon weigerde onze vraag."), _OURS),
    "NOT_PARTICIPATING": Words(
        _("Je account verkoopt niet (meer) op %(marketplace)s. Daar komen dus geen bestellingen vandaan."),
        _("Kijk in Seller Central of je account daar actief is, of kies een andere marktplaats."),
        CONFIGURATION,
        "switching",
    ),
    "LISTINGS_SUSPENDED": Words(
        _("Amazon heeft aanbiedingen van je op %(marketplace)s stilgezet. Bestellingen worden wel geboekt."),
        _("Kijk in Seller Central bij Accountstatus."),
    ),
    # SnelStart
    "SNELSTART_MISSING": Words(
        _("SnelStart is nog niet verbonden."), _("Verbind SnelStart met een koppelsleutel."),
        CONNECT_SNELSTART, "snelstart-key",
    ),
    "SNELSTART_DISCONNECTED": Words(
        _("De verbinding met SnelStart is verbroken."), _("Verbind opnieuw."), CONNECT_SNELSTART, "snelstart-key"
    ),
    "SNELSTART_RECONNECT": Words(
        _("SnelStart accepteert de koppelsleutel niet meer."),
        _("Maak in SnelStart een nieuwe sleutel en plak die hier."),
        CONNECT_SNELSTART,
        "snelstart-key",
    ),
    "SNELSTART_THROTTLED": Words(_("SnelStart vraagt ons even te wachten."), _WAIT),
    "SNELSTART_UNREACHABLE": Words(_("SnelStart is even niet bereikbaar."), _WAIT),
    "SNELSTART_PARTNER_ACCESS": Words(_("Onze toegang tot SnelStart is gestoord."), _OURS),
    "SNELSTART_REFUSED": Words(
        _("SnelStart weigerde onze vraag."),
        _("Kijk in SnelStart of je abonnement loopt en of de koppeling Amazon daar nog staat."),
        CONNECT_SNELSTART,
        "snelstart-key",
    ),
    "ADMINISTRATION_CHANGED": Words(
        _("De sleutel opent nu een andere administratie: %(administration)s. Er wordt niets geboekt."),
        _("Verbind SnelStart opnieuw en kijk of de naam van de administratie klopt."),
        CONNECT_SNELSTART,
        "switching",
    ),
    "ENCRYPTION_KEY_MISSING": Words(_("Opgeslagen gegevens zijn nu niet leesbaar."), _OURS),
    "ORDERS_NOT_AGREED": Words(
        _("Bestellingen staan voor deze winkel niet (meer) open."),
        _("Kies verkoopboekingen, of vraag bestellingen aan bij Configuratie."),
        CONFIGURATION,
    ),
    "ORDERS_NOT_IN_PACKAGE": Words(
        _("Je SnelStart-pakket heeft geen bestellingen. Daarvoor is inBalans of inZicht nodig."),
        _("Stap over op een hoger pakket, of kies bij Configuratie verkoopboekingen."),
        CONFIGURATION,
    ),
    "ENTRIES_NOT_IN_PACKAGE": Words(
        _("Je SnelStart-pakket laat geen verkoopboekingen toe. Daarvoor is inKaart, inBalans of inZicht nodig."),
        _("Stap bij SnelStart over op zo'n pakket."),
    ),
    "CHOICE_GONE": Words(
        _("Wat je koos, bestaat niet meer, is niet actief of is van de verkeerde soort: %(choices)s."),
        _("Kies iets anders, of zet het in SnelStart weer actief."),
        CONFIGURATION,
    ),
    "VAT_TABLE_EMPTY": Words(
        _("In de btw-tabel is nog geen rekening gekozen. Er kan niets geboekt worden."),
        _("Vul de rijen in van de landen waaraan je verkoopt."),
        CONFIGURATION,
    ),
    "VAT_ROWS_UNFIT": Words(
        _("In de btw-tabel past niet alles bij SnelStart, zoals %(country)s %(percentage)s%% (%(count)s)."),
        _("Bij Configuratie staat achter elke rij wat er niet klopt. Wij wijzigen de tabel nooit zelf."),
        CONFIGURATION,
        "oss",
    ),
    "ARTICLE_CODES_NUMERIC": Words(
        _("SnelStart staat alleen cijfers toe in artikelcodes. Je SKU's passen daar niet in."),
        _("Zet de artikelcodes in SnelStart op alfanumeriek met 25 tekens."),
        None,
        "article-codes",
    ),
    "ARTICLE_CODES_SHORT": Words(
        _("Artikelcodes mogen in SnelStart %(length)s tekens lang zijn. Langere SKU's worden niet geboekt."),
        _("Zet de lengte in SnelStart op 25."),
        None,
        "article-codes",
    ),
    "DEBTOR_UNFIT": Words(
        _("Op de verzameldebiteur kan niet geboekt worden: hij is non-actief, is geen klant of heeft een "
          "btw-nummer (%(countries)s)."),
        _("Zet de relatie in SnelStart weer actief, als klant en zonder btw-nummer."),
    ),
    # Here
    "NO_STATUSES": Words(
        _("Er is geen status gekozen: geen enkele bestelling wordt doorgezet."),
        _("Kies bij welke statussen we doorzetten."),
        CONFIGURATION,
        "statuses",
    ),
    "START_MISSING": Words(
        _("Er is geen startdatum."), _("Vul in vanaf welke dag bestellingen worden geboekt."), CONFIGURATION
    ),
    "FBA_NOT_SAID": Words(
        _("Je hebt nog niet gezegd of Amazon voorraad voor je bewaart (FBA)."),
        _("Geef aan of je FBA gebruikt, en in welk land de voorraad ligt."),
        CONFIGURATION,
    ),
    "POSTING_OFF": Words(
        _("Automatisch doorzetten staat uit: er wordt wel opgehaald, maar niets geboekt."),
        _("Zet het aan zodra je de proef goed vindt."),
        CONFIGURATION,
    ),
    "PAUSED": Words(
        _("Het doorzetten staat op pauze: er wordt wel opgehaald, maar niets geboekt."),
        _("Je kunt de pauze op elk moment opheffen."),
        CONFIGURATION,
    ),
    "ENDED": Words(_("Je proefperiode of abonnement is voorbij: er zijn geen rondes meer."), None, PROFILE),
    "SALES_ORDERS_NOT_AGREED": Words(
        _("Bestellingen zitten niet in je contract: er wordt niets geboekt."),
        _("Kies verkoopboekingen, of vraag bestellingen aan bij Configuratie."),
        CONFIGURATION,
    ),
    "NO_RUN_YET": Words(_("Er is nog geen ronde geweest."), _("De eerste komt vanzelf.")),
    "RUN_LATE": Words(_("De laatste ronde was %(minutes)s minuten geleden."), _WAIT),
    "RUN_DEAD": Words(_("Er is al %(minutes)s minuten geen ronde geweest."), _OURS),
    "RECOVERING": Words(_("We lezen SnelStart opnieuw na een herstel. Tot dat klaar is, boeken we niets."), _WAIT),
    "DOCUMENTS_NOT_READ": Words(_("We kijken eerst wat er al in SnelStart staat."), _WAIT),
    "CRASHED": Words(_("De laatste ronde is door een fout van ons gestopt."), _WAIT),
    "UNKNOWN_LATE": Words(
        _("Na een uur weten we nog niet of alle boekingen zijn aangekomen (nog %(count)s). We sturen niets opnieuw."),
        _("Kijk bij Fouten onder Onzeker, en laat ons daar opnieuw zoeken."),
        ERRORS,
        "uncertain",
    ),
    "CLOCK_WAS_AHEAD": Words(_("Onze klok heeft voorgelopen. Dat herstelt zich bij de volgende ronde."), _OURS),
    "CLOCK_BEHIND": Words(_("Onze klok loopt achter bij die van Amazon."), _OURS),
    "NO_FINANCE_ROLE": Words(
        _("Amazon laat ons de terugbetalingen niet zien. Bestellingen worden gewoon geboekt."),
        _("Verbind Amazon opnieuw, zodat je toestemming ook voor de financiële gegevens geldt."),
        CONNECT_AMAZON,
        "refunds",
    ),
    "SUBSCRIPTION_ENDED": Words(
        _("Je abonnement is op %(date)s geëindigd. Er wordt niets opgehaald of geboekt."),
        _("Verleng het bij Profiel. Alles blijft intussen te bekijken."),
        PROFILE,
    ),
    "SUBSCRIPTION_ENDS": Words(
        _("Je abonnement loopt tot en met %(date)s."), _("Verleng het op tijd bij Profiel."), PROFILE
    ),
    "FINE_UNTIL": Words(_("Je abonnement loopt tot en met %(date)s.")),
}  # fmt: skip

CHOICES: Mapping[str, LazyString] = {
    "template_id": _("factuurlayout"),
    "order_cost_centre_id": _("kostenplaats"),
    "revenue_groups": _("omzetgroep"),
    "journal_id": _("dagboek"),
    "clearing_ledger_id": _("tussenrekening"),
}


@dataclass(frozen=True)
class LightText:
    """One light in the language of the reader."""

    name: str
    state: str
    title: str
    looks_at: str
    found: str
    solution: str
    endpoint: str | None
    article: str | None
    since: datetime | None


def describe_light(row: Mapping[str, Any]) -> LightText:
    """Put a stored light into words; one of another release is shown by its code."""
    title, looks_at, fine = LIGHTS.get(row["name"], (row["name"], "", row["code"]))
    words = CODES.get(row["code"]) or Words(fine if row["code"] == "FINE" else row["code"])
    facts = _Facts({name: _worded(name, value) for name, value in row["facts"].items()})
    return LightText(
        name=row["name"],
        state=row["state"],
        title=str(title),
        looks_at=str(looks_at),
        found=str(words.found) % facts,
        solution=str(words.solution or "") % facts,
        endpoint=words.endpoint,
        article=words.article,
        since=datetime.fromisoformat(row["since"]) if row.get("since") else None,
    )


def verdict(results: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the state and one sentence about all lights together."""
    red = sum(row["state"] == LightState.RED.value for row in results)
    amber = sum(row["state"] == LightState.AMBER.value for row in results)
    if not results:
        return LightState.AMBER.value, str(_("We hebben nog niet gekeken."))
    if red:
        return LightState.RED.value, str(_("Nee: er is iets dat jij of wij moeten oplossen. Het staat bovenaan."))
    if amber:
        return LightState.AMBER.value, str(_("Ja, met iets om op te letten."))
    return LightState.GREEN.value, str(_("Ja, alles werkt."))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def _worded(name: str, value: str) -> str:
    locale = get_locale() or Locale("nl")
    if name == "country":
        return _country(value, locale)
    if name == "countries":
        return ", ".join(_country(code, locale) for code in value.split(", "))
    if name == "percentage":
        return format_decimal(Decimal(value), format="0.####", locale=locale)
    if name == "date":
        return format_date(date.fromisoformat(value), format="long", locale=locale)
    if name == "choices":
        return ", ".join(str(CHOICES.get(one, one)) for one in value.split(", "))
    return value


def _country(code: str, locale: Locale) -> str:
    return str(COUNTRIES.get(code) or locale.territories.get(code, code))

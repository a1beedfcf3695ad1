"""Words for the codes that pages show: states, kinds, actions, sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from webshop.blueprints.auth.sessions import known_user
from webshop.domain import marketplaces
from webshop.services.issue_texts.words import STATUSES, TREATMENTS

STATES = {
    "open": _("Open"),
    "posted": _("Doorgezet"),
    "error": _("Fout"),
    "unknown": _("Onzeker"),
    "skipped": _("Overgeslagen"),
}
KINDS = {"sales_entry": _("Verkoopboeking"), "sales_order": _("Bestelling"), "elsewhere": _("Zelf geboekt")}
RUN_KINDS = {"hourly": _("Volgens schema"), "manual": _("Op verzoek"), "nightly": _("Nachtcontrole")}
RUN_STATES = {
    "running": _("Bezig"),
    "finished": _("Klaar"),
    "failed": _("Mislukt"),
    "interrupted": _("Afgebroken"),
}
ROLES = {"owner": _("Eigenaar"), "member": _("Medewerker"), "accountant": _("Boekhouder")}
FULFILLED_BY = {"AMAZON": _("door Amazon (FBA)"), "MERCHANT": _("zelf verzonden"), "UNKNOWN": _("onbekend")}
PARTS = {
    "ITEM": _("Artikel"),
    "SHIPPING": _("Verzending"),
    "GIFT_WRAP": _("Cadeauverpakking"),
    "COD_FEE": _("Rembours"),
    "OTHER": _("Overig"),
    "DISCOUNT": _("Korting"),
    "SHIPPING_DISCOUNT": _("Korting op verzending"),
}
VAT_KINDS = {"NONE": _("Geen btw"), "LOW": _("Laag"), "HIGH": _("Hoog"), "OTHER": _("Overig")}
DOCUMENT_VAT_KINDS = {
    "SALES_LOW": _("Btw laag"),
    "SALES_HIGH": _("Btw hoog"),
    "SALES_OTHER": _("Btw overig"),
    "SALES_REVERSE_CHARGED": _("Btw verlegd"),
}
RATE_SOURCES = {
    "amazon": _("btw van Amazon"),
    "sku": _("ingesteld per SKU"),
    "article": _("artikel in SnelStart"),
    "only_row": _("enige percentage van dit land"),
    "default": _("standaard van dit land"),
}
REMOTE_ERRORS = {
    "ENCRYPTION_KEY_MISSING": _("Een storing bij ons: opgeslagen gegevens zijn niet leesbaar. Wij lossen dit op."),
    "AMAZON_RECONNECT": _("Amazon heeft de toegang ingetrokken. Verbind opnieuw."),
    "AMAZON_THROTTLED": _("Amazon vraagt ons even te wachten. We gaan vanzelf verder."),
    "AMAZON_PARTNER_ACCESS": _("Onze toegang tot Amazon is gestoord. Wij lossen dit op."),
    "AMAZON_UNREACHABLE": _("Amazon is even niet bereikbaar. We proberen het vanzelf opnieuw."),
    "AMAZON_REFUSED": _("Amazon weigerde onze vraag. Wij kijken ernaar."),
    "SNELSTART_RECONNECT": _("SnelStart accepteert de sleutel niet meer. Verbind opnieuw."),
    "SNELSTART_THROTTLED": _("SnelStart vraagt ons even te wachten. We gaan vanzelf verder."),
    "SNELSTART_PARTNER_ACCESS": _("Onze toegang tot SnelStart is gestoord. Wij lossen dit op."),
    "SNELSTART_UNREACHABLE": _("SnelStart is even niet bereikbaar. We proberen het vanzelf opnieuw."),
    "SNELSTART_REFUSED": _("SnelStart weigerde onze vraag. Wij kijken ernaar."),
    "RECOVERING": _("We lezen SnelStart opnieuw na een herstel. Tot dat klaar is, wordt er niets geboekt."),
    "DOCUMENTS_NOT_READ": _("We kijken eerst wat er al in SnelStart staat. Daarna gaat het boeken vanzelf verder."),
    "ENDED": _("Je proefperiode of abonnement is voorbij. Er wordt niets meer opgehaald of geboekt."),
    "SALES_ORDERS_NOT_AGREED": _(
        "Bestellingen zitten niet in je contract. Kies verkoopboekingen, of vraag bestellingen aan bij Configuratie."
    ),
    "CRASHED": _("De ronde is door een fout van ons gestopt. We proberen het vanzelf opnieuw."),
}
TROUBLES = {
    "ENCRYPTION_KEY_MISSING": _("Storing bij ons"),
    "AMAZON_RECONNECT": _("Amazon: geen toegang"),
    "AMAZON_THROTTLED": _("Amazon: even wachten"),
    "AMAZON_PARTNER_ACCESS": _("Amazon: storing bij ons"),
    "AMAZON_UNREACHABLE": _("Amazon: niet bereikbaar"),
    "AMAZON_REFUSED": _("Amazon: geweigerd"),
    "SNELSTART_RECONNECT": _("SnelStart: geen toegang"),
    "SNELSTART_THROTTLED": _("SnelStart: even wachten"),
    "SNELSTART_PARTNER_ACCESS": _("SnelStart: storing bij ons"),
    "SNELSTART_UNREACHABLE": _("SnelStart: niet bereikbaar"),
    "SNELSTART_REFUSED": _("SnelStart: geweigerd"),
    "RECOVERING": _("Herstel: SnelStart wordt gelezen"),
    "DOCUMENTS_NOT_READ": _("SnelStart wordt eerst gelezen"),
    "ENDED": _("Abonnement voorbij"),
    "SALES_ORDERS_NOT_AGREED": _("Bestellingen niet in contract"),
    "CRASHED": _("Storing bij ons"),
}
EVENTS = {
    "first_seen": _("Opgehaald bij Amazon"),
    "changed_at_amazon": _("Gewijzigd bij Amazon"),
    "sent": _("Verstuurd naar SnelStart"),
    "posted": _("Geboekt in SnelStart"),
    "rejected": _("Geweigerd door SnelStart"),
    "outcome_unknown": _("Geen antwoord van SnelStart: onzeker of de boeking is aangekomen"),
    "not_found": _("Opgezocht in SnelStart: daar staat de boeking niet"),
    "differs": _("Opgezocht in SnelStart: daar staat een andere boeking met dit nummer"),
    "adopted": _("Gevonden in SnelStart"),
    "trial_requested": _("Gevraagd als proefbestelling"),
    "process_requested": _("Opnieuw verwerken gevraagd"),
    "process_all_requested": _("Opnieuw verwerken gevraagd voor alle bestellingen met één oorzaak"),
    "lookup_requested": _("Controle in SnelStart gevraagd"),
    "skipped_by_hand": _("Overgeslagen"),
    "skip_undone": _("Overslaan teruggedraaid"),
    "booked_by_hand": _("Gemeld als zelf geboekt in SnelStart"),
    "booked_by_hand_undone": _("Zelf geboekt teruggedraaid"),
    "repost_requested": _("Opnieuw boeken gevraagd: de eerdere boeking is in SnelStart verwijderd"),
    "problem_reported": _("Probleem gemeld"),
    "order_fetched": _("Eén bestelling opgehaald bij Amazon"),
    "payment_posted": _("Betaling geboekt in SnelStart"),
    "payment_rejected": _("Betaling geweigerd door SnelStart"),
    "payment_outcome_unknown": _("Geen antwoord van SnelStart over de betaling"),
    "payment_not_found": _("Betaling opgezocht in SnelStart: die staat er niet"),
    "payment_differs": _("Betaling opgezocht in SnelStart: daar staat een andere"),
    "vat_number_given": _("Btw-nummer van de koper ingevuld"),
    "fetch_requested": _("Nu ophalen gevraagd"),
    "unreadable_order": _("Een bestelling van Amazon was niet te lezen"),
    "amazon_connected": _("Amazon verbonden"),
    "snelstart_connected": _("SnelStart verbonden"),
    "needs_reconnect": _("Een verbinding moet opnieuw"),
    "shop_created": _("Winkel aangemaakt"),
    "setting_changed": _("Instelling gewijzigd"),
    "health_check_requested": _("Controle van de koppeling gevraagd"),
    "sku_rates_imported": _("Btw-tarieven per artikel ingelezen"),
    "agreed": _("Akkoord met de voorwaarden"),
    "amazon_refused": _("Verbinden met Amazon is niet gelukt"),
    "vat_confirmed": _("BTW-inrichting nagekeken"),
    "setup_finished": _("Installatie klaar"),
    "trial_started": _("Proefperiode begonnen"),
    "trial_extended": _("Proefperiode verlengd door support"),
    "subscription_extended": _("Abonnement verlengd"),
    "subscription_stopped": _("Koppeling gestopt"),
    "checkout_opened": _("Betaling begonnen"),
    "checkout_paid": _("Betaald"),
    "paid_after_deletion": _("Betaald nadat de winkel verwijderd was: wordt teruggestort"),
    "paid_twice": _("Nog een keer betaald: zonder gevolg, wordt teruggestort"),
    "payment_refused": _("Betaling met een ander bedrag: zonder gevolg"),
    "gap_decided": _("Gekozen wat er met de periode zonder abonnement gebeurt"),
    "contract_changed": _("Contract gewijzigd"),
    "installation_link_sent": _("Installatielink opnieuw gestuurd"),
    "problem_answered": _("Melding beantwoord"),
    "problem_state_changed": _("Melding bijgewerkt"),
    "request_handled": _("Aanvraag bijgewerkt"),
    "installed": _("Account aangemaakt"),
    "installation_requested": _("Installatie door ons gevraagd"),
    "installer_allowed": _("Toegang gegeven om te installeren"),
    "installer_refused": _("Toegang om te installeren ingetrokken"),
    "migration_requested": _("Gevraagd om oude bestellingen mee te nemen"),
    "migration_quoted": _("Oude bestellingen geteld"),
    "migration_approved": _("Akkoord met de prijs van een migratie"),
    "migration_paid": _("Migratie betaald; het boeken van oude bestellingen begint"),
    "migration_paid_late": _("Migratie betaald nadat ze geannuleerd was"),
    "migration_paused": _("Migratie gepauzeerd"),
    "migration_resumed": _("Migratie gaat verder"),
    "migration_cancelled": _("Migratie geannuleerd"),
    "migration_finished": _("Migratie klaar"),
    "person_invited": _("Iemand uitgenodigd"),
    "invitation_withdrawn": _("Uitnodiging ingetrokken"),
    "person_joined": _("Iemand doet mee"),
    "person_left": _("Iemand heeft de winkel verlaten"),
    "person_removed": _("Iemand verwijderd uit de winkel"),
    "role_changed": _("Rol gewijzigd"),
    "user_changed": _("Gegevens van een gebruiker gewijzigd"),
    "extra_email_asked": _("Extra e-mailadres opgegeven"),
    "extra_email_confirmed": _("Extra e-mailadres bevestigd"),
    "extra_email_removed": _("Extra e-mailadres verwijderd"),
    "billing_changed": _("Factuurgegevens gewijzigd"),
    "invoice_issued": _("Factuur gemaakt"),
    "invoice_credited": _("Factuur teruggenomen met een creditfactuur"),
    "mail_failed": _("Een e-mail kon niet worden verstuurd"),
    "recovery_started": _("Na een herstel wordt SnelStart opnieuw gelezen"),
    "recovery_closed": _("SnelStart is opnieuw gelezen na een herstel"),
    "password_accepted": _("Wachtwoord geaccepteerd; code gevraagd"),
    "password_changed": _("Wachtwoord gewijzigd"),
    "reset_requested": _("Nieuw wachtwoord gevraagd"),
    "second_factor_refused": _("Verkeerde code ingevuld"),
    "recovery_code_used": _("Herstelcode gebruikt"),
    "two_factor_on": _("Inloggen in twee stappen aangezet"),
    "two_factor_off": _("Inloggen in twee stappen uitgezet"),
    "logged_in": _("Ingelogd"),
    "logged_out": _("Uitgelogd"),
    "login_refused": _("Inloggen geweigerd"),
    "second_factor_confirmed": _("Code opnieuw ingevuld"),
    "exported": _("Bestand opgehaald"),
    "impersonation_started": _("Support begon met meekijken"),
    "impersonation_raised": _("Support mag wijzigen zolang het meekijken duurt"),
    "impersonation_ended": _("Support kijkt niet meer mee"),
    "impersonation_refused": _("Support geweigerd: dit mag niet bij meekijken"),
    "buyer_data_purged": _("Gegevens van kopers gewist"),
    "data_exported": _("Gegevens van de winkel gedownload"),
    "shop_deleted": _("Winkel verwijderd"),
    "account_deleted": _("Account verwijderd"),
    "cancelled_after_posting": _("Bij Amazon geannuleerd nadat de bestelling geboekt was"),
}
PLACES = {
    "open": _("Opgehaald en nog open: hij wordt geboekt zodra hij zover is."),
    "error": _("Hij staat bij Fouten: er is nog iets nodig voordat we hem kunnen boeken."),
    "unknown": _("Hij staat bij Onzeker: we zoeken in SnelStart op of hij is aangekomen."),
    "posted": _("Hij staat in SnelStart."),
    "skipped": _("Hij is overgeslagen: er valt niets te boeken, of jij koos daarvoor."),
    "fetched": _("Gevonden bij Amazon en zojuist opgehaald. Hij staat bij Open en doet mee met de volgende ronde."),
    "cancelled": _("Hij is geannuleerd bij Amazon. Er valt niets te boeken."),
    "before_start": _("Hij is van vóór je startdatum. Oudere bestellingen boeken we alleen met een migratie."),
    "other_marketplace": _("Hij hoort bij een andere marktplaats dan die van deze koppeling."),
    "not_at_amazon": _("Amazon kent dit nummer niet bij jouw verkopersaccount. Klopt het nummer?"),
    "too_new": _("Amazon kent dit nummer nog niet. Een nieuwe bestelling geeft Amazon pas na enkele minuten door."),
    "too_old": _("Amazon geeft bestellingen van meer dan twee jaar geleden niet meer."),
    "unreadable": _("Amazon gaf hem in een vorm die we niet vertrouwen. Meld het ons, dan zoeken we het uit."),
    "busy": _("Er loopt nu net een ronde. Probeer het over een minuut nog eens."),
    "ended": _("Je proefperiode of abonnement is voorbij: we halen geen bestellingen meer op."),
    "not_connected": _("Amazon is niet verbonden, dus we kunnen het daar niet vragen. Verbind eerst opnieuw."),
    "unreachable": _("Amazon antwoordt nu even niet. Probeer het over een paar minuten nog eens."),
}
FACTS = {
    "name": _("naam"),
    "remote": _("verbinding"),
    "number": _("nummer"),
    "total": _("bedrag"),
    "orders": _("bestellingen"),
    "code": _("code"),
    "request": _("aanvraag"),
    "reason": _("reden"),
    "old": _("was"),
    "new": _("werd"),
    "rates": _("tarieven"),
    "page": _("onderdeel"),
    "refusal": _("waarom"),
    "ending": _("waarom"),
}
HIDDEN_FACTS = dict.fromkeys(("document", "report", "ip", "session", "impersonation"))
WORDED_FACTS: Mapping[str, Mapping[str, LazyString]] = {
    "ending": {
        "stopped": _("gestopt"),
        "expired": _("het half uur was om"),
        "withdrawn": _("meekijken is uitgezet"),
        "staff": _("support was niet meer ingelogd"),
        "user": _("de gebruiker doet niet meer mee"),
    },
    "refusal": {
        "second_factor": _("inloggen in twee stappen staat niet aan"),
        "support": _("meekijken staat uit"),
        "user": _("als deze gebruiker kan het niet"),
        "running": _("support kijkt al ergens mee"),
    },
}
MIGRATION_STATES = {
    "counting": _("Bezig met tellen"),
    "quoted": _("Wacht op je akkoord"),
    "approved": _("Wacht op betaling"),
    "running": _("Bezig"),
    "paused": _("Gepauzeerd"),
    "finished": _("Klaar"),
    "cancelled": _("Geannuleerd"),
    "failed": _("Niet gelukt"),
}
MIGRATION_OUTCOMES = {
    "posted": _("Geboekt"),
    "already": _("Was al geboekt"),
    "skipped": _("Niets te boeken"),
    "errors": _("Fout"),
    "waiting": _("Wacht nog"),
}
FACT_WORDS: Mapping[str, LazyString] = {
    "True": _("aan"),
    "False": _("uit"),
    "may_post_orders": _("bestellingen"),
    "may_post_payments": _("betalingen doorboeken"),
    "received": _("Ontvangen"),
    "busy": _("Mee bezig"),
    "solved": _("Opgelost"),
    "installation": _("Installatie"),
    "migration": _("Migratie"),
    "contract": _("Uitbreiding van het contract"),
}
"""Words for what stands in the facts of an event; anything else is shown as it is."""
REPORT_STATES = {"received": _("Ontvangen"), "busy": _("Mee bezig"), "solved": _("Opgelost")}
REQUEST_KINDS = {
    "installation": _("Installatie door ons"),
    "migration": _("Migratie van eerdere verkopen"),
    "contract": _("Uitbreiding van het contract"),
    "refund": _("Terugbetaling"),
}
CONTRACT_PARTS = {
    "orders": _("Bestellingen in plaats van verkoopboekingen"),
    "payments": _("Betalingen doorboeken"),
}
SUBSCRIPTIONS = {"trial": _("Proef"), "active": _("Actief"), "ended": _("Voorbij")}
CONNECTION_STATES = {
    "active": _("Verbonden"),
    "needs_reconnect": _("Moet opnieuw"),
    "disabled": _("Uitgezet"),
}
POSTING_STATES = {
    "pending": _("nog niet verstuurd"),
    "sending": _("wordt verstuurd"),
    "posted": _("geboekt"),
    "rejected": _("geweigerd"),
    "unknown": _("onzeker"),
}
SHOP_FILTERS = {
    "all": _("Alle winkels"),
    "attention": _("Vraagt aandacht"),
    "trial": _("In proef"),
    "ended": _("Voorbij"),
    "errors": _("Met fouten"),
    "paused": _("Gepauzeerd"),
    "red": _("Lampje rood"),
}
QUEUE_CHOICES = {"waiting": _("Wat wacht"), **REPORT_STATES}
PROCESSES = {"clock": _("Klok"), "worker": _("Laatste ronde langs alle winkels")}
ACTORS = {"system": _("koppeling"), "user": _("gebruiker"), "support": _("support"), "amazon": "Amazon"}
TABLES: Mapping[str, Mapping[str, LazyString | str]] = {
    "state": STATES,
    "kind": KINDS,
    "run_kind": RUN_KINDS,
    "run_state": RUN_STATES,
    "role": ROLES,
    "marketplace": marketplaces.NAMES,
    "fulfilled_by": FULFILLED_BY,
    "part": PARTS,
    "vat_kind": VAT_KINDS,
    "document_vat_kind": DOCUMENT_VAT_KINDS,
    "remote_error": REMOTE_ERRORS,
    "trouble": TROUBLES,
    "event": EVENTS,
    "actor": ACTORS,
    "report_state": REPORT_STATES,
    "migration_state": MIGRATION_STATES,
    "migration_outcome": MIGRATION_OUTCOMES,
    "request_kind": REQUEST_KINDS,
    "contract_part": CONTRACT_PARTS,
    "subscription": SUBSCRIPTIONS,
    "connection_state": CONNECTION_STATES,
    "posting_state": POSTING_STATES,
    "shop_filter": SHOP_FILTERS,
    "queue": QUEUE_CHOICES,
    "process": PROCESSES,
    "place": PLACES,
    "treatment": TREATMENTS,
    "amazon_status": STATUSES,
}


def init_app(app: Flask) -> None:
    app.add_template_filter(label)
    app.add_template_filter(rate_source)
    app.add_template_filter(event_facts)
    app.add_template_filter(who)


def label(code: str | None, table: str) -> str:
    """Return the word for a code; a code of another release stays as it is."""
    return str(TABLES[table].get(code or "", code or "–"))


def rate_source(sources: str) -> str:
    """Put the sources of a rate into words; several are joined with a plus sign."""
    return ", ".join(str(RATE_SOURCES.get(source, source)) for source in sources.split("+"))


def event_facts(facts: Mapping[str, Any]) -> str:
    """Put the facts of an event in one line, the ones we have a word for first; ids of rows are left out."""
    named = [f"{FACTS[name]}: {_worded_fact(name, facts[name])}" for name in FACTS if facts.get(name) not in (None, "")]
    others = [
        f"{name}: {_worded_fact(name, value)}" for name, value in facts.items() if name not in FACTS | HIDDEN_FACTS
    ]
    return ", ".join((*named, *others))


def who(event: Any) -> str:
    """Say who did something; of staff acting as somebody, both."""
    if event.actor != "support":
        return event.name or label(event.actor, "actor")
    support = gettext("support (%(staff)s)", staff=event.staff_name) if event.staff_name else gettext("support")
    reader = known_user()
    if reader is not None and reader.id == event.user_id:
        return gettext("%(support)s namens jou", support=support)
    return gettext("%(support)s namens %(name)s", support=support, name=event.name) if event.name else support


def _worded_fact(name: str, value: object) -> str:
    if name in WORDED_FACTS:
        return str(WORDED_FACTS[name].get(str(value), value))
    if isinstance(value, Mapping):
        return ", ".join(f"{_fact_word(name)} {_fact_word(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return " → ".join(str(part) for part in value)
    return _fact_word(value)


def _fact_word(value: object) -> str:
    return str(FACT_WORDS.get(str(value), value))

"""Words for the codes that pages show: states, kinds, actions, sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

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
    "installed": _("Account aangemaakt"),
    "installation_requested": _("Installatie door ons gevraagd"),
    "installer_allowed": _("Toegang gegeven om te installeren"),
    "installer_refused": _("Toegang om te installeren ingetrokken"),
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
    "reason": _("reden"),
    "old": _("was"),
    "new": _("werd"),
    "rates": _("tarieven"),
}
HIDDEN_FACTS = dict.fromkeys(("document", "report", "ip", "session"))
REPORT_STATES = {"received": _("Ontvangen"), "busy": _("Mee bezig"), "solved": _("Opgelost")}
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
    "place": PLACES,
    "treatment": TREATMENTS,
    "amazon_status": STATUSES,
}


def init_app(app: Flask) -> None:
    app.add_template_filter(label)
    app.add_template_filter(rate_source)
    app.add_template_filter(event_facts)


def label(code: str | None, table: str) -> str:
    """Return the word for a code; a code of another release stays as it is."""
    return str(TABLES[table].get(code or "", code or "–"))


def rate_source(sources: str) -> str:
    """Put the sources of a rate into words; several are joined with a plus sign."""
    return ", ".join(str(RATE_SOURCES.get(source, source)) for source in sources.split("+"))


def event_facts(facts: Mapping[str, Any]) -> str:
    """Put the facts of an event in one line, the ones we have a word for first; ids of rows are left out."""
    named = [f"{FACTS[name]}: {_worded_fact(facts[name])}" for name in FACTS if facts.get(name) not in (None, "")]
    others = [f"{name}: {_worded_fact(value)}" for name, value in facts.items() if name not in FACTS | HIDDEN_FACTS]
    return ", ".join((*named, *others))


def _worded_fact(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return " → ".join(str(part) for part in value)
    return str(value)

"""Words for the codes that pages show: states, kinds, actions, sources."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.words import STATUSES, TREATMENTS

STATES = {
    "open": _("Open"),
    "posted": _("Doorgezet"),
    "error": _("Fout"),
    "unknown": _("Onzeker"),
    "skipped": _("Overgeslagen"),
}
KINDS = {"sales_entry": _("Verkoopboeking"), "sales_order": _("Bestelling")}
RUN_KINDS = {"hourly": _("Volgens schema"), "manual": _("Op verzoek")}
RUN_STATES = {
    "running": _("Bezig"),
    "finished": _("Klaar"),
    "failed": _("Mislukt"),
    "interrupted": _("Afgebroken"),
}
ROLES = {"owner": _("Eigenaar"), "member": _("Medewerker"), "accountant": _("Boekhouder")}
MARKETPLACES = {
    "A1805IZSGTT6HS": "Amazon.nl",
    "A1PA6795UKMFR9": "Amazon.de",
    "AMEN7PMS3EDWL": "Amazon.com.be",
    "A13V1IB3VIYZZH": "Amazon.fr",
    "A1RKKUPIHCS9HS": "Amazon.es",
    "APJ6JRA9NG5V4": "Amazon.it",
    "A2NODRKZP88ZB9": "Amazon.se",
    "A1C3SOZRARQ6R3": "Amazon.pl",
    "A28R8C7NBKEWEA": "Amazon.ie",
}
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
    "CRASHED": _("De ronde is door een fout van ons gestopt. We proberen het vanzelf opnieuw."),
}
TROUBLES = {
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
    "trial_requested": _("Gevraagd als proef"),
    "process_requested": _("Opnieuw verwerken gevraagd"),
    "cancelled_after_posting": _("Bij Amazon geannuleerd nadat de bestelling geboekt was"),
}
ACTORS = {"system": _("koppeling"), "user": _("gebruiker"), "support": _("support"), "amazon": "Amazon"}
TABLES: Mapping[str, Mapping[str, LazyString | str]] = {
    "state": STATES,
    "kind": KINDS,
    "run_kind": RUN_KINDS,
    "run_state": RUN_STATES,
    "role": ROLES,
    "marketplace": MARKETPLACES,
    "fulfilled_by": FULFILLED_BY,
    "part": PARTS,
    "vat_kind": VAT_KINDS,
    "document_vat_kind": DOCUMENT_VAT_KINDS,
    "remote_error": REMOTE_ERRORS,
    "trouble": TROUBLES,
    "event": EVENTS,
    "actor": ACTORS,
    "treatment": TREATMENTS,
    "amazon_status": STATUSES,
}


def init_app(app: Flask) -> None:
    app.add_template_filter(label)
    app.add_template_filter(rate_source)


def label(code: str | None, table: str) -> str:
    """Return the word for a code; a code of another release stays as it is."""
    return str(TABLES[table].get(code or "", code or "–"))


def rate_source(sources: str) -> str:
    """Put the sources of a rate into words; several are joined with a plus sign."""
    return ", ".join(str(RATE_SOURCES.get(source, source)) for source in sources.split("+"))

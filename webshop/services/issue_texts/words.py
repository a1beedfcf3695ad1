"""The words for facts that are codes: treatments, statuses, territories and ledger functions."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

TREATMENTS: Mapping[str, LazyString] = {
    "NL_DOMESTIC": _("verkoop binnen Nederland"),
    "EU_B2C_BELOW_THRESHOLD": _("particulier in de EU, onder de drempel"),
    "EU_B2C_OSS": _("particulier in de EU met OSS"),
    "EU_B2C_OSS_FROM_FOREIGN_STOCK": _("particulier in de EU vanuit buitenlandse voorraad"),
    "ICP": _("bedrijf in de EU met btw-nummer"),
    "EXPORT": _("export buiten de EU"),
    "EXPORT_AMAZON_COLLECTS_DESTINATION_VAT": _("export waarbij Amazon de belasting int"),
    "LOCAL_FOREIGN": _("verkoop binnen een ander land"),
    "SMALL_BUSINESS_SCHEME": _("verkoop met de kleineondernemersregeling"),
    "UNKNOWN": _("nog niet bepaald"),
}

STATUSES: Mapping[str, LazyString] = {
    "PENDING_AVAILABILITY": _("Gereserveerd"),
    "PENDING": _("In behandeling"),
    "UNSHIPPED": _("Niet verzonden"),
    "PARTIALLY_SHIPPED": _("Deels verzonden"),
    "SHIPPED": _("Verzonden"),
    "CANCELLED": _("Geannuleerd"),
    "UNFULFILLABLE": _("Niet te leveren"),
    "UNKNOWN": _("Onbekend"),
}

TERRITORIES: Mapping[str, LazyString] = {
    "ES-CN": _("Canarische Eilanden"),
    "ES-CE": _("Ceuta"),
    "ES-ML": _("Melilla"),
    "DE-BUS": _("Büsingen"),
    "DE-HEL": _("Helgoland"),
    "IT-LIV": _("Livigno"),
    "IT-CAM": _("Campione d’Italia"),
    "GR-69": _("Athos"),
    "FI-AX": _("Åland"),
    "FR-GP": _("Guadeloupe"),
    "FR-MQ": _("Martinique"),
    "FR-GF": _("Frans-Guyana"),
    "FR-RE": _("Réunion"),
    "FR-PM": _("Saint-Pierre en Miquelon"),
    "FR-YT": _("Mayotte"),
    "FR-COM": _("Frans gebied overzee"),
    "IM": _("Man"),
    "JE-GG": _("Kanaaleilanden"),
    "GI": _("Gibraltar"),
    "DK-FO": _("Faeröer"),
    "DK-GL": _("Groenland"),
    "SM": _("San Marino"),
    "VA": _("Vaticaanstad"),
    "PT-30": _("Madeira"),
    "PT-20": _("de Azoren"),
    "AT-JM": _("Jungholz of Mittelberg"),
    "NL-CARIB": _("Caribisch deel van het Koninkrijk"),
    "CY-N": _("Noord-Cyprus"),
}

COUNTRIES: Mapping[str, LazyString] = {
    "XI": _("Noord-Ierland"),
    "XU": _("Groot-Brittannië"),
    "ICP": _("ICP (bedrijven in de EU)"),
    "INTERNATIONAL": _("Internationaal (buiten de EU)"),
}
"""Codes and rows of the VAT table that are no countries."""

KINDS: Mapping[str, LazyString] = {
    "HIGH": _("Hoog"),
    "LOW": _("Laag"),
    "OTHER": _("Overig"),
    "NONE": _("Geen"),
}

FUNCTIONS: Mapping[str, LazyString] = {
    "10": _("10 (omzet onbelast of verlegd)"),
    "11": _("11 (omzet laag)"),
    "12": _("12 (omzet hoog)"),
    "13": _("13 (omzet overig)"),
    "80": _("80 (omzet binnen de EU)"),
    "81": _("81 (omzet buiten de EU)"),
    "84": _("84 (afstandsverkopen binnen de EU)"),
}

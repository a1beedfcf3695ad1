"""The countries as SnelStart lists them: Dutch name, two letters and three letters."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import get_global

# In CLDR but no country of ISO 3166.
NOT_A_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
# Countries for which CLDR also knows a three-letter code of the past.
ALPHA3_TODAY = {
    "AM": "ARM", "AZ": "AZE", "BQ": "BES", "BY": "BLR", "CD": "COD", "CW": "CUW", "DE": "DEU", "EE": "EST",
    "FR": "FRA", "GE": "GEO", "IQ": "IRQ", "KG": "KGZ", "KZ": "KAZ", "LT": "LTU", "LV": "LVA", "MD": "MDA",
    "ME": "MNE", "MM": "MMR", "RS": "SRB", "RU": "RUS", "SA": "SAU", "SX": "SXM", "TJ": "TJK", "TL": "TLS",
    "TM": "TKM", "UA": "UKR", "UZ": "UZB", "YE": "YEM",
}  # fmt: skip
# SnelStart's own extras for the United Kingdom after it left the Union; their three letters are our guess.
EXTRA = {"XI": ("Noord-Ierland", "XNI"), "XU": ("Groot-Brittannië", "XGB")}

EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
EU_FOR_GOODS = EU | {"XI"}


@cache
def countries() -> dict[str, tuple[str, str]]:
    """Return two-letter code -> (Dutch name, three-letter code), sorted by name."""
    aliases = {str(code): targets for code, targets in get_global("territory_aliases").items()}
    alpha3 = {
        str(targets[0]): code
        for code, targets in aliases.items()
        if len(code) == 3 and code.isalpha() and len(targets) == 1
    } | ALPHA3_TODAY
    names = {str(code): str(name) for code, name in Locale("nl").territories.items()}
    listed = {
        code: (names[code], alpha3[code])
        for code in names
        if len(code) == 2 and code in alpha3 and code not in NOT_A_COUNTRY
    } | EXTRA
    return dict(sorted(listed.items(), key=lambda item: item[1][0]))

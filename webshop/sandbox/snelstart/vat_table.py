"""The VAT percentages that SnelStart itself knows: the Dutch ones by kind, the foreign ones by rate code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

FOREVER = "2400-12-31"
RATE_CODES = {
    "SR": ("Standaard", "Standaardtarief"),
    "RRH": ("Verlaagd hoog", "Verlaagd tarief, hoogste"),
    "RRL": ("Verlaagd laag", "Verlaagd tarief, laagste"),
    "SRR": ("Superverlaagd", "Superverlaagd tarief"),
    "PR": ("Parking", "Tussentarief"),
}
# kind, percentage, first day, last day
DUTCH_RATES = (
    ("Geen", "0", "1900-01-01", FOREVER),
    ("Laag", "9", "2019-01-01", FOREVER),
    ("Laag", "6", "1986-10-01", "2018-12-31"),
    ("Hoog", "21", "2012-10-01", FOREVER),
    ("Hoog", "19", "2001-01-01", "2012-09-30"),
    ("Hoog", "17.5", "1992-10-01", "2000-12-31"),
    ("Overig", "0", "1968-01-01", FOREVER),
)
# country -> per rate code the percentages with their first day, oldest first; None ends a rate
FOREIGN_RATES: dict[str, dict[str, tuple[tuple[str, str | None], ...]]] = {
    "AUT": {
        "SR": (("1984-01-01", "20"),),
        "RRH": (("2016-01-01", "13"),),
        "RRL": (("1984-01-01", "10"),),
        "SRR": (("2026-07-01", "4.9"),),
    },
    "BEL": {"SR": (("1996-01-01", "21"),), "RRH": (("1992-04-01", "12"),), "RRL": (("1992-04-01", "6"),)},
    "BGR": {"SR": (("1999-01-01", "20"),), "RRL": (("2011-04-01", "9"),)},
    "CYP": {
        "SR": (("2014-01-13", "19"),),
        "RRH": (("2014-01-13", "9"),),
        "RRL": (("2003-01-01", "5"),),
        "SRR": (("2023-07-21", "3"),),
    },
    "CZE": {
        "SR": (("2013-01-01", "21"),),
        "RRH": (("2013-01-01", "15"), ("2024-01-01", None)),
        "RRL": (("2015-01-01", "10"), ("2024-01-01", "12")),
    },
    "DEU": {
        "SR": (("2007-01-01", "19"), ("2020-07-01", "16"), ("2021-01-01", "19")),
        "RRL": (("1983-07-01", "7"), ("2020-07-01", "5"), ("2021-01-01", "7")),
    },
    "DNK": {"SR": (("1992-01-01", "25"),)},
    "EST": {
        "SR": (("2009-07-01", "20"), ("2024-01-01", "22"), ("2025-07-01", "24")),
        "RRH": (("2025-01-01", "13"),),
        "RRL": (("2009-01-01", "9"),),
    },
    "ESP": {"SR": (("2012-09-01", "21"),), "RRL": (("2012-09-01", "10"),), "SRR": (("1995-01-01", "4"),)},
    "FIN": {
        "SR": (("2013-01-01", "24"), ("2024-09-01", "25.5")),
        "RRH": (("2013-01-01", "14"), ("2026-01-01", "13.5")),
        "RRL": (("2013-01-01", "10"),),
    },
    "FRA": {
        "SR": (("2014-01-01", "20"),),
        "RRH": (("2014-01-01", "10"),),
        "RRL": (("1982-07-01", "5.5"),),
        "SRR": (("1989-09-01", "2.1"),),
    },
    "GRC": {"SR": (("2016-06-01", "24"),), "RRH": (("2011-01-01", "13"),), "RRL": (("2015-07-20", "6"),)},
    "HRV": {"SR": (("2012-03-01", "25"),), "RRH": (("2014-01-01", "13"),), "RRL": (("2013-01-01", "5"),)},
    "HUN": {"SR": (("2012-01-01", "27"),), "RRH": (("2009-07-01", "18"),), "RRL": (("2004-01-01", "5"),)},
    "IRL": {
        "SR": (("2021-03-01", "23"),),
        "RRH": (("2003-01-01", "13.5"),),
        "RRL": (("2011-07-01", "9"),),
        "SRR": (("2005-01-01", "4.8"),),
    },
    "ITA": {
        "SR": (("2013-10-01", "22"),),
        "RRH": (("1995-02-24", "10"),),
        "RRL": (("2016-01-01", "5"),),
        "SRR": (("1989-01-01", "4"),),
    },
    "LTU": {
        "SR": (("2009-09-01", "21"),),
        "RRH": (("2009-01-01", "9"), ("2026-01-01", "12")),
        "RRL": (("2004-05-01", "5"),),
    },
    "LUX": {
        "SR": (("2023-01-01", "16"), ("2024-01-01", "17")),
        "PR": (("2023-01-01", "13"), ("2024-01-01", "14")),
        "RRL": (("2023-01-01", "7"), ("2024-01-01", "8")),
        "SRR": (("1992-01-01", "3"),),
    },
    "LVA": {"SR": (("2012-07-01", "21"),), "RRH": (("2011-01-01", "12"),), "RRL": (("2018-01-01", "5"),)},
    "MLT": {
        "SR": (("2004-01-01", "18"),),
        "PR": (("2024-01-01", "12"),),
        "RRH": (("2011-01-01", "7"),),
        "RRL": (("1999-01-01", "5"),),
    },
    "POL": {"SR": (("2011-01-01", "23"),), "RRH": (("2011-01-01", "8"),), "RRL": (("2011-01-01", "5"),)},
    "PRT": {"SR": (("2011-01-01", "23"),), "RRH": (("2010-07-01", "13"),), "RRL": (("2010-07-01", "6"),)},
    "ROU": {
        "SR": (("2017-01-01", "19"), ("2025-08-01", "21")),
        "RRH": (("2017-01-01", "9"), ("2025-08-01", None)),
        "RRL": (("2017-01-01", "5"), ("2025-08-01", "11")),
    },
    "SVK": {
        "SR": (("2011-01-01", "20"), ("2025-01-01", "23")),
        "RRH": (("2025-01-01", "19"),),
        "RRL": (("2011-01-01", "10"), ("2025-01-01", "5")),
    },
    "SVN": {"SR": (("2013-07-01", "22"),), "RRH": (("2013-07-01", "9.5"),), "RRL": (("2020-01-01", "5"),)},
    "SWE": {"SR": (("1990-07-01", "25"),), "RRH": (("1996-01-01", "12"),), "RRL": (("1996-01-01", "6"),)},
    "XNI": {"SR": (("2011-01-04", "20"),), "RRL": (("1997-09-01", "5"),)},
}


def dutch_rate(kind: str, day: date) -> Decimal | None:
    """Return the percentage of a Dutch VAT kind on a day."""
    for name, percentage, first, last in DUTCH_RATES:
        if name == kind and first <= day.isoformat() <= last:
            return Decimal(percentage)
    return None


def foreign_rate(country: str, rate_code: str, day: date) -> Decimal | None:
    """Return the percentage of a rate code in a country (three letters) on a day."""
    percentage = None
    for first, value in FOREIGN_RATES.get(country, {}).get(rate_code, ()):
        if first <= day.isoformat():
            percentage = value
    return None if percentage is None else Decimal(percentage)


def tariff_rows() -> list[dict[str, Any]]:
    return [
        {
            "btwSoort": kind,
            "btwPercentage": percentage,
            "datumVanaf": f"{first}T00:00:00",
            "datumTotEnMet": f"{last}T00:00:00",
        }
        for kind, percentage, first, last in DUTCH_RATES
    ]


def country_rows() -> list[dict[str, Any]]:
    """Return the rows of /vatrates; a rate that was abolished is shown as 0 from that day."""
    return [
        {
            "countryCode": country,
            "vatRates": [
                {"rateCode": code, "rate": value or "0", "validFrom": f"{first}T00:00:00"}
                for code, history in rates.items()
                for first, value in history
            ],
        }
        for country, rates in FOREIGN_RATES.items()
    ]


def definition_rows() -> list[dict[str, Any]]:
    return [{"rateCode": code, "shortName": short, "name": name} for code, (short, name) in RATE_CODES.items()]

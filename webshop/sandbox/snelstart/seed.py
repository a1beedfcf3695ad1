"""What a fresh administration holds: ledgers, journals, revenue groups, templates and system relations."""

from __future__ import annotations

from typing import Any

from webshop.sandbox.snelstart.books import Books
from webshop.sandbox.snelstart.customers import blank_customer

FOREIGN_VAT_LEDGER = 1690
BALANCE = "Balans"
RESULT = "WinstEnVerlies"

# The VAT kind of a line on a ledger with this function; the others take Geen.
VAT_KIND_OF_FUNCTION = {"VerkopenOmzetLaag": "Laag", "VerkopenOmzetHoog": "Hoog", "VerkopenOmzetOverig": "Overig"}

# number, description, function, kind of account, further members
LEDGERS: tuple[tuple[int, str, str, str, dict[str, Any]], ...] = (
    (500, "Eigen vermogen", "Diversen", BALANCE, {}),
    (1000, "Kas", "DagboekKas", BALANCE, {}),
    (1100, "Rekening-courant bank", "DagboekBank", BALANCE, {}),
    (1240, "Amazon tussenrekening", "Diversen", BALANCE, {}),
    (1250, "Kruisposten", "Kruisposten", BALANCE, {}),
    (1300, "Debiteuren", "DagboekVerkoop", BALANCE, {}),
    (1600, "Crediteuren", "DagboekInkoop", BALANCE, {}),
    (1670, "Btw af te dragen laag", "BtwAfteDragenLaag", BALANCE, {}),
    (1671, "Btw af te dragen hoog", "BtwAfTeDragenHoog", BALANCE, {}),
    (1672, "Btw af te dragen overig", "BtwAfTeDragenOverig", BALANCE, {}),
    (1673, "Btw af te dragen verlegd", "BtwAfTeDragenVerlegdVerkopen", BALANCE, {}),
    (1681, "Btw te vorderen laag", "BtwTeVorderenLaag", BALANCE, {}),
    (1682, "Btw te vorderen hoog", "BtwTeVorderenHoog", BALANCE, {}),
    (FOREIGN_VAT_LEDGER, "Buitenlandse btw", "Diversen", BALANCE, {}),
    (2000, "Memoriaal", "DagboekMemoriaal", BALANCE, {}),
    (2010, "Tussenrekening balans", "DagboekBalans", BALANCE, {}),
    (4700, "Verkoopkosten marktplaatsen", "InkopenKostenAlleBtwTarieven", RESULT, {}),
    (4990, "Betalingsverschillen", "Diversen", RESULT, {}),
    (7000, "Inkoopwaarde hoog", "InkopenKostenHoog", RESULT, {}),
    (8000, "Omzet hoog (goederen)", "VerkopenOmzetHoog", RESULT, {}),
    (8060, "Omzet buiten EU", "VerkopenExportBuitenEU", RESULT, {}),
    (8070, "Omzet goederen binnen EU", "VerkopenExportBinnenEU", RESULT, {}),
    (8091, "Afstandsverkopen standaardtarief", "InstallatieTeleverkoopBinnenEUgeen", RESULT, {"vatRateCode": "SR"}),
    (8092, "Afstandsverkopen verlaagd hoog", "InstallatieTeleverkoopBinnenEUgeen", RESULT, {"vatRateCode": "RRH"}),
    (8093, "Afstandsverkopen verlaagd laag", "InstallatieTeleverkoopBinnenEUgeen", RESULT, {"vatRateCode": "RRL"}),
    (8110, "Omzet laag (handelsgoederen)", "VerkopenOmzetLaag", RESULT, {}),
    (8120, "Omzet overig tarief", "VerkopenOmzetOverig", RESULT, {}),
    (8130, "Omzet onbelast of verlegd", "VerkopenOmzetOnbelastVerlegd", RESULT, {}),
    (8199, "Vrijgestelde omzet", "Diversen", RESULT, {}),
    (8200, "Omzet hoog (diensten)", "VerkopenOmzetHoog", RESULT, {}),
    (8210, "Omzet laag (diensten)", "VerkopenOmzetLaag", RESULT, {}),
    (8250, "Omzet diensten verlegd", "VerkopenOmzetOnbelastVerlegd", RESULT, {}),
    (8270, "Omzet diensten binnen EU", "DienstverleningBinnenEU", RESULT, {}),
    (8300, "Omzet per filiaal", "VerkopenOmzetHoog", RESULT, {"kostenplaatsVerplicht": True}),
    (8310, "Omzet zonder kostenplaats", "VerkopenOmzetHoog", RESULT, {"_cost_centre_refused": True}),
    (8990, "Omzet hoog (oud)", "VerkopenOmzetHoog", RESULT, {"nonactief": True}),
)
JOURNALS = (
    (1000, "Kas", "Kas"),
    (1100, "Rekening-courant bank", "Bank"),
    (1300, "Debiteuren", "Verkoop"),
    (1600, "Crediteuren", "Inkoop"),
    (2000, "Memoriaal", "Memoriaal"),
    (2010, "Tussenrekening balans", "Balans"),
)
# number, description, VAT kind, ledger
REVENUE_GROUPS = (
    (1, "Hoog btw (goederen)", "Hoog", 8000),
    (2, "Laag btw (goederen)", "Laag", 8110),
    (3, "Geen btw (goederen)", "Geen", 8130),
    (4, "Vrijgesteld (goederen)", "Geen", 8199),
    (5, "Hoog btw (diensten)", "Hoog", 8200),
    (6, "Laag btw (diensten)", "Laag", 8210),
    (7, "Geen btw (diensten)", "Geen", 8250),
    (8, "Vrijgesteld (diensten)", "Geen", 8199),
)
TEMPLATES = (("Standaard", True), ("Webwinkel (prijzen inclusief btw)", False))
COST_CENTRES = ((1, "Webwinkel", False), (2, "Winkel", False), (9, "Oude vestiging", True))


def seed(books: Books) -> None:
    """Fill an empty administration."""
    ledgers = {ledger[0]: _add_ledger(books, *ledger) for ledger in LEDGERS}
    for number, description, kind in JOURNALS:
        books.add("dagboeken", {"omschrijving": description, "soort": kind, "nonactief": False, "nummer": number})
    for number, description, kind, ledger in REVENUE_GROUPS:
        books.add(
            "artikelomzetgroepen",
            {
                "nummer": number,
                "omschrijving": description,
                "verkoopNederlandBtwSoort": kind,
                "verkoopGrootboekNederlandIdentifier": books.reference("grootboeken", ledgers[ledger]),
            },
        )
    for description, exclusive in TEMPLATES:
        books.add(
            "verkoopordersjablonen",
            {
                "omschrijving": description,
                "nonactief": False,
                "prijsIngaveExclusiefBtw": exclusive,
                "nieuweOrdersBlokkeren": False,
            },
        )
    for number, description, inactive in COST_CENTRES:
        books.add("kostenplaatsen", {"omschrijving": description, "nonactief": inactive, "nummer": number})
    _add_system_relations(books)


def _add_ledger(
    books: Books, number: int, description: str, function: str, account: str, further: dict[str, Any]
) -> str:
    ledger = {
        "omschrijving": description,
        "kostenplaatsVerplicht": False,
        "rekeningCode": account,
        "nonactief": False,
        "nummer": number,
        "grootboekfunctie": function,
        "grootboekRubriek": "Netto-omzet" if 8000 <= number < 9000 else "Overig",
        "rgsCode": [],
        "btwSoort": [VAT_KIND_OF_FUNCTION.get(function, "Geen")],
        "vatRateCode": None,
        **further,
    }
    return str(books.add("grootboeken", ledger)["id"])


def _add_system_relations(books: Books) -> None:
    for code, name, kinds in (
        (0, books.settings["name"], ["Eigen"]),
        (-1, "Leverancier onbekend", ["Leverancier"]),
        (-2, "Klant onbekend", ["Klant"]),
    ):
        books.add("relaties", blank_customer(books) | {"relatiecode": code, "naam": name, "relatiesoort": kinds})

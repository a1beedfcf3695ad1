"""What is sold in the sandbox and to whom: articles, places and names."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Article:
    """`kind` decides the VAT rate: standard, book or food."""

    sku: str
    asin: str
    title_nl: str
    title_de: str
    kind: str
    price: Decimal


def _article(sku: str, asin: str, title_nl: str, title_de: str, kind: str, price: str) -> Article:
    return Article(sku, asin, title_nl, title_de, kind, Decimal(price))


ARTICLES = (
    _article("KAN-10-ROOD", "B0C1KAN010", "Stapelkan 1 liter, rood", "Stapelkanne 1 Liter, rot", "standard", "24.99"),
    _article("KAN-10-WIT", "B0C1KAN011", "Stapelkan 1 liter, wit", "Stapelkanne 1 Liter, weiß", "standard", "24.99"),
    _article(
        "MOK-SET-4", "B0C2MOK004", "Mokkenset van 4, aardewerk", "Becherset, 4 Stück, Keramik", "standard", "34.95"
    ),
    _article("SNIJ-BAM-L", "B0C3SNY00L", "Snijplank bamboe, groot", "Schneidebrett Bambus, groß", "standard", "19.95"),
    _article("SNIJ-BAM-S", "B0C3SNY00S", "Snijplank bamboe, klein", "Schneidebrett Bambus, klein", "standard", "12.49"),
    _article("MES-KOK-20", "B0C4MES020", "Koksmes 20 cm", "Kochmesser 20 cm", "standard", "49.90"),
    _article("PAN-GIET-28", "B0C5PAN028", "Gietijzeren pan 28 cm", "Gusseisenpfanne 28 cm", "standard", "64.50"),
    _article(
        "LAMP-LED-B", "B0C6LMP00B", "Bureaulamp led, zwart", "LED-Schreibtischlampe, schwarz", "standard", "39.99"
    ),
    _article("KABEL-USBC-2", "B0C7KAB002", "USB-C-kabel 2 meter", "USB-C-Kabel 2 Meter", "standard", "9.99"),
    _article("OPLAAD-65W", "B0C7LAD065", "Snellader 65 W", "Schnellladegerät 65 W", "standard", "32.95"),
    _article("TAS-KATOEN", "B0C8TAS001", "Katoenen draagtas", "Baumwolltasche", "standard", "7.95"),
    _article("DEKEN-WOL", "B0C8DEK140", "Wollen plaid 140 × 200 cm", "Wolldecke 140 × 200 cm", "standard", "79.00"),
    _article("KUSSEN-45", "B0C8KUS045", "Sierkussen 45 × 45 cm", "Zierkissen 45 × 45 cm", "standard", "17.50"),
    _article("FIETSBEL-KL", "B0C9BEL001", "Fietsbel, klassiek", "Fahrradklingel, klassisch", "standard", "11.25"),
    _article("FIETSLICHT", "B0C9LCT002", "Fietsverlichting, set", "Fahrradbeleuchtung, Set", "standard", "21.75"),
    _article("REGENCAPE-M", "B0C9REG00M", "Regencape, maat M", "Regencape, Größe M", "standard", "44.95"),
    _article(
        "PUZZEL-1000",
        "B0D1PUZ100",
        "Legpuzzel Waddenzee, 1000 stukjes",
        "Puzzle Wattenmeer, 1000 Teile",
        "standard",
        "15.99",
    ),
    _article(
        "SPEL-KAART", "B0D1SPL001", "Kaartspel voor het gezin", "Kartenspiel für die Familie", "standard", "13.49"
    ),
    _article("BOEK-BROOD", "9021500017", "Brood bakken voor beginners", "Brot backen für Anfänger", "book", "22.99"),
    _article("BOEK-TUIN", "9021500025", "De kleine moestuin", "Der kleine Gemüsegarten", "book", "18.50"),
    _article("BOEK-FIETS", "9021500033", "Fietsen langs de kust", "Radfahren an der Küste", "book", "27.95"),
    _article(
        "STROOPW-10",
        "B0D2STR010",
        "Stroopwafels in blik, 10 stuks",
        "Sirupwaffeln in der Dose, 10 Stück",
        "food",
        "8.95",
    ),
    _article("DROP-ZOUT-1K", "B0D2DRP1KG", "Zoute drop, 1 kg", "Salzlakritz, 1 kg", "food", "12.95"),
    _article("THEE-KRUID", "B0D2THE040", "Kruidenthee, 40 zakjes", "Kräutertee, 40 Beutel", "food", "5.49"),
    _article("KOFFIE-BONEN", "B0D2KOF1KG", "Koffiebonen, 1 kg", "Kaffeebohnen, 1 kg", "food", "16.79"),
)

# Percentages by destination, for sellers whose tax Amazon calculates.
VAT_RATES: dict[str, dict[str, Decimal]] = {
    "NL": {"standard": Decimal(21), "book": Decimal(9), "food": Decimal(9)},
    "DE": {"standard": Decimal(19), "book": Decimal(7), "food": Decimal(7)},
    "BE": {"standard": Decimal(21), "book": Decimal(6), "food": Decimal(6)},
    "FR": {"standard": Decimal(20), "book": Decimal("5.5"), "food": Decimal("5.5")},
    "AT": {"standard": Decimal(20), "book": Decimal(10), "food": Decimal(10)},
}

# (postal code, city) per country
PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "NL": (
        ("1012 JS", "Amsterdam"),
        ("1071 XX", "Amsterdam"),
        ("3011 AD", "Rotterdam"),
        ("3071 AA", "Rotterdam"),
        ("2513 AA", "Den Haag"),
        ("2595 AA", "Den Haag"),
        ("3511 LN", "Utrecht"),
        ("3584 CS", "Utrecht"),
        ("5611 EM", "Eindhoven"),
        ("5038 EA", "Tilburg"),
        ("9712 HX", "Groningen"),
        ("1315 HR", "Almere"),
        ("4811 XC", "Breda"),
        ("6511 VA", "Nijmegen"),
        ("7311 KZ", "Apeldoorn"),
        ("7511 JG", "Enschede"),
        ("2011 RD", "Haarlem"),
        ("6811 KL", "Arnhem"),
        ("8911 DL", "Leeuwarden"),
        ("6211 CN", "Maastricht"),
        ("2312 EZ", "Leiden"),
        ("8011 CW", "Zwolle"),
        ("4331 BK", "Middelburg"),
        ("9401 HX", "Assen"),
    ),
    "DE": (
        ("10117", "Berlin"),
        ("10999", "Berlin"),
        ("20095", "Hamburg"),
        ("22767", "Hamburg"),
        ("80331", "München"),
        ("50667", "Köln"),
        ("60311", "Frankfurt am Main"),
        ("70173", "Stuttgart"),
        ("40213", "Düsseldorf"),
        ("04109", "Leipzig"),
        ("44137", "Dortmund"),
        ("45127", "Essen"),
        ("28195", "Bremen"),
        ("01067", "Dresden"),
        ("30159", "Hannover"),
        ("90403", "Nürnberg"),
        ("48143", "Münster"),
        ("52062", "Aachen"),
        ("26121", "Oldenburg"),
    ),
    "BE": (("1000", "Brussel"), ("2000", "Antwerpen"), ("9000", "Gent"), ("8000", "Brugge"), ("4000", "Luik")),
    "FR": (("75001", "Paris"), ("59000", "Lille"), ("69002", "Lyon"), ("67000", "Strasbourg")),
    "AT": (("1010", "Wien"), ("8010", "Graz"), ("5020", "Salzburg")),
}

FIRST_NAMES = (
    "Anna",
    "Bram",
    "Carla",
    "Daan",
    "Eva",
    "Femke",
    "Greta",
    "Hans",
    "Iris",
    "Jan",
    "Klaus",
    "Lotte",
    "Maria",
    "Niels",
    "Olga",
    "Peter",
    "Rosa",
    "Sven",
    "Tess",
    "Uwe",
    "Vera",
    "Wim",
    "Yara",
    "Zoë",
)
LAST_NAMES = (
    "Bakker",
    "de Boer",
    "de Vries",
    "Dijkstra",
    "Fischer",
    "Hoffmann",
    "Jansen",
    "Meijer",
    "Mulder",
    "Müller",
    "Peters",
    "Schmidt",
    "Schneider",
    "Smit",
    "van den Berg",
    "van Dijk",
    "Visser",
    "Weber",
)
STREETS = {
    "NL": "Dorpsstraat",
    "DE": "Bahnhofstraße",
    "BE": "Stationsstraat",
    "FR": "Rue de l'Église",
    "AT": "Hauptstraße",
}
COMPANIES = ("Bureau Noord", "Kantoor & Zo", "Praxis am Park", "Studio Zuid", "Werkstatt Grün")

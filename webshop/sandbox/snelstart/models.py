"""The JSON models of the resources, by SnelStart's own names."""

from __future__ import annotations

from webshop.sandbox.snelstart.members import (
    Member,
    Model,
    boolean,
    choice,
    integer,
    many,
    moment,
    nested,
    number,
    reference,
    text,
)

NAMESPACE = "SnelStart.B2B.Api.V2.Models"
ID = Member("guid")
URI = text(read_only=True)
MODIFIED = moment(read_only=True)
LINE_VAT_KINDS = ("Geen", "Laag", "Hoog", "Overig")
DOCUMENT_VAT_KINDS = (
    "Geen",
    "VerkopenLaag",
    "VerkopenHoog",
    "VerkopenOverig",
    "VerkopenVerlegd",
    "InkopenLaag",
    "InkopenHoog",
    "InkopenOverig",
)
# Each vocabulary in the other's place is a business error (BOE-0082), not an unreadable body.
VAT_KIND = choice(*LINE_VAT_KINDS, *DOCUMENT_VAT_KINDS)

DOCUMENT = Model(
    f"{NAMESPACE}.Documenten.DocumentModel",
    {"parentIdentifier": Member("guid"), "fileName": text(), "readOnly": boolean(), "id": ID, "uri": URI},
)
ADDRESS = Model(
    f"{NAMESPACE}.Relaties.AdresModel",
    {"contactpersoon": text(), "straat": text(), "postcode": text(), "plaats": text(), "land": reference()},
)
EMAIL = Model(
    f"{NAMESPACE}.Relaties.EmailVersturenModel",
    {"shouldSend": boolean(), "email": text(), "ccEmail": text()},
)
EXTRA_FIELD = Model(f"{NAMESPACE}.Relaties.ExtraVeldRelatieModel", {"naam": text(), "waarde": text()})
ENTRY_FIELD = Model(
    f"{NAMESPACE}.Verkooporders.IngaveGegevenModel",
    {"veldNummer": integer(), "omschrijving": text(read_only=True), "waarde": text()},
)

RELATIE = Model(
    f"{NAMESPACE}.Relaties.RelatieModel",
    {
        "relatiesoort": many(text()),
        "modifiedOn": MODIFIED,
        "relatiecode": integer(),
        "naam": text(),
        "vestigingsAdres": nested(ADDRESS),
        "correspondentieAdres": nested(ADDRESS),
        "telefoon": text(),
        "mobieleTelefoon": text(),
        "fax": text(read_only=True),
        "email": text(),
        "btwNummer": text(),
        "factuurkorting": number(),
        "krediettermijn": integer(),
        "bankieren": boolean(),
        "nonactief": boolean(),
        "kredietLimiet": number(),
        "memo": text(),
        "kvkNummer": text(12),
        "oin": text(20),
        "websiteUrl": text(100),
        "aanmaningsoort": choice("Nee", "Onderneming", "Consument"),
        "offerteEmailVersturen": nested(EMAIL),
        "bevestigingsEmailVersturen": nested(EMAIL),
        "factuurEmailVersturen": nested(EMAIL),
        "aanmaningEmailVersturen": nested(EMAIL),
        "offerteAanvraagEmailVersturen": nested(EMAIL),
        "bestellingEmailVersturen": nested(EMAIL),
        "ublBestandAlsBijlage": boolean(),
        "iban": text(50),
        "bic": text(15),
        "incassoSoort": choice("Geen", "Core", "B2B"),
        "factuurRelatie": reference(),
        "inkoopBoekingenUri": text(read_only=True),
        "verkoopBoekingenUri": text(read_only=True),
        "documents": many(nested(DOCUMENT), read_only=True),
        "id": ID,
        "uri": URI,
        "extraVeldenKlant": many(nested(EXTRA_FIELD), read_only=True),
    },
)
RELATIE_WRITE = Model(
    f"{NAMESPACE}.Relaties.RelatieWriteModel",
    {name: member for name, member in RELATIE.members.items() if name != "fax"},
)

ARTIKEL = Model(
    f"{NAMESPACE}.Artikelen.ArtikelModel",
    {
        "artikelcode": text(),
        "omschrijving": text(),
        "artikelOmzetgroep": reference(),
        "verkoopprijs": number(),
        "inkoopprijs": number(),
        "eenheid": text(),
        "modifiedOn": MODIFIED,
        "relatie": reference(),
        "isNonActief": boolean(),
        "voorraadControle": boolean(),
        "technischeVoorraad": number(read_only=True),
        "vrijeVoorraad": number(read_only=True),
        "extraVelden": many(nested(EXTRA_FIELD), read_only=True),
        "id": ID,
        "uri": URI,
    },
)
SUB_ARTICLE = Model(
    f"{NAMESPACE}.Artikelen.SubartikelModel",
    {"artikelcode": text(), "aantal": number(), "id": ID, "uri": URI},
)
ARTIKEL_QUERY = Model(
    f"{NAMESPACE}.Artikelen.ArtikelQueryModel",
    {
        "isHoofdartikel": boolean(read_only=True),
        "subartikelen": many(nested(SUB_ARTICLE), read_only=True),
        **ARTIKEL.members,
    },
)
OMZETGROEP = Model(
    f"{NAMESPACE}.Artikelen.ArtikelOmzetGroepModel",
    {
        "nummer": integer(),
        "omschrijving": text(50),
        "verkoopGrootboekNederlandIdentifier": reference(),
        "verkoopNederlandBtwSoort": choice(*LINE_VAT_KINDS),
        "id": ID,
        "uri": URI,
    },
)

ORDER_LINE = Model(
    f"{NAMESPACE}.Verkooporders.VerkooporderRegelModel",
    {
        "artikel": reference(),
        "omschrijving": text(250),
        "stuksprijs": number(),
        "aantal": number(),
        "kortingsPercentage": number(),
        "totaal": number(),
        "extraRegelVelden": many(nested(ENTRY_FIELD)),
    },
)
VERKOOPORDER = Model(
    f"{NAMESPACE}.Verkooporders.VerkoopOrderModel",
    {
        "relatie": reference(required=True),
        "procesStatus": choice(
            "Order", "Offerte", "Bevestiging", "Werkbon", "Pakbon", "Afhaalbon", "Contantbon", "Factuur"
        ),
        "nummer": integer(),
        "modifiedOn": MODIFIED,
        "datum": moment(required=True),
        "krediettermijn": integer(0, 100),
        "geblokkeerd": boolean(),
        "omschrijving": text(50),
        "betalingskenmerk": text(),
        "incassomachtiging": reference(),
        "afleveradres": nested(ADDRESS),
        "factuuradres": nested(ADDRESS),
        "verkooporderBtwIngaveModel": choice("Inclusief", "Exclusief"),
        "kostenplaats": reference(),
        "regels": many(nested(ORDER_LINE)),
        "memo": text(),
        "orderreferentie": text(),
        "factuurkorting": number(),
        "verkoopfactuur": reference(read_only=True),
        "verkoopordersjabloon": reference(),
        "verkoopOrderStatus": choice("InBehandeling", "Uitgevoerd", "Service"),
        "totaalExclusiefBtw": number(read_only=True),
        "totaalInclusiefBtw": number(read_only=True),
        "extraHoofdVelden": many(nested(ENTRY_FIELD)),
        "id": ID,
        "uri": URI,
    },
)
SJABLOON_FIELD = Model(
    f"{NAMESPACE}.Verkoopordersjablonen.IngaveGegevenSjabloonModel",
    {"veldNummer": integer(), "omschrijving": text()},
)
SJABLOON = Model(
    f"{NAMESPACE}.Verkoopordersjablonen.VerkoopOrderSjabloonModel",
    {
        "omschrijving": text(),
        "nonactief": boolean(),
        "prijsIngaveExclusiefBtw": boolean(),
        "nieuweOrdersBlokkeren": boolean(),
        "extraHoofdVelden": many(nested(SJABLOON_FIELD)),
        "extraRegelVelden": many(nested(SJABLOON_FIELD)),
        "id": ID,
        "uri": URI,
    },
)

BOOKING_LINE = Model(
    f"{NAMESPACE}.VerkoopBoekingen.VerkoopBoekingRegelModel",
    {
        "omschrijving": text(),
        "grootboek": reference(required=True),
        "kostenplaats": reference(),
        "bedrag": number(),
        "btwSoort": VAT_KIND,
    },
)
BOOKING_VAT = Model(
    f"{NAMESPACE}.VerkoopBoekingen.VerkoopBoekingBtwRegelModel",
    {"btwSoort": VAT_KIND, "btwBedrag": number()},
)
SINGLE_MANDATE = Model(
    f"{NAMESPACE}.VerkoopBoekingen.VerkoopBoekingEenmaligeIncassoMachtigingModel",
    {"kenmerk": text(50), "omschrijving": text(250, required=True), "datum": moment(required=True)},
)
VERKOOPBOEKING = Model(
    f"{NAMESPACE}.VerkoopBoekingen.VerkoopBoekingModel",
    {
        "modifiedOn": MODIFIED,
        "boekstuk": text(),
        "gewijzigdDoorAccountant": boolean(read_only=True),
        "markering": boolean(),
        "factuurdatum": moment(),
        "factuurnummer": text(),
        "klant": reference(required=True),
        "omschrijving": text(),
        "factuurbedrag": number(),
        "betalingstermijn": integer(0, 999),
        "eenmaligeIncassoMachtiging": nested(SINGLE_MANDATE),
        "doorlopendeIncassoMachtiging": reference(),
        "boekingsregels": many(nested(BOOKING_LINE), required=True),
        "btw": many(nested(BOOKING_VAT)),
        "documents": many(nested(DOCUMENT), read_only=True),
        "id": ID,
        "uri": URI,
    },
)
VERKOOPFACTUUR = Model(
    f"{NAMESPACE}.Verkoopfacturen.VerkoopfactuurModel",
    {
        "verkoopBoeking": reference(),
        "modifiedOn": MODIFIED,
        "openstaandSaldo": number(),
        "factuurnummer": text(25),
        "vervalDatum": moment(),
        "relatie": reference(),
        "factuurDatum": moment(),
        "factuurBedrag": number(),
        "verkoopOrders": many(reference()),
        "id": ID,
        "uri": URI,
    },
)

JOURNAL_LINE = Model(
    f"{NAMESPACE}.Bankboekingen.MemoriaalboekingModel.MemoriaalBoekingsRegelModel",
    {
        "omschrijving": text(250, required=True),
        "grootboek": reference(required=True),
        "kostenplaats": reference(),
        "debet": number(),
        "credit": number(),
    },
)
SETTLEMENT_LINE = Model(
    f"{NAMESPACE}.Bankboekingen.MemoriaalboekingModel.VerkoopBoekingVerantwoordingsRegelModel",
    {
        "boekingId": reference(required=True),
        "omschrijving": text(250, required=True),
        "bedrag": number(required=True),
    },
)
MEMORIAALBOEKING = Model(
    f"{NAMESPACE}.Bankboekingen.MemoriaalboekingModel",
    {
        "modifiedOn": MODIFIED,
        "datum": moment(required=True),
        "markering": boolean(),
        "boekstuk": text(),
        "gewijzigdDoorAccountant": boolean(read_only=True),
        "omschrijving": text(),
        "memoriaalBoekingsRegels": many(nested(JOURNAL_LINE)),
        "inkoopboekingBoekingsRegels": many(nested(SETTLEMENT_LINE)),
        "verkoopboekingBoekingsRegels": many(nested(SETTLEMENT_LINE)),
        "dagboek": reference(required=True),
        "id": ID,
        "uri": URI,
    },
)
GROOTBOEKMUTATIE = Model(
    f"{NAMESPACE}.GrootboekMutaties.GrootboekMutatieModel",
    {
        "grootboek": reference(),
        "kostenplaats": reference(),
        "datum": moment(),
        "modifiedOn": MODIFIED,
        "dagboek": reference(),
        "omschrijving": text(),
        "debet": number(),
        "credit": number(),
        "saldo": number(),
        "documents": many(nested(DOCUMENT)),
        "boekstuk": text(),
        "factuurNummer": text(),
        "relatiePublicIdentifier": reference(),
        "id": ID,
        "uri": URI,
    },
)

RGS = Model(f"{NAMESPACE}.Grootboeken.RgsModel", {"versie": text(), "rgsCode": text()})
GROOTBOEK = Model(
    f"{NAMESPACE}.Grootboeken.GrootboekModel",
    {
        "modifiedOn": MODIFIED,
        "omschrijving": text(),
        "kostenplaatsVerplicht": boolean(),
        "rekeningCode": choice("Balans", "WinstEnVerlies"),
        "nonactief": boolean(),
        "nummer": integer(),
        "grootboekfunctie": text(),
        "grootboekRubriek": text(read_only=True),
        "rgsCode": many(nested(RGS)),
        "btwSoort": many(choice(*LINE_VAT_KINDS)),
        "vatRateCode": text(),
        "id": ID,
        "uri": URI,
    },
)
DAGBOEK = Model(
    f"{NAMESPACE}.Dagboeken.DagboekModel",
    {"omschrijving": text(), "soort": text(), "nonactief": boolean(), "nummer": integer(), "id": ID, "uri": URI},
)
KOSTENPLAATS = Model(
    f"{NAMESPACE}.Kostenplaatsen.KostenplaatsModel",
    {"omschrijving": text(), "nonactief": boolean(), "nummer": integer(), "id": ID, "uri": URI},
)
LAND = Model(
    f"{NAMESPACE}.Landen.LandModel",
    {"naam": text(), "landcodeISO": text(), "landcode": text(), "id": ID, "uri": URI},
)
BTWTARIEF = Model(
    f"{NAMESPACE}.BtwTarieven.BtwTariefModel",
    {
        "btwSoort": choice(*LINE_VAT_KINDS),
        "btwPercentage": number(),
        "datumVanaf": moment(),
        "datumTotEnMet": moment(),
    },
)
VATRATE = Model(
    f"{NAMESPACE}.VatRates.VatRateModel",
    {"rateCode": text(), "rate": number(), "validFrom": moment()},
)
VATRATES = Model(
    f"{NAMESPACE}.VatRates.VatRatesModel",
    {"countryCode": text(), "vatRates": many(nested(VATRATE))},
)
VATRATE_DEFINITION = Model(
    f"{NAMESPACE}.VatRates.VatRateDefinitionModel",
    {"rateCode": text(), "shortName": text(), "name": text()},
)

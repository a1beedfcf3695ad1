"""Our invoice as UBL 2.1, for the customer's bookkeeping to read in.

It follows Peppol BIS Billing 3.0. It is mailed and downloaded, not sent over the network: a customer
without a KvK number has no address there, and gets none.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from flask_babel import force_locale
from flask_babel import gettext as _

from webshop.models import VatTreatment
from webshop.services.invoice_amounts import HOME
from webshop.services.invoice_document import PAID_WITH, InvoiceDocument

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd:"
_NAMESPACES = {
    "xmlns:cac": f"{_SCHEMA}CommonAggregateComponents-2",
    "xmlns:cbc": f"{_SCHEMA}CommonBasicComponents-2",
}
_CURRENCY = "EUR"
_KVK = "0106"
"""The Dutch register of companies among the identifiers of ISO 6523."""
_PIECE = "C62"
_CREDIT_TRANSFER = "30"
"""The nearest to iDEAL among the means that a Dutch invoice may name."""
_CATEGORIES = {
    VatTreatment.DOMESTIC: "S",
    VatTreatment.REVERSE_CHARGE: "AE",
    VatTreatment.OUTSIDE_EU: "O",
}
_EXEMPTIONS = {VatTreatment.REVERSE_CHARGE: "VATEX-EU-AE", VatTreatment.OUTSIDE_EU: "VATEX-EU-O"}


def render_ubl(document: InvoiceDocument) -> bytes:
    """Return the XML of an invoice; a credit invoice is a credit note with positive amounts."""
    with force_locale(document.invoice.locale):
        return _Writer(document).write()


class _Writer:
    def __init__(self, document: InvoiceDocument) -> None:
        self.document, self.invoice = document, document.invoice
        self.kind = "CreditNote" if document.is_credit else "Invoice"
        self.root = Element(self.kind, {"xmlns": f"{_SCHEMA}{self.kind}-2", **_NAMESPACES})

    def write(self) -> bytes:
        # The order of the elements is part of the format.
        self._head()
        self._party("AccountingSupplierParty", {**self.document.seller, "country": HOME})
        self._party("AccountingCustomerParty", self.document.customer)
        if not self.document.is_credit:
            self._payment()
        self._tax()
        self._totals()
        for number, line in enumerate(self.invoice.lines, start=1):
            self._line(number, line)
        indent(self.root)
        written: bytes = tostring(self.root, encoding="UTF-8", xml_declaration=True)
        return written

    def _head(self) -> None:
        root, invoice, credited = self.root, self.invoice, self.document.credited
        _text(root, "CustomizationID", CUSTOMIZATION)
        _text(root, "ProfileID", PROFILE)
        _text(root, "ID", invoice.number)
        _text(root, "IssueDate", invoice.issued_on.isoformat())
        _text(root, f"{self.kind}TypeCode", "381" if credited else "380")
        if invoice.reason:
            _text(root, "Note", invoice.reason)
        _text(root, "DocumentCurrencyCode", _CURRENCY)
        _text(root, "BuyerReference", self.document.customer["shop"])
        if credited is not None:
            reference = _group(root, "BillingReference", "InvoiceDocumentReference")
            _text(reference, "ID", credited.number)
            _text(reference, "IssueDate", credited.issued_on.isoformat())

    def _party(self, role: str, of: Mapping[str, str]) -> None:
        party = _group(self.root, role, "Party")
        if of["kvk_number"]:
            _text(party, "EndpointID", of["kvk_number"], schemeID=_KVK)
        address = _group(party, "PostalAddress")
        for name, value in (("StreetName", "address"), ("CityName", "city"), ("PostalZone", "postal_code")):
            if of[value]:
                _text(address, name, of[value])
        _text(_group(address, "Country"), "IdentificationCode", of["country"])
        # Where VAT does not apply at all, the format forbids numbers for it.
        if of["vat_number"] and self.document.treatment is not VatTreatment.OUTSIDE_EU:
            scheme = _group(party, "PartyTaxScheme")
            _text(scheme, "CompanyID", of["vat_number"])
            _text(_group(scheme, "TaxScheme"), "ID", "VAT")
        legal = _group(party, "PartyLegalEntity")
        _text(legal, "RegistrationName", of["name"])
        if of["kvk_number"]:
            _text(legal, "CompanyID", of["kvk_number"], schemeID=_KVK)

    def _payment(self) -> None:
        means = _group(self.root, "PaymentMeans")
        _text(means, "PaymentMeansCode", _CREDIT_TRANSFER, name=PAID_WITH)
        _text(means, "PaymentID", self.invoice.number)
        account = _group(means, "PayeeFinancialAccount")
        _text(account, "ID", self.document.seller["iban"])
        _text(account, "Name", self.document.seller["name"])

    def _tax(self) -> None:
        tax = _group(self.root, "TaxTotal")
        self._amount(tax, "TaxAmount", self.invoice.vat)
        part = _group(tax, "TaxSubtotal")
        self._amount(part, "TaxableAmount", self.invoice.net)
        self._amount(part, "TaxAmount", self.invoice.vat)
        self._category(part, "TaxCategory", is_explained=True)

    def _category(self, parent: Element, name: str, *, is_explained: bool = False) -> None:
        treatment = self.document.treatment
        category = _group(parent, name)
        _text(category, "ID", _CATEGORIES[treatment])
        if treatment is not VatTreatment.OUTSIDE_EU:
            _text(category, "Percent", self.invoice.vat_percentage)
        if is_explained and treatment in _EXEMPTIONS:
            _text(category, "TaxExemptionReasonCode", _EXEMPTIONS[treatment])
            reasons = {
                VatTreatment.REVERSE_CHARGE: _("Btw verlegd"),
                VatTreatment.OUTSIDE_EU: _("Dienst aan een afnemer buiten de EU: geen Nederlandse btw."),
            }
            _text(category, "TaxExemptionReason", reasons[treatment])
        _text(_group(category, "TaxScheme"), "ID", "VAT")

    def _totals(self) -> None:
        totals, invoice = _group(self.root, "LegalMonetaryTotal"), self.invoice
        paid = Decimal(0) if self.document.is_credit else invoice.total
        self._amount(totals, "LineExtensionAmount", invoice.net)
        self._amount(totals, "TaxExclusiveAmount", invoice.net)
        self._amount(totals, "TaxInclusiveAmount", invoice.total)
        self._amount(totals, "PrepaidAmount", paid)
        self._amount(totals, "PayableAmount", invoice.total - paid)

    def _line(self, number: int, line: Mapping[str, Any]) -> None:
        parent = _group(self.root, f"{self.kind}Line")
        quantity = "CreditedQuantity" if self.document.is_credit else "InvoicedQuantity"
        _text(parent, "ID", str(number))
        _text(parent, quantity, str(abs(line["units"])), unitCode=_PIECE)
        self._amount(parent, "LineExtensionAmount", Decimal(line["net"]))
        item = _group(parent, "Item")
        _text(item, "Name", line["description"])
        self._category(item, "ClassifiedTaxCategory")
        self._amount(_group(parent, "Price"), "PriceAmount", Decimal(line["price"]))

    def _amount(self, parent: Element, name: str, amount: Decimal) -> None:
        _text(parent, name, f"{abs(amount):.2f}", currencyID=_CURRENCY)


def _group(parent: Element, *names: str) -> Element:
    for name in names:
        parent = SubElement(parent, f"cac:{name}")
    return parent


def _text(parent: Element, name: str, text: str, /, **attributes: str) -> None:
    SubElement(parent, f"cbc:{name}", attributes).text = text

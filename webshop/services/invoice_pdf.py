"""Our invoice as a PDF of one A4 page, the same bytes each time.

Its font has every letter of the languages of Europe and is embedded: nothing depends on the machine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache

import font_source_sans_pro as fonts
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from webshop.models import VatTreatment
from webshop.services.invoice_amounts import HOME
from webshop.services.invoice_document import PAID_WITH, InvoiceDocument

_UNIT = 72 / 254
"""Lengths are in tenths of a millimetre, here in points; sizes of letters are in points."""
LEFT, RIGHT, TOP, BOTTOM = 200, 1900, 200, 2700
WIDTH = RIGHT - LEFT
COLUMNS = (960, 180, 280, 280)
"""Widths of description, number, price and amount; together the width of the page."""
INK, GREY, BLUE, RULE, GROUND = (31, 35, 40), (99, 107, 116), (23, 92, 165), (214, 219, 225), (244, 247, 250)
_FONT = "Source"
_CUTS = {"": "SourceSansPro", "B": "SourceSansProSemibold"}


def render_pdf(document: InvoiceDocument) -> bytes:
    """Return the PDF of an invoice, in the language it was issued in."""
    with force_locale(document.invoice.locale):
        return _Page(document).render()


class _Page:
    def __init__(self, document: InvoiceDocument) -> None:
        self.document, self.invoice = document, document.invoice
        self.pdf = FPDF(unit=_UNIT, format="A4")
        self.title = _("Creditfactuur") if document.is_credit else _("Factuur")

    def render(self) -> bytes:
        pdf = self.pdf
        for style, cut in _CUTS.items():
            pdf.add_font(_FONT, style, fonts.font_files_ttf[cut])
        self._describe()
        pdf.set_margins(LEFT, TOP, 2100 - RIGHT)
        pdf.set_auto_page_break(auto=False)
        pdf.add_page()
        self._head()
        self._parties()
        self._lines()
        self._totals()
        self._notes()
        self._foot()
        return bytes(pdf.output())

    def _describe(self) -> None:
        pdf, invoice = self.pdf, self.invoice
        pdf.set_title(f"{self.title} {invoice.number}")
        pdf.set_author(self.document.seller["name"])
        pdf.set_lang(invoice.locale)
        # Not the moment of rendering: an invoice that is downloaded twice is one file.
        pdf.set_creation_date(datetime.combine(invoice.issued_on, time(), UTC))

    def _head(self) -> None:
        seller, pdf = self.document.seller, self.pdf
        self._font(17, "B", BLUE)
        self._block(seller["name"], LEFT, 920, 70)
        below = pdf.get_y()
        place = f"{seller['postal_code']} {seller['city']}"
        pdf.set_y(TOP)
        for text in (seller["address"], place, _("Nederland")):
            self._font(9, "", GREY)
            self._block(text, 1200, RIGHT - 1200, 47, Align.R)
        pdf.set_y(max(below, pdf.get_y()) + 50)
        pdf.set_draw_color(*BLUE)
        pdf.set_line_width(6)
        pdf.line(LEFT, pdf.get_y(), RIGHT, pdf.get_y())
        pdf.set_y(pdf.get_y() + 110)
        self._font(24, "B")
        self._block(self.title, LEFT, WIDTH, 100)
        pdf.set_y(pdf.get_y() + 60)

    def _parties(self) -> None:
        pdf, top = self.pdf, self.pdf.get_y()
        customer = self.document.customer
        self._font(9, "", GREY)
        self._block(_("Aan"), LEFT, 850, 50)
        self._font(11, "B")
        self._block(customer["name"], LEFT, 850, 55)
        self._font(10)
        for text in _address(customer):
            self._block(text, LEFT, 850, 51)
        below = pdf.get_y()
        pdf.set_y(top)
        for label, value in self._facts():
            line = pdf.get_y()
            self._font(9, "", GREY)
            self._block(label, 1150, 320, 55)
            after_label = pdf.get_y()
            pdf.set_y(line)
            self._font(10)
            self._block(value, 1470, RIGHT - 1470, 55, Align.R)
            pdf.set_y(max(after_label, pdf.get_y()))
        pdf.set_y(max(below, pdf.get_y()) + 120)

    def _facts(self) -> Iterable[tuple[str, str]]:
        customer, credited = self.document.customer, self.document.credited
        yield _("Nummer"), self.invoice.number
        yield _("Datum"), _day(self.invoice.issued_on)
        if credited is not None:
            yield _("Bij factuur"), credited.number
        if customer["shop"] != customer["name"]:
            yield _("Winkel"), customer["shop"]
        if customer["kvk_number"]:
            yield _("Jouw KvK-nummer"), customer["kvk_number"]
        if customer["vat_number"]:
            yield _("Jouw btw-nummer"), customer["vat_number"]

    def _lines(self) -> None:
        self._font(9, "", GREY)
        self._row((_("Omschrijving"), _("Aantal"), _("Prijs"), _("Bedrag")), 50)
        self._rule(20)
        self._font(10)
        for line in self.invoice.lines:
            units = format_decimal(line["units"], locale=get_locale())
            price, net = (_money(Decimal(line[name])) for name in ("price", "net"))
            self._row((line["description"], units, price, net), 55)
            self._rule(20)
        self.pdf.set_y(self.pdf.get_y() + 20)

    def _row(self, cells: tuple[str, str, str, str], height: int) -> None:
        pdf, top, left = self.pdf, self.pdf.get_y(), LEFT
        bottom = top
        for position, (text, width) in enumerate(zip(cells, COLUMNS, strict=True)):
            pdf.set_y(top)
            # The description keeps clear of the number beside it.
            self._block(text, left, width - (0 if position else 40), height, Align.R if position else Align.L)
            bottom = max(bottom, pdf.get_y())
            left += width
        pdf.set_y(bottom)

    def _totals(self) -> None:
        invoice = self.invoice
        self._font(10)
        self._total(_("Totaal zonder btw"), invoice.net, 61)
        self._total(self._vat_label(), invoice.vat, 61)
        self.pdf.set_y(self.pdf.get_y() + 20)
        self.pdf.set_fill_color(*GROUND)
        # The box reaches beyond the page's width so that the amounts stay under each other.
        self.pdf.rect(1060, self.pdf.get_y(), RIGHT - 1060 + 40, 110, style="F")
        self.pdf.set_y(self.pdf.get_y() + 24)
        self._font(13, "B")
        self._total(_("Totaal"), invoice.total, 61)
        self.pdf.set_y(self.pdf.get_y() + 140)

    def _vat_label(self) -> str:
        percentage = format_decimal(self.document.percentage, locale=get_locale())
        if self.document.treatment is VatTreatment.REVERSE_CHARGE:
            return str(_("Btw verlegd"))
        return str(_("Btw %(percentage)s%%", percentage=percentage))

    def _total(self, label: str, amount: Decimal, height: int) -> None:
        top = self.pdf.get_y()
        self._block(label, 1100, 440, height)
        self.pdf.set_y(top)
        self._block(_money(amount), 1540, RIGHT - 1540, height, Align.R)

    def _notes(self) -> None:
        for is_strong, text in self._note_texts():
            self._font(10, "B" if is_strong else "")
            self._block(text, LEFT, 1400, 53)
            self.pdf.set_y(self.pdf.get_y() + 20)

    def _note_texts(self) -> Iterable[tuple[bool, str]]:
        document, seller, customer = self.document, self.document.seller, self.document.customer
        if document.paid_on is not None:
            day = _day(document.paid_on)
            yield True, _("Betaald op %(date)s via %(service)s.", date=day, service=PAID_WITH)
            yield False, _("Je hoeft niets meer over te maken.")
        if document.credited is not None:
            number, day = document.credited.number, _day(document.credited.issued_on)
            yield True, _("Hiermee vervalt factuur %(number)s van %(date)s.", number=number, date=day)
            if self.invoice.reason:
                yield False, _("Reden: %(reason)s", reason=self.invoice.reason)
        if document.treatment is VatTreatment.REVERSE_CHARGE:
            yield (
                False,
                _(
                    "Btw verlegd naar de afnemer. Ons btw-nummer: %(ours)s. Btw-nummer van de afnemer: %(theirs)s.",
                    ours=seller["vat_number"],
                    theirs=customer["vat_number"],
                ),
            )
        if document.treatment is VatTreatment.OUTSIDE_EU:
            yield False, _("Dienst aan een afnemer buiten de EU: geen Nederlandse btw.")

    def _foot(self) -> None:
        seller, pdf = self.document.seller, self.pdf
        pdf.set_y(BOTTOM)
        self._rule(30)
        self._font(9, "", GREY)
        numbers = (
            _("KvK %(number)s", number=seller["kvk_number"]),
            _("Btw %(number)s", number=seller["vat_number"]),
            _("IBAN %(number)s", number=_in_fours(seller["iban"])),
        )
        self._block("   ·   ".join((seller["name"], *numbers)), LEFT, WIDTH, 45, Align.C)

    def _font(self, size: int, style: str = "", colour: tuple[int, int, int] = INK) -> None:
        self.pdf.set_font(_FONT, style, size)
        self.pdf.set_text_color(*colour)

    def _block(self, text: str, left: int, width: int, height: int, align: Align = Align.L) -> None:
        """Write a text that wraps within its width, and go to the line below it."""
        self.pdf.set_x(left)
        self.pdf.c_margin = 0
        self.pdf.multi_cell(width, height, _drawable(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _rule(self, distance: int) -> None:
        pdf = self.pdf
        pdf.set_draw_color(*RULE)
        pdf.set_line_width(2)
        pdf.line(LEFT, pdf.get_y() + distance, RIGHT, pdf.get_y() + distance)
        pdf.set_y(pdf.get_y() + 2 * distance)


def _address(customer: Mapping[str, str]) -> Iterable[str]:
    country = customer["country"]
    name = "" if country == HOME else str(get_locale().territories.get(country, country))
    place = f"{customer['postal_code']} {customer['city']}".strip()
    return (text for text in (customer["address"], place, name) if text)


def _money(amount: Decimal) -> str:
    return str(format_currency(amount, "EUR", locale=get_locale()))


def _day(on: date) -> str:
    return str(format_date(on, "d MMMM y", locale=get_locale()))


def _in_fours(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _drawable(text: str) -> str:
    """Return a text with a question mark for every letter that the font does not have."""
    known = _letters()
    return "".join(letter if letter in known else "?" for letter in unicodedata.normalize("NFC", text))


@cache
def _letters() -> frozenset[str]:
    with TTFont(fonts.font_files_ttf[_CUTS[""]]) as font:
        return frozenset(map(chr, font.getBestCmap()))

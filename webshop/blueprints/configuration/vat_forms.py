"""The form of a row of the VAT table."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, SelectField
from wtforms.validators import InputRequired

from webshop.blueprints.configuration.forms import PercentageField, optional, options
from webshop.models import VatMapping
from webshop.services.administration_lists import AdministrationLists
from webshop.services.configuration import mark_of
from webshop.services.vat_table import values_of


class VatRowForm(FlaskForm):
    seen = HiddenField()
    percentage = PercentageField(_("Percentage"), render_kw={"inputmode": "decimal", "autocomplete": "off"})
    vat_kind = SelectField(
        _("Btw-soort"),
        choices=options([("HIGH", _("Hoog")), ("LOW", _("Laag")), ("OTHER", _("Overig")), ("NONE", _("Geen"))]),
    )
    ledger_id = SelectField(_("Omzetrekening"), [InputRequired(_("Kies een rekening, of verwijder de regel."))])
    rate_code = SelectField(
        _("Tariefcode OSS"),
        choices=options(
            [
                ("", _("Geen")),
                ("SR", _("SR – standaard")),
                ("RRH", _("RRH – verlaagd hoog")),
                ("RRL", _("RRL – verlaagd laag")),
                ("SRR", _("SRR – sterk verlaagd")),
                ("PR", _("PR – parkeertarief")),
            ]
        ),
    )
    cost_centre_id = SelectField(_("Kostenplaats"))
    valid_from = DateField(_("Geldt vanaf"), [InputRequired(_("Vul een datum in."))])
    is_default = BooleanField(_("Standaard voor dit land"))

    @classmethod
    def of(cls, row: VatMapping | None, lists: AdministrationLists, *, prefix: str) -> VatRowForm:
        """Make the form of a row, or of a new one; the prefix keeps the ids of several rows apart."""
        stored = {} if row is None else values_of(row)
        shown = {name: value or "" if name.endswith(("_id", "_code")) else value for name, value in stored.items()}
        form = cls(data={"seen": mark_of(stored) if stored else "", **shown})
        form.ledger_id.choices = optional(lists.revenue_ledgers, stored.get("ledger_id"), lists, _("Nog niet gekozen"))
        form.cost_centre_id.choices = optional(lists.cost_centres, stored.get("cost_centre_id"), lists)
        for field in form:
            field.id = f"{prefix}-{field.name}"
            field.label.field_id = field.id
        return form

    def values(self) -> dict[str, Any]:
        return {
            "percentage": self.percentage.data,
            "valid_from": self.valid_from.data,
            "vat_kind": self.vat_kind.data,
            "ledger_id": self.ledger_id.data or None,
            "cost_centre_id": self.cost_centre_id.data or None,
            "rate_code": self.rate_code.data or None,
            "is_default": self.is_default.data,
        }

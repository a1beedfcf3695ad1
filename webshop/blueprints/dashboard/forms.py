"""What the tabs of a shop ask."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from webshop.services.whereabouts import read_order_number


class FindOrderForm(FlaskForm):
    amazon_order_id = StringField(
        _("Bestelnummer bij Amazon"),
        [InputRequired(_("Vul het bestelnummer in."))],
        render_kw={"placeholder": "404-1234567-1234567", "autocomplete": "off", "maxlength": "40"},
    )
    ordered_on = DateField(_("Besteld op"), [Optional()])

    def validate_amazon_order_id(self, field: Any) -> None:
        if read_order_number(field.data or "") is None:
            raise ValidationError(_("Dit is geen Amazon-bestelnummer: dat heeft 3, 7 en 7 cijfers."))

    def read_number(self) -> str:
        """Return the number in Amazon's own form; only once the form is valid."""
        return read_order_number(self.amazon_order_id.data or "") or ""

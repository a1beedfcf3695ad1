"""The form with whom our invoices are for."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import DataRequired, Length, Optional

from webshop.blueprints.public.forms import is_kvk_number
from webshop.services.billing_details import vat_number_in

_COUNTRY = re.compile(r"(?!EU|EZ|UN|X[AB]|ZZ|QO)[A-Z]{2}")
"""What the language data lists beside countries are groups of them and codes for tests."""
_DUTCH_POSTAL_CODE = re.compile(r"([1-9][0-9]{3})\s?([A-Z]{2})")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _is_one_line(form: FlaskForm, field: StringField) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(_("Gebruik alleen leesbare tekens."))


def _text(label: Any, longest: int, missing: Any = None, autocomplete: str = "off") -> StringField:
    required = [] if missing is None else [DataRequired(missing)]
    limit = Length(max=longest, message=_("Dit is te lang."))
    return StringField(
        label, [*required, limit, _is_one_line], filters=[_stripped], render_kw={"autocomplete": autocomplete}
    )


class BillingForm(FlaskForm):
    billing_name = _text(_("Bedrijfsnaam"), 100, _("Vul de naam van je bedrijf in."), "organization")
    billing_address = _text(_("Straat en huisnummer"), 100, _("Vul straat en huisnummer in."), "street-address")
    billing_postal_code = _text(_("Postcode"), 12, autocomplete="postal-code")
    billing_city = _text(_("Plaats"), 60, _("Vul je plaats in."), "address-level2")
    billing_country = SelectField(_("Land"), render_kw={"autocomplete": "country"})
    kvk_number = StringField(
        _("KvK-nummer (als je er een hebt)"),
        [Optional(), is_kvk_number],
        filters=[_stripped],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    vat_number = _text(_("Btw-nummer (als je er een hebt)"), 40)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        names = sorted(
            ((code, name) for code, name in get_locale().territories.items() if _COUNTRY.fullmatch(code)),
            key=lambda entry: entry[1],
        )
        self.billing_country.choices = [SelectChoice(code, name) for code, name in names]

    def validate_billing_postal_code(self, field: StringField) -> None:
        """Write a Dutch postal code as it is printed.

        :raise ValidationError: when it is none.
        """
        if self.billing_country.data != "NL":
            return
        code = _DUTCH_POSTAL_CODE.fullmatch((field.data or "").upper())
        if code is None:
            raise ValidationError(_("Dit is geen postcode, zoals 1234 AB."))
        field.data = f"{code[1]} {code[2]}"

    def validate_vat_number(self, field: StringField) -> None:
        """Refuse a number that is not one of the country on the invoice: it decides whether VAT is charged.

        :raise ValidationError: when it is not.
        """
        if not field.data:
            return
        number = vat_number_in(self.billing_country.data or "", field.data)
        if number is None:
            raise ValidationError(_("Dit is geen geldig btw-nummer van het land hierboven, zoals NL123456789B01."))
        field.data = number

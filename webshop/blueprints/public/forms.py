"""The form of a trial."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from webshop.domain.vat_numbers import VatNumberStatus, compact
from webshop.services.accounts import EMAIL_LIMIT
from webshop.services.vat_numbers import check_vat_number

EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@.<>()\[\],;:\"\\]+(\.[^\s@.<>()\[\],;:\"\\]+)+")
ADDRESS_IN_NAME = re.compile(r"://|www\.|@", re.IGNORECASE)


def is_address(form: FlaskForm, field: EmailField) -> None:
    """Refuse what mail cannot be sent to.

    :raise ValidationError: when it is no address.
    """
    text = (field.data or "").strip()
    if not EMAIL.fullmatch(text) or not text.isprintable():
        raise ValidationError(_("Dit is geen e-mailadres. Controleer het op tikfouten."))


def is_kvk_number(form: FlaskForm, field: StringField) -> None:
    """Refuse what is no number of the Chamber of Commerce.

    :raise ValidationError: when it is none.
    """
    number = re.sub(r"[\s.-]", "", field.data or "")
    if not re.fullmatch(r"[0-9]{8}", number):
        raise ValidationError(_("Een KvK-nummer heeft acht cijfers."))
    field.data = number


class SignUpForm(FlaskForm):
    company = StringField(
        _("Bedrijfsnaam"),
        [InputRequired(_("Vul de naam van je bedrijf in.")), Length(max=100, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "organization"},
    )
    email = EmailField(
        _("E-mailadres"),
        [
            InputRequired(_("Vul je e-mailadres in.")),
            Length(max=EMAIL_LIMIT, message=_("Dit adres is te lang.")),
            is_address,
        ],
        render_kw={"autocomplete": "email"},
    )
    kvk_number = StringField(
        _("KvK-nummer (mag later)"),
        [Optional(), is_kvk_number],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    vat_number = StringField(_("Btw-nummer (mag later)"), [Optional()], render_kw={"autocomplete": "off"})
    website = StringField(_("Laat dit leeg"), render_kw={"tabindex": "-1", "autocomplete": "off"})
    """Nobody sees it; programs that fill in every field do."""

    def validate_company(self, field: StringField) -> None:
        """Refuse an address in the name: it would be mailed to whoever's address is filled in.

        :raise ValidationError: when there is one.
        """
        text = field.data or ""
        if ADDRESS_IN_NAME.search(text) or not text.strip().isprintable():
            raise ValidationError(_("Vul alleen de naam in, zonder webadres."))

    def validate_vat_number(self, field: StringField) -> None:
        """Refuse a VAT number whose form or check digit is wrong.

        :raise ValidationError: when it is.
        """
        text = field.data or ""
        number = compact(f"NL{text}" if text.strip()[:1].isdigit() else text)
        if check_vat_number(number).status is not VatNumberStatus.VALID_FORMAT:
            raise ValidationError(_("Dit is geen geldig btw-nummer, zoals NL123456789B01."))
        field.data = number

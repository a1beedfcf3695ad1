"""The login form."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from webshop.services.accounts import EMAIL_LIMIT, PASSWORD_LIMIT


class LoginForm(FlaskForm):
    email = EmailField(
        _("E-mailadres"),
        [InputRequired(_("Vul je e-mailadres in.")), Length(max=EMAIL_LIMIT, message=_("Dit adres is te lang."))],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _("Wachtwoord"),
        [InputRequired(_("Vul je wachtwoord in.")), Length(max=PASSWORD_LIMIT, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()

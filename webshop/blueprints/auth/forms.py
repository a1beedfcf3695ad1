"""The forms of logging in, of passwords and of the second factor."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webshop.domain.passwords import PasswordProblem
from webshop.services.accounts import EMAIL_LIMIT, PASSWORD_LIMIT

NAME_LIMIT = 100
PASSWORD_PROBLEMS = {
    PasswordProblem.SHORT: _("Neem minstens 12 tekens. Een zin van een paar woorden is makkelijk te onthouden."),
    PasswordProblem.LONG: _("Dit is te lang: neem hooguit 1024 tekens."),
    PasswordProblem.COMMON: _("Dit wachtwoord is te makkelijk te raden. Kies iets wat alleen jij zou bedenken."),
    PasswordProblem.OWN_NAME: _("Hier staat je eigen naam of die van je winkel in. Kies iets anders."),
    PasswordProblem.KINDS: _(
        "Neem kleine letters, hoofdletters, cijfers en leestekens: voor medewerkers is dat verplicht."
    ),
}


def refuse_password(field: PasswordField, problem: PasswordProblem) -> None:
    """Say at the field why the password is not good enough."""
    field.errors = [str(PASSWORD_PROBLEMS[problem])]


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


class EmailForm(FlaskForm):
    email = EmailField(
        _("E-mailadres"),
        [InputRequired(_("Vul je e-mailadres in.")), Length(max=EMAIL_LIMIT, message=_("Dit adres is te lang."))],
        render_kw={"autocomplete": "username"},
    )


class NewPasswordForm(FlaskForm):
    password = PasswordField(
        _("Nieuw wachtwoord"),
        [InputRequired(_("Kies een wachtwoord."))],
        render_kw={"autocomplete": "new-password"},
    )


class NewcomerForm(NewPasswordForm):
    name = StringField(
        _("Je naam"),
        [InputRequired(_("Vul je naam in.")), Length(max=NAME_LIMIT, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "name"},
    )


class ChangePasswordForm(NewPasswordForm):
    current_password = PasswordField(
        _("Huidig wachtwoord"),
        [InputRequired(_("Vul je huidige wachtwoord in.")), Length(max=PASSWORD_LIMIT, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(FlaskForm):
    code = StringField(
        _("Code"),
        [InputRequired(_("Vul de code in.")), Length(max=60, message=_("Dit is te lang."))],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "text",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )


class SwitchOffForm(FlaskForm):
    password = PasswordField(
        _("Wachtwoord"),
        [InputRequired(_("Vul je wachtwoord in.")), Length(max=PASSWORD_LIMIT, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "current-password"},
    )

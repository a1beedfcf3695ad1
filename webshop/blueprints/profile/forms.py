"""The forms of the profile."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired, Length, Optional

from webshop.blueprints.public.forms import is_address
from webshop.models import Role
from webshop.services.accounts import EMAIL_LIMIT, PASSWORD_LIMIT

LANGUAGES = [SelectChoice("nl", "Nederlands"), SelectChoice("en", "English"), SelectChoice("de", "Deutsch")]
ROLES = [
    SelectChoice(Role.ACCOUNTANT.value, _("Boekhouder: ziet alles, wijzigt niets")),
    SelectChoice(Role.MEMBER.value, _("Medewerker: werkt met bestellingen en instellingen")),
    SelectChoice(Role.OWNER.value, _("Eigenaar: mag alles, ook mensen uitnodigen")),
]


class UserForm(FlaskForm):
    name = StringField(_("Naam"), [Length(max=100, message=_("Dit is te lang."))], render_kw={"autocomplete": "name"})
    locale = SelectField(_("Taal"), choices=LANGUAGES, validate_choice=True)


class ExtraEmailForm(FlaskForm):
    extra_email = EmailField(
        _("Extra e-mailadres"),
        [Optional(), Length(max=EMAIL_LIMIT, message=_("Dit adres is te lang.")), is_address],
        render_kw={"autocomplete": "off"},
    )


class DigestForm(FlaskForm):
    is_digest_wanted = BooleanField(_("Mail me 's ochtends een overzicht van nieuwe fouten"))


class SupportForm(FlaskForm):
    is_support_allowed = BooleanField(_("Support mag meekijken in deze winkel"))


class InviteForm(FlaskForm):
    email = EmailField(
        _("E-mailadres"),
        [
            InputRequired(_("Vul een e-mailadres in.")),
            Length(max=EMAIL_LIMIT, message=_("Dit adres is te lang.")),
            is_address,
        ],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(_("Rol"), choices=ROLES, default=Role.ACCOUNTANT.value)


class RoleForm(FlaskForm):
    role = RadioField(_("Rol"), choices=ROLES)


class ProofForm(FlaskForm):
    """The password once more, for what cannot be taken back or should not be done by who passes by."""

    password = PasswordField(
        _("Je wachtwoord"),
        [InputRequired(_("Vul je wachtwoord in.")), Length(max=PASSWORD_LIMIT, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "current-password"},
    )


class DeleteShopForm(ProofForm):
    shop_name = StringField(
        _("Naam van de winkel"),
        [InputRequired(_("Typ de naam van de winkel.")), Length(max=100, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "off"},
    )

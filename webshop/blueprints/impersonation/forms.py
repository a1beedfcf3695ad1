"""The forms of acting as a user; each asks for a reason and a fresh code."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from webshop.models.impersonation import REASON_LIMIT
from webshop.services.impersonation import SHORTEST_REASON


def strip(text: str | None) -> str:
    return (text or "").strip()


def is_printable(_form: FlaskForm, field: Field) -> None:
    if not all(character.isprintable() or character in "\r\n\t" for character in field.data or ""):
        raise ValidationError(str(_("Hier staan tekens in die we niet kunnen bewaren.")))


class RaiseForm(FlaskForm):
    reason = TextAreaField(
        _("Reden"),
        [
            InputRequired(_("Vul een reden in.")),
            Length(SHORTEST_REASON, REASON_LIMIT, message=_("Schrijf een reden van 10 tot 500 tekens.")),
            is_printable,
        ],
        filters=[strip],
        render_kw={"rows": 3, "maxlength": REASON_LIMIT},
    )
    code = StringField(
        _("Code uit je app"),
        [InputRequired(_("Vul de code in.")), Length(max=20, message=_("Dit is te lang."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


class StartForm(RaiseForm):
    user = RadioField(_("Als wie"), [InputRequired(_("Kies als wie je meekijkt."))], validate_choice=False)

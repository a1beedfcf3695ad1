"""The forms of our staff; field names are the names of the columns."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from webshop.models import ReportState

LONGEST_REASON = 200
LONGEST_TEXT = 4000
MOST_DAYS = 90
STATES = [
    SelectChoice(ReportState.RECEIVED.value, _("Ontvangen")),
    SelectChoice(ReportState.BUSY.value, _("Mee bezig")),
    SelectChoice(ReportState.SOLVED.value, _("Opgelost")),
]


def _reason() -> StringField:
    return StringField(
        _("Reden"),
        [
            DataRequired(_("Vul een reden in: de winkel leest die in Activiteit.")),
            Length(max=LONGEST_REASON, message=_("Dit is te lang.")),
        ],
        filters=[lambda text: text.strip() if text else text],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_REASON},
    )


class ContractForm(FlaskForm):
    may_post_orders = BooleanField(_("Bestellingen in plaats van verkoopboekingen"))
    may_post_payments = BooleanField(_("Betalingen doorboeken"))
    is_confirmed = BooleanField(_("Ik weet wat dit voor de winkel betekent"))
    reason = _reason()
    seen = HiddenField()


class TrialForm(FlaskForm):
    days = IntegerField(
        _("Dagen erbij"),
        [
            InputRequired(_("Vul een aantal dagen in.")),
            NumberRange(1, MOST_DAYS, message=_("Kies 1 tot en met 90 dagen.")),
        ],
        render_kw={"min": 1, "max": MOST_DAYS},
    )
    reason = _reason()


class StopForm(FlaskForm):
    licence_key = StringField(
        _("Licentiesleutel"),
        [InputRequired(_("Typ de licentiesleutel over, zodat het zeker deze winkel is."))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    reason = _reason()

    def __init__(self, expected: str) -> None:
        super().__init__()
        self._expected = expected

    def validate_licence_key(self, field: StringField) -> None:
        if _compact(field.data or "") != _compact(self._expected):
            raise ValidationError(_("Dit is niet de licentiesleutel van deze winkel."))


class CreditForm(FlaskForm):
    reason = _reason()


class ReportForm(FlaskForm):
    state = RadioField(_("Stand"), choices=STATES)
    reply = TextAreaField(
        _("Antwoord aan de klant"),
        [Length(max=LONGEST_TEXT, message=_("Dit is te lang."))],
        filters=[lambda text: text.strip().replace("\r\n", "\n") if text else ""],
        render_kw={"rows": 6},
    )
    seen = HiddenField()

    def validate_reply(self, field: TextAreaField) -> None:
        if self.state.data == ReportState.SOLVED.value and not field.data:
            raise ValidationError(_("Schrijf een antwoord: de klant leest het bij de bestelling."))


class RequestForm(FlaskForm):
    state = RadioField(_("Stand"), choices=STATES)
    note = TextAreaField(
        _("Notitie"),
        [Length(max=LONGEST_TEXT, message=_("Dit is te lang."))],
        filters=[lambda text: text.strip().replace("\r\n", "\n") if text else ""],
        render_kw={"rows": 4},
    )
    seen = HiddenField()

    def validate_note(self, field: TextAreaField) -> None:
        if self.state.data == ReportState.SOLVED.value and not field.data:
            raise ValidationError(_("Schrijf kort op wat er gedaan is."))


def _compact(key: str) -> str:
    return re.sub(r"[\s-]", "", key).upper()

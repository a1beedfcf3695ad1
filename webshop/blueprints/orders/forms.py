"""What the dialogs about an order ask."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from webshop.services.problem_reports import WORDS_LIMIT

REASON_LIMIT = 200


def _trimmed(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()


class ProblemForm(FlaskForm):
    words = TextAreaField(
        _("Wat gaat er mis?"),
        [
            InputRequired(_("Schrijf in een paar woorden wat er mis is.")),
            Length(max=WORDS_LIMIT, message=_("Dit is te lang: hou het onder de 2000 tekens.")),
        ],
        filters=[_trimmed],
    )


class SkipForm(FlaskForm):
    reason = StringField(
        _("Waarom sla je hem over?"),
        [
            InputRequired(_("Schrijf kort waarom, dan weet je het later nog.")),
            Length(max=REASON_LIMIT, message=_("Dit is te lang: hou het onder de 200 tekens.")),
        ],
        filters=[_trimmed],
    )


class BookedForm(FlaskForm):
    number = StringField(
        _("Nummer in SnelStart"),
        [
            InputRequired(_("Vul het nummer in van de boeking in SnelStart.")),
            Length(max=40, message=_("Dit is te lang voor een nummer.")),
        ],
        filters=[_trimmed],
    )


class RepostForm(FlaskForm):
    reason = StringField(
        _("Waarom opnieuw?"),
        [
            InputRequired(_("Schrijf kort waarom, dan weet je het later nog.")),
            Length(max=REASON_LIMIT, message=_("Dit is te lang: hou het onder de 200 tekens.")),
        ],
        filters=[_trimmed],
    )
    is_removed = BooleanField(
        _("Ik heb de boeking in SnelStart verwijderd"),
        [InputRequired(_("Verwijder de boeking eerst in SnelStart: anders staat hij er straks twee keer."))],
    )

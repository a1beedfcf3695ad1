"""The form of a migration: which period."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField
from wtforms.validators import InputRequired

PROBLEMS: Mapping[str, LazyString] = {
    "too_old": _("Amazon geeft bestellingen tot twee jaar terug. Kies een latere dag."),
    "reversed": _("Deze dag ligt vóór de eerste dag van de periode."),
    "after_start": _("Kies een dag die voorbij is en vóór je startdatum ligt: wat later is, boekt de koppeling al."),
    "done_before": _(
        "Een deel van deze periode is al meegenomen. Het verslag staat hieronder; kies een andere periode."
    ),
}


class PeriodForm(FlaskForm):
    from_on = DateField(_("Vanaf"), [InputRequired(_("Kies een datum."))])
    until_on = DateField(_("Tot en met"), [InputRequired(_("Kies een datum."))])

"""The forms of the six steps; field names are the names of the columns."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, PasswordField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from webshop.blueprints.configuration.forms import STATUSES
from webshop.domain.marketplaces import NAMES
from webshop.domain.territories import VAT_AREAS
from webshop.formatting import country as country_name
from webshop.models import Shop
from webshop.services.configuration import enabled_marketplaces
from webshop.services.snelstart_login import LONGEST_KEY

YES, NO = "yes", "no"


class TermsForm(FlaskForm):
    terms = BooleanField(
        _("Ik ga akkoord met de voorwaarden"), [InputRequired(_("Zonder dit akkoord kan de koppeling niet starten."))]
    )
    processing = BooleanField(
        _("Ik ga akkoord met de verwerkersovereenkomst"),
        [InputRequired(_("Zonder dit akkoord mogen we geen bestellingen ophalen."))],
    )


class KeyForm(FlaskForm):
    key = PasswordField(
        _("Koppelsleutel"),
        [
            InputRequired(_("Plak hier de sleutel uit SnelStart.")),
            Length(max=LONGEST_KEY, message=_("Dit is te lang voor een koppelsleutel.")),
        ],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class SettingsForm(FlaskForm):
    marketplace_id = SelectField(_("Marktplaats"))
    statuses = SelectMultipleField(
        _("Zet een bestelling door bij status"),
        [InputRequired(_("Kies minstens één status."))],
        choices=[SelectChoice(value=value, label=label) for value, label in STATUSES.items()],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    is_fba_used = RadioField(
        _("Verstuurt Amazon voor jou vanuit een eigen magazijn (FBA)?"),
        [InputRequired(_("Kies ja of nee: dit bepaalt met welke btw we boeken."))],
        choices=[
            SelectChoice(value=NO, label=_("Nee, ik verstuur alles zelf")),
            SelectChoice(value=YES, label=_("Ja")),
        ],
    )
    fba_dispatch_country = SelectField(_("In welk land ligt je FBA-voorraad?"))
    is_oss_registered = RadioField(
        _("Doe je btw-aangifte voor andere EU-landen via OSS (éénloketsysteem)?"),
        [InputRequired(_("Kies ja of nee: dit bepaalt met welke btw we boeken."))],
        choices=[
            SelectChoice(value=NO, label=_("Nee, ik blijf onder € 10.000 per jaar aan verkopen buiten Nederland")),
            SelectChoice(value=YES, label=_("Ja, ik gebruik OSS")),
        ],
    )

    @classmethod
    def of(cls, shop: Shop) -> SettingsForm:
        """Make the form with what was sent, otherwise with what is stored."""
        is_answered = shop.is_fba_used is not None
        form = cls(
            data={
                "marketplace_id": shop.marketplace_id,
                "statuses": shop.statuses,
                "is_fba_used": _answer(shop.is_fba_used),
                "fba_dispatch_country": shop.fba_dispatch_country or "",
                "is_oss_registered": _answer(shop.is_oss_registered) if is_answered else None,
            }
        )
        offered = enabled_marketplaces() | {shop.marketplace_id}
        form.marketplace_id.choices = [
            SelectChoice(value=value, label=name) for value, name in NAMES.items() if value in offered
        ]
        countries = sorted((country_name(code), code) for code in VAT_AREAS - {"XI"})
        form.fba_dispatch_country.choices = [SelectChoice(value="", label=_("Kies een land"))] + [
            SelectChoice(value=code, label=name) for name, code in countries
        ]
        return form

    def validate_fba_dispatch_country(self, field: SelectField) -> None:
        if self.is_fba_used.data == YES and not field.data:
            raise ValidationError(_("Kies het land waar je FBA-voorraad ligt."))

    def values(self) -> dict[str, Any]:
        """Return what is to be stored, by column."""
        is_fba_used = self.is_fba_used.data == YES
        chosen = self.statuses.data or []
        return {
            "marketplace_id": self.marketplace_id.data,
            "statuses": [status for status in STATUSES if status in chosen],
            "is_fba_used": is_fba_used,
            "fba_dispatch_country": (self.fba_dispatch_country.data or None) if is_fba_used else None,
            "is_oss_registered": self.is_oss_registered.data == YES,
        }


def _answer(value: bool | None) -> str | None:
    return None if value is None else YES if value else NO


class SwitchForm(FlaskForm):
    start_on = DateField(
        _("Zet bestellingen door vanaf"),
        [InputRequired(_("Kies een datum."))],
        render_kw={"required": True},
    )

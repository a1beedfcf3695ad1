"""The forms of the sections of Configuratie; field names are the names of the columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from webshop.domain.marketplaces import MARKETPLACES
from webshop.domain.territories import VAT_AREAS
from webshop.formatting import AMSTERDAM
from webshop.formatting import country as country_name
from webshop.models import BookingDate, Shop
from webshop.services.administration_lists import AdministrationLists, Choice
from webshop.services.configuration import enabled_marketplaces, mark_of, values_of
from webshop.services.sku_rates import parse_percentage

KINDS = ("HIGH", "LOW", "OTHER", "NONE")
STATUSES: Mapping[str, LazyString] = {
    "PENDING": _("Pending – besteld, de betaling loopt nog"),
    "PENDING_AVAILABILITY": _("PendingAvailability – vooraf besteld, nog niet leverbaar"),
    "UNSHIPPED": _("Unshipped – betaald, nog niet verzonden"),
    "PARTIALLY_SHIPPED": _("PartiallyShipped – deels verzonden"),
    "SHIPPED": _("Shipped – verzonden (aangeraden)"),
}
REASONS: Mapping[str, LazyString] = {
    "marketplace_not_enabled": _("Deze marktplaats is nog niet beschikbaar."),
    "marketplace_taken": _("Deze Amazon-verkoper heeft voor deze marktplaats al een andere koppeling."),
    "marketplace_not_confirmed": _("Vink dit aan om de marktplaats te wijzigen."),
    "orders_not_agreed": _("Bestellingen zitten nog niet in je contract. Vraag ze hieronder aan."),
    "payments_not_agreed": _("Betalingen doorboeken zit nog niet in je contract. Vraag het hieronder aan."),
    "journal_not_general": _("Kies een dagboek van soort Memoriaal: daarin worden de betalingen geboekt."),
    "clearing_ledger_missing": _("Kies de rekening waarop de betalingen van Amazon komen te staan."),
    "fba_country_missing": _("Kies het land waar je FBA-voorraad ligt."),
    "start_missing": _("Kies een datum."),
    "start_too_early": _("Kies vandaag of later. Oudere verkopen boek je met een migratie."),
    "start_too_late": _("Kies een datum binnen een jaar."),
    "pause_not_ahead": _("Kies een dag vanaf morgen, binnen een jaar."),
    "percentage_taken": _("Dit percentage staat er al met deze ingangsdatum."),
    "too_many_rows": _("Meer regels voor één land kan niet."),
}


def options(texts: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> list[Any]:
    """Return the options of a drop-down from their values and texts."""
    return [SelectChoice(value=value, label=text) for value, text in dict(texts).items()]


class PercentageField(Field):
    """A percentage as people write it: 21, 5,5 or 9%."""

    widget = TextInput()
    data: Decimal | None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data.normalize():f}".replace(".", ",")

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = parse_percentage(valuelist[0]) if valuelist else None
        if self.data is None:
            raise ValueError(_("Vul een percentage in van 0 tot 100, zoals 21 of 5,5."))


class SectionForm(FlaskForm):
    """A section's form: filled from the shop, and giving back values by column."""

    section: ClassVar[str]
    seen = HiddenField()
    """What the person saw when opening the form, as a mark."""

    @classmethod
    def of(cls, shop: Shop, lists: AdministrationLists) -> SectionForm:
        """Make the form: with what was sent, otherwise with what is stored."""
        values = values_of(shop, cls.section)
        form = cls(data={"seen": mark_of(values), **cls.shown(values)})
        form.fill_choices(shop, lists)
        return form

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}

    def fill_choices(self, shop: Shop, lists: AdministrationLists) -> None:
        """Fill the drop-downs; a form without any has nothing to do."""

    def values(self) -> dict[str, Any]:
        """Return what is to be stored, by column."""
        return {name: self[name].data for name in self.data if name not in ("seen", "csrf_token", "is_confirmed")}


class MarketplaceForm(SectionForm):
    section = "marketplace"
    marketplace_id = SelectField(_("Marktplaats"))
    is_confirmed = BooleanField(_("Ja, koppel voortaan deze marktplaats"))

    def fill_choices(self, shop: Shop, lists: AdministrationLists) -> None:
        enabled = enabled_marketplaces()
        self.marketplace_id.choices = [
            SelectChoice(value=one.marketplace_id, label=one.name)
            if one.marketplace_id in enabled or one.marketplace_id == shop.marketplace_id
            else SelectChoice(
                value=one.marketplace_id,
                label=_("%(name)s (nog niet beschikbaar)", name=one.name),
                render_kw={"disabled": True},
            )
            for one in MARKETPLACES
        ]


class StatusesForm(SectionForm):
    section = "statuses"
    statuses = SelectMultipleField(
        _("Zet een bestelling door bij status"),
        [InputRequired(_("Kies minstens één status."))],
        choices=options(STATUSES),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def values(self) -> dict[str, Any]:
        chosen = self.statuses.data or []
        return {"statuses": [status for status in STATUSES if status in chosen]}


class PostingForm(SectionForm):
    section = "posting"
    posting_kind = RadioField(
        _("Wat wordt een bestelling van Amazon in SnelStart?"),
        choices=options([("sales_entry", _("Verkoopboeking")), ("sales_order", _("Bestelling"))]),
    )
    is_line_per_item = BooleanField(_("Een boekingsregel per artikel"))
    journal_id = SelectField(_("Dagboek"))
    are_payments_posted = BooleanField(_("Betalingen doorboeken"))
    clearing_ledger_id = SelectField(_("Tussenrekening"))

    def fill_choices(self, shop: Shop, lists: AdministrationLists) -> None:
        self.journal_id.choices = optional(lists.journals, shop.journal_id, lists)
        self.clearing_ledger_id.choices = optional(lists.clearing_ledgers, shop.clearing_ledger_id, lists)

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {name: values[name] or None for name in ("journal_id", "clearing_ledger_id")}


class OrdersForm(SectionForm):
    section = "orders"
    template_id = SelectField(_("Factuurlayout"))
    price_model = RadioField(
        _("Prijzen in de bestelling"),
        choices=options([("EXCLUSIVE", _("Exclusief btw (standaard)")), ("INCLUSIVE", _("Inclusief btw"))]),
    )
    order_cost_centre_id = SelectField(_("Kostenplaats"))
    revenue_group_high = SelectField(_("Omzetgroep nieuwe artikelen: hoog"))
    revenue_group_low = SelectField(_("Omzetgroep nieuwe artikelen: laag"))
    revenue_group_other = SelectField(_("Omzetgroep nieuwe artikelen: overig"))
    revenue_group_none = SelectField(_("Omzetgroep nieuwe artikelen: geen btw"))

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        groups = values.pop("revenue_groups")
        return super().shown(values) | {f"revenue_group_{kind.lower()}": groups.get(kind, "") for kind in KINDS}

    def fill_choices(self, shop: Shop, lists: AdministrationLists) -> None:
        self.template_id.choices = optional(lists.templates, shop.template_id, lists, _("Standaard van SnelStart"))
        self.order_cost_centre_id.choices = optional(lists.cost_centres, shop.order_cost_centre_id, lists)
        for kind in KINDS:
            chosen = shop.revenue_groups.get(kind)
            self[f"revenue_group_{kind.lower()}"].choices = optional(
                lists.revenue_groups(kind), chosen, lists, _("De eerste groep voor goederen")
            )

    def values(self) -> dict[str, Any]:
        groups = {kind: self[f"revenue_group_{kind.lower()}"].data for kind in KINDS}
        return {
            "template_id": self.template_id.data or None,
            "price_model": self.price_model.data,
            "order_cost_centre_id": self.order_cost_centre_id.data or None,
            "revenue_groups": {kind: group for kind, group in groups.items() if group},
        }


class CustomersForm(SectionForm):
    section = "customers"
    is_collective_debtor_used = BooleanField(_("Gebruik een verzameldebiteur per land"))


class AutomaticForm(SectionForm):
    section = "automatic"
    is_posting_automatic = BooleanField(_("Automatisch doorzetten"))
    start_on = DateField(_("Startdatum"), [Optional()])


class PauseForm(SectionForm):
    section = "pause"
    paused_until = DateField(_("Pauzeer tot"), [InputRequired(_("Kies een datum."))])

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        until = values["paused_until"]
        return {"paused_until": until.astimezone(AMSTERDAM).date() if until else None}

    def values(self) -> dict[str, Any]:
        day = self.paused_until.data
        return {"paused_until": datetime.combine(day, time.min, AMSTERDAM).astimezone(UTC) if day else None}


class StockForm(SectionForm):
    section = "stock"
    dispatch_country = SelectField(_("Zelf verzonden bestellingen gaan op reis vanuit"))
    is_fba_used = RadioField(
        _("Ligt er voorraad bij Amazon (FBA)?"),
        [InputRequired(_("Kies of je FBA gebruikt."))],
        choices=options([("no", _("Ik gebruik geen FBA")), ("yes", _("Ja, Amazon verzendt voor mij"))]),
    )
    fba_dispatch_country = SelectField(_("Land van je FBA-voorraad"))

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        answer = {True: "yes", False: "no", None: "yes" if values["fba_dispatch_country"] else None}
        return values | {
            "is_fba_used": answer[values["is_fba_used"]],
            "fba_dispatch_country": values["fba_dispatch_country"] or "",
        }

    def fill_choices(self, shop: Shop, lists: AdministrationLists) -> None:
        countries = [(code, country_name(code)) for code in sorted(VAT_AREAS - {"XI"}, key=country_name)]
        self.dispatch_country.choices = options(countries)
        self.fba_dispatch_country.choices = options([("", _("Kies een land")), *countries])

    def values(self) -> dict[str, Any]:
        return super().values() | {
            "is_fba_used": self.is_fba_used.data == "yes",
            "fba_dispatch_country": self.fba_dispatch_country.data or None,
        }


class AmountsForm(SectionForm):
    section = "amounts"
    vat_source = RadioField(
        _("Waar komt het btw-bedrag vandaan?"),
        choices=options(
            [
                ("calculated", _("Zelf berekenen uit het totaal (aangeraden)")),
                ("amazon", _("Overnemen van Amazon")),
            ]
        ),
    )
    is_vcs_active = BooleanField(_("De btw-berekeningsservice (VCS) van Amazon staat aan"))
    booking_date = RadioField(
        _("Op welke dag boeken we een verkoop?"),
        choices=options(
            [
                (BookingDate.ORDER.value, _("Op de dag van de bestelling")),
                (BookingDate.SHIP.value, _("Op de dag van verzending")),
            ]
        ),
    )


class OssForm(SectionForm):
    section = "oss"
    is_oss_registered = RadioField(
        _("Gebruik je OSS?"),
        choices=options(
            [
                ("no", _("Nee, ik blijf onder de drempel van € 10.000")),
                ("yes", _("Ja, ik doe aangifte via OSS")),
            ]
        ),
    )

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {"is_oss_registered": "yes" if values["is_oss_registered"] else "no"}

    def values(self) -> dict[str, Any]:
        return {"is_oss_registered": self.is_oss_registered.data == "yes"}


FORMS: Mapping[str, type[SectionForm]] = {
    form.section: form
    for form in (
        MarketplaceForm,
        StatusesForm,
        PostingForm,
        OrdersForm,
        CustomersForm,
        AutomaticForm,
        PauseForm,
        StockForm,
        AmountsForm,
        OssForm,
    )
}


def optional(
    choices: Sequence[Choice], chosen: str | None, lists: AdministrationLists, nothing: LazyString | None = None
) -> list[Any]:
    """Return the options of a drop-down that may stay empty; what is chosen now stays among them."""
    texts: dict[str, Any] = {"": nothing or _("Geen"), **{one.value: one.text for one in choices}}
    if chosen:
        texts.setdefault(chosen, lists.texts.get(chosen) or _("Bestaat niet meer in SnelStart"))
    return options(texts)


def refuse(form: FlaskForm, field: str, reason: str) -> None:
    """Put the reason why a setting cannot be at its field."""
    form[field].errors = [REASONS[reason]]

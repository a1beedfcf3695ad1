"""The texts of mails about what a shop buys from us: a year, its end, invoices, migrations of past sales."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import format_currency, format_date, ngettext
from flask_babel import gettext as _

from webshop.models import Invoice, SaleMigration, Shop
from webshop.services.letters import Letter, Line, address_of


def offer(shop: Shop, net: Decimal, total: Decimal, *, is_trial: bool) -> Letter:
    """Offer a year before the end; the button leads to our page, where paying is a choice."""
    last_day = format_date(shop.active_until, "d MMMM y")
    ends = _("Je proefperiode voor %(shop)s loopt tot en met %(date)s.", shop=shop.name, date=last_day)
    if not is_trial:
        ends = _("Je abonnement voor %(shop)s loopt tot en met %(date)s.", shop=shop.name, date=last_day)
    return Letter(
        subject=_("Tot en met %(date)s: verder met de koppeling? (%(shop)s)", date=last_day, shop=shop.name),
        paragraphs=(
            ends,
            _(
                "Wil je verder, dan kost een jaar %(net)s excl. btw (%(total)s in totaal). Je betaalt in één keer, met "
                "iDEAL of kaart. De dagen die je nog hebt, blijven van jou: het jaar begint daarna.",
                net=format_currency(net, "EUR"),
                total=format_currency(total, "EUR"),
            ),
            _("Doe je niets, dan stopt de koppeling vanzelf. Er wordt nooit iets vanzelf verlengd of afgeschreven."),
        ),
        action=(_("Verder met een jaar"), address_of("subscription.index", shop_id=shop.public_id)),
        closing=(_("Ook na het einde blijft alles wat geboekt is staan, en kun je je gegevens inzien en downloaden."),),
        reason=_("Je krijgt deze mail 14 dagen, 7 dagen en 1 dag voor het einde."),
    )


def subscription_stopped(shop: Shop) -> Letter:
    return Letter(
        subject=_("De koppeling is gestopt (%(shop)s)", shop=shop.name),
        paragraphs=(
            _(
                "De koppeling van %(shop)s is per vandaag gestopt. Er wordt niets meer opgehaald of geboekt.",
                shop=shop.name,
            ),
            _("Wat geboekt is, blijft staan in SnelStart en in je overzichten. Je kunt nog inloggen en downloaden."),
        ),
        action=(_("Naar je abonnement"), address_of("subscription.index", shop_id=shop.public_id)),
        closing=(
            _("Bedacht je je? Met een nieuw jaar gaat de koppeling meteen verder; wat er intussen was, kies je dan."),
        ),
        reason=_("Je krijgt deze mail omdat een eigenaar, of support op verzoek, de koppeling stopte."),
    )


def invoice(shop: Shop, issued: Invoice) -> Letter:
    if issued.credits_id is None:
        subject = _("Factuur %(number)s (%(shop)s)", number=issued.number, shop=shop.name)
        opening = _("Bedankt voor je betaling. Factuur %(number)s zit bij deze mail.", number=issued.number)
    else:
        subject = _("Creditfactuur %(number)s (%(shop)s)", number=issued.number, shop=shop.name)
        opening = _("Creditfactuur %(number)s zit bij deze mail.", number=issued.number)
    return Letter(
        subject=subject,
        paragraphs=(
            opening,
            _("Je krijgt hem als PDF en als UBL-bestand, dat je zo in je boekhouding inleest."),
        ),
        action=(_("Naar je facturen"), address_of("profile.index", shop_id=shop.public_id)),
        closing=(_("Je facturen blijven bij Profiel staan, ook als je abonnement stopt."),),
        reason=_("Je krijgt deze mail bij elke factuur."),
        invoice=issued.public_id,
    )


def migration_counted(shop: Shop, migration: SaleMigration) -> Letter:
    page = address_of("migration.show", shop_id=shop.public_id, migration_id=migration.public_id)
    paragraphs: Sequence[str]
    if migration.counted:
        paragraphs = (
            ngettext(
                "Amazon heeft %(num)s bestelling van %(shop)s in de periode %(period)s.",
                "Amazon heeft %(num)s bestellingen van %(shop)s in de periode %(period)s.",
                migration.counted,
                shop=shop.name,
                period=_period(migration),
            ),
            _("De prijs staat voor je klaar. Er wordt niets geboekt voordat je akkoord geeft en betaald hebt."),
        )
        action = (_("Bekijk de prijs"), page)
    else:
        paragraphs = (
            _("Amazon heeft geen bestellingen van %(shop)s in de periode %(period)s. Er valt niets te boeken.",
              shop=shop.name, period=_period(migration)),
        )  # fmt: skip
        action = (_("Kies een andere periode"), address_of("migration.index", shop_id=shop.public_id))
    return Letter(
        subject=_("Je oude bestellingen zijn geteld (%(shop)s)", shop=shop.name),
        paragraphs=paragraphs,
        action=action,
        reason=_("Je krijgt deze mail omdat je vroeg om oude bestellingen mee te nemen."),
    )


def migration_finished(shop: Shop, migration: SaleMigration) -> Letter:
    page = address_of("migration.show", shop_id=shop.public_id, migration_id=migration.public_id)
    numbers = (
        (migration.posted, _("geboekt in SnelStart"), "posted"),
        (migration.already, _("was al geboekt en is overgeslagen"), "already"),
        (migration.skipped, _("overgeslagen: er viel niets te boeken"), "skipped"),
        (migration.errors, _("niet geboekt: hier is nog iets van jou nodig"), "errors"),
    )
    return Letter(
        subject=_("Je oude bestellingen zijn verwerkt (%(shop)s)", shop=shop.name),
        paragraphs=(
            _("De bestellingen van %(period)s zijn klaar. Dit kwam ervan:", period=_period(migration)),
        ),
        lines=tuple(Line(str(number), text, f"{page}?outcome={outcome}") for number, text, outcome in numbers),
        action=(_("Bekijk het verslag"), page),
        reason=_("Je krijgt deze mail één keer, omdat deze migratie klaar is."),
    )  # fmt: skip


def _period(migration: SaleMigration) -> str:
    first, last = format_date(migration.from_on, "d MMM yyyy"), format_date(migration.until_on, "d MMM yyyy")
    return str(_("%(first)s tot en met %(last)s", first=first, last=last))

"""What the product writes to people: one letter per occasion, in the language in force.

A letter is data; templates/mail/ lays it out as HTML and as text. Addresses are built on PUBLIC_URL,
never on what a request says its host is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from webshop.extensions import settings
from webshop.models import Order, Remote, Shop, User
from webshop.services.health_texts import LightText
from webshop.services.issue_catalogue import IssueText

REMOTES = {Remote.AMAZON.value: "Amazon", Remote.SNELSTART.value: "SnelStart"}
ROLES: Mapping[str, object] = {
    "owner": lazy_gettext("eigenaar"),
    "member": lazy_gettext("medewerker"),
    "accountant": lazy_gettext("boekhouder"),
}


@dataclass(frozen=True)
class Line:
    """A row of a list in a letter: a number, what it counts, and the page that shows it."""

    number: str
    text: str
    address: str


@dataclass(frozen=True)
class Letter:
    """What a mail says; `action` is the one button, as its text and its address."""

    subject: str
    paragraphs: Sequence[str]
    reason: str
    action: tuple[str, str] | None = None
    lines: Sequence[Line] = ()
    closing: Sequence[str] = ()
    invoice: str = ""
    """Public id of the invoice whose files go with the mail."""


def address_of(endpoint: str, **values: str) -> str:
    """Return the address of a page under PUBLIC_URL."""
    return settings().public_url + current_app.url_map.bind("localhost").build(endpoint, values)


def has_page(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def installation(company: str, token: str) -> Letter:
    return Letter(
        subject=_("Je proefperiode: kies je wachtwoord en begin"),
        paragraphs=(
            _("Leuk dat je de koppeling wilt proberen met %(company)s.", company=company),
            _(
                "Met de knop hieronder kies je een wachtwoord; daarna ben je meteen ingelogd en begin je met "
                "installeren. Dat duurt ongeveer tien minuten, en je kunt tussendoor stoppen."
            ),
        ),
        action=(_("Begin met installeren"), address_of("auth.install", token=token)),
        closing=(
            _("Inloggen doe je voortaan met dit e-mailadres. We mailen nooit een wachtwoord."),
            _("De link werkt één keer en blijft 14 dagen geldig. Verlopen? Vraag een nieuwe aan bij Inloggen."),
        ),
        reason=_("Je krijgt deze mail omdat iemand met dit adres een proefperiode aanvroeg. Was jij dat niet? "
                 "Dan hoef je niets te doen."),
    )  # fmt: skip


def account_exists() -> Letter:
    return Letter(
        subject=_("Je hebt al een account"),
        paragraphs=(
            _("Iemand, waarschijnlijk jij, vroeg met dit e-mailadres een proefperiode aan."),
            _("Met dit adres is er al een account. Log in, of kies een nieuw wachtwoord als je het niet meer weet."),
        ),
        action=(_("Inloggen"), address_of("auth.log_in")),
        closing=(_("Wachtwoord vergeten? Ga naar %(address)s", address=address_of("auth.forgotten")),),
        reason=_("Was jij dit niet? Dan hoef je niets te doen: er is niets gewijzigd."),
    )


def reset(token: str) -> Letter:
    return Letter(
        subject=_("Kies een nieuw wachtwoord"),
        paragraphs=(_("Iemand, waarschijnlijk jij, wil voor dit account een nieuw wachtwoord kiezen."),),
        action=(_("Nieuw wachtwoord kiezen"), address_of("auth.reset", token=token)),
        closing=(_("De link werkt één keer en is een kwartier geldig. Daarna log je overal opnieuw in."),),
        reason=_("Was jij dit niet? Dan hoef je niets te doen: je wachtwoord blijft zoals het is."),
    )


def account_changed(what: str) -> Letter:
    """Tell that something changed by which one logs in."""
    told = {
        "password": (_("Je wachtwoord is gewijzigd"), _("Het wachtwoord van je account is zojuist gewijzigd.")),
        "two_factor_on": (
            _("Inloggen in twee stappen staat aan"),
            _("Bij het inloggen vragen we voortaan ook een code van je telefoon."),
        ),
        "two_factor_off": (
            _("Inloggen in twee stappen staat uit"),
            _("Inloggen in je account gaat sinds zojuist met alleen je wachtwoord."),
        ),
    }
    subject, sentence = told[what]
    return Letter(
        subject=subject,
        paragraphs=(sentence, _("Deed je dit zelf? Dan hoef je niets te doen.")),
        action=(_("Was jij dit niet? Kies meteen een nieuw wachtwoord"), address_of("auth.forgotten")),
        reason=_("Je krijgt deze mail bij elke wijziging van hoe je inlogt."),
    )


def extra_address_changed(shop: Shop) -> Letter:
    """Tell an owner that the shop's mails go to another address as well; the address itself stands in the product."""
    return Letter(
        subject=_("Het extra e-mailadres van %(shop)s is gewijzigd", shop=shop.name),
        paragraphs=(_("De mails over %(shop)s gaan voortaan ook naar een ander adres.", shop=shop.name),),
        action=(_("Bekijk het adres"), address_of("profile.index", shop_id=shop.public_id)),
        reason=_("Je krijgt deze mail omdat je eigenaar bent van deze winkel."),
    )


def invitation(shop: Shop, inviter: User, role: str, token: str) -> Letter:
    return Letter(
        subject=_("Uitnodiging voor %(shop)s", shop=shop.name),
        paragraphs=(
            _(
                "%(inviter)s nodigt je uit om mee te kijken in de koppeling van %(shop)s, als %(role)s.",
                inviter=inviter.name or inviter.email,
                shop=shop.name,
                role=ROLES.get(role, role),
            ),
            _("De koppeling boekt elk uur de Amazon-bestellingen van deze winkel in SnelStart."),
        ),
        action=(_("Uitnodiging bekijken"), address_of("auth.invitation", token=token)),
        closing=(_("De link werkt één keer en is 7 dagen geldig."),),
        reason=_("Ken je deze winkel niet? Dan hoef je niets te doen."),
    )


def confirm_address(shop: Shop, token: str) -> Letter:
    return Letter(
        subject=_("Bevestig dit e-mailadres voor %(shop)s", shop=shop.name),
        paragraphs=(
            _("%(shop)s wil de mails van de koppeling ook op dit adres ontvangen.", shop=shop.name),
            _("Bevestig dat dit klopt. Zonder bevestiging sturen we hier niets heen."),
        ),
        action=(_("Adres bevestigen"), address_of("auth.confirm_address", token=token)),
        closing=(_("De link werkt één keer en is 7 dagen geldig."),),
        reason=_("Ken je deze winkel niet? Dan hoef je niets te doen."),
    )


def connection_lost(shop: Shop, remote: str) -> Letter:
    name = REMOTES[remote]
    page = f"setup.{remote}" if has_page(f"setup.{remote}") else "dashboard.index"
    return Letter(
        subject=_("%(remote)s moet opnieuw verbonden worden (%(shop)s)", remote=name, shop=shop.name),
        paragraphs=(
            _("%(remote)s laat de koppeling van %(shop)s niet meer binnen.", remote=name, shop=shop.name),
            _(
                "Zolang dat zo is, halen we niets op en boeken we niets. Er gaat niets verloren: zodra je weer "
                "verbonden bent, haalt de koppeling vanzelf op wat er intussen bij kwam."
            ),
        ),
        action=(_("%(remote)s opnieuw verbinden", remote=name), address_of(page, shop_id=shop.public_id)),
        reason=_("Je krijgt deze mail één keer per onderbreking."),
    )


def light_red(shop: Shop, light: LightText) -> Letter:
    """Tell what keeps a shop from working, and where it is put right."""
    checks = address_of("check.index", shop_id=shop.public_id)
    fix = light.endpoint if light.endpoint is not None and has_page(light.endpoint) else None
    return Letter(
        subject=_("%(light)s vraagt aandacht (%(shop)s)", light=light.title, shop=shop.name),
        paragraphs=(light.found, *((light.solution,) if light.solution else ())),
        action=(_("Los het op"), address_of(fix, shop_id=shop.public_id)) if fix else (_("Bekijk de controle"), checks),
        closing=(_("Alles wat we elke nacht nakijken, staat op %(address)s", address=checks),),
        reason=_("Je krijgt deze mail één keer per oorzaak."),
    )


def digest(shop: Shop, causes: Sequence[tuple[int, str, IssueText]]) -> Letter:
    """List what went wrong since the last digest, most orders first."""
    errors = address_of("dashboard.errors", shop_id=shop.public_id)
    total = sum(number for number, _code, _text in causes)
    return Letter(
        subject=ngettext(
            "%(num)s bestelling vraagt aandacht (%(shop)s)",
            "%(num)s bestellingen vragen aandacht (%(shop)s)",
            total,
            shop=shop.name,
        ),
        paragraphs=(
            ngettext(
                "Deze bestelling van %(shop)s is niet geboekt. Sinds het vorige overzicht kwam erbij:",
                "Deze bestellingen van %(shop)s zijn niet geboekt. Sinds het vorige overzicht kwamen erbij:",
                total,
                shop=shop.name,
            ),
        ),
        lines=tuple(Line(str(number), text.title, f"{errors}#group-{code.lower().replace('_', '-')}")
                    for number, code, text in causes),
        action=(_("Naar Fouten"), errors),
        reason=_("Je krijgt dit overzicht hooguit één keer per dag, en alleen als er iets nieuws is. Uitzetten kan "
                 "bij Profiel."),
    )  # fmt: skip


def support_looks(shop: Shop, staff: User, user: User, reason: str) -> Letter:
    """Tell the owners that staff look at their shop, why, and how to refuse it."""
    return Letter(
        subject=_("Support kijkt mee in %(shop)s", shop=shop.name),
        paragraphs=(
            _(
                "%(staff)s van onze support kijkt nu mee in de koppeling van %(shop)s, zoals %(user)s die ziet.",
                staff=staff.name or _("Iemand"),
                shop=shop.name,
                user=user.name or user.email,
            ),
            _("De reden: %(reason)s", reason=reason),
            _(
                "Meekijken duurt hooguit een half uur. Support ziet je sleutels en wachtwoord niet en kan niets "
                "veranderen aan je verbindingen, gebruikers of abonnement. Alles wat er gebeurt, zie je bij Activiteit."
            ),
        ),
        action=(_("Naar Activiteit"), address_of("activity.index", shop_id=shop.public_id)),
        closing=(
            _("Wil je dit niet? Zet het uit bij Profiel: %(address)s. Meekijken stopt dan meteen.",
              address=address_of("profile.index", shop_id=shop.public_id)),
        ),
        reason=_("Je krijgt deze mail één keer voor elke keer dat support meekijkt."),
    )  # fmt: skip


def staff_reply(shop: Shop, order: Order | None, reply: str) -> Letter:
    number = order.amazon_order_id if order else ""
    place = {"shop_id": shop.public_id, "order_id": order.public_id} if order else {"shop_id": shop.public_id}
    return Letter(
        subject=_("Antwoord op je melding over %(order)s", order=number or shop.name),
        paragraphs=(
            _("Je meldde een probleem. Ons antwoord:"),
            *(part.strip() for part in reply.splitlines() if part.strip()),
        ),
        action=(
            (_("Naar de bestelling"), address_of("orders.show", **place))
            if order
            else (_("Naar je winkel"), address_of("dashboard.index", **place))
        ),
        reason=_("Je krijgt deze mail omdat je een probleem meldde."),
    )


def shop_deleted(shop: Shop) -> Letter:
    return Letter(
        subject=_("%(shop)s is verwijderd", shop=shop.name),
        paragraphs=(
            _("Je winkel %(shop)s is verwijderd. Er wordt niets meer opgehaald of geboekt, en niemand kan er nog "
              "bij.", shop=shop.name),
            _("De sleutels van Amazon en SnelStart zijn gewist, de gegevens van je kopers ook. Wat in SnelStart "
              "geboekt is, blijft daar staan."),
            _("Wil je de toestemming ook bij Amazon zelf intrekken? Dat kan in Seller Central bij de apps die je "
              "hebt gemachtigd. De sleutel van SnelStart kun je in SnelStart verwijderen."),
        ),
        closing=(_("Heb jij dit niet gedaan? Neem dan meteen contact met ons op."),),
        reason=_("Je krijgt deze mail omdat je eigenaar was van deze winkel."),
    )  # fmt: skip


def account_deleted() -> Letter:
    return Letter(
        subject=_("Je account is verwijderd"),
        paragraphs=(_("Je account bij de koppeling is verwijderd. Je kunt niet meer inloggen, en je naam en "
                      "e-mailadres zijn gewist."),),
        closing=(_("Heb jij dit niet gedaan? Neem dan meteen contact met ons op."),),
        reason=_("Dit is de laatste mail die je van ons krijgt."),
    )  # fmt: skip

"""Texts about the connection with Amazon."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from webshop.services.issue_texts.text import ASK_IF_IT_STAYS, CONNECT_AMAZON, Text

TEXTS = {
    "AMAZON_RECONNECT": Text(
        title=_("Amazon moet opnieuw worden gekoppeld"),
        meaning=_("Amazon laat de koppeling niet meer bij je bestellingen. Er worden geen bestellingen opgehaald."),
        cause=_("De toestemming is ingetrokken of verlopen; die geldt een jaar."),
        solution=_("Koppel Amazon opnieuw. Wat je in de tussentijd verkocht, wordt daarna vanzelf opgehaald."),
        contact=ASK_IF_IT_STAYS,
        fix_endpoint=CONNECT_AMAZON,
    ),
}

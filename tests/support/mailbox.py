"""Read the mails the product wrote, and follow their links."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select

from webshop.extensions import db
from webshop.models import Mail
from webshop.services.notifications import place_of


def mails(app: Flask, to: str = "") -> list[Mail]:
    with app.app_context():
        query = select(Mail).order_by(Mail.id)
        found = db.session.scalars(query.where(Mail.recipient == to) if to else query).all()
        db.session.expunge_all()
        return list(found)


def text_of(app: Flask, mail: Mail) -> str:
    sealed = app.extensions["vault"].open(mail.sealed_content, bound_to=place_of(mail.cause))
    return str(json.loads(sealed)["txt"])


def link_in(app: Flask, mail: Mail) -> str:
    """Return the path of the one button of a mail."""
    match = re.search(r"^https?://\S+$", text_of(app, mail), re.MULTILINE)
    assert match is not None
    return urlsplit(match[0]).path


def last_link(app: Flask, to: str) -> str:
    return link_in(app, mails(app, to)[-1])

"""A mailbox for everything the product sends in development."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request

from webshop.sandbox.core import World

_MAILS = "mails"


def list_mails(world: World) -> list[dict[str, Any]]:
    """Return all mails, newest first."""
    return world.store.all(_MAILS)[::-1]


def deliver_mail(world: World, mail: dict[str, Any]) -> dict[str, Any]:
    with world.store.lock:
        number = len(world.store.all(_MAILS)) + 1
        stored = {
            "number": number,
            "at": world.clock().isoformat(),
            **{name: str(mail.get(name, "")) for name in ("to", "subject", "text", "html", "attachments")},
        }
        world.store.put(_MAILS, str(number), stored)
    return stored


def create_mailbox_blueprint(world: World) -> Blueprint:
    blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")

    @blueprint.get("")
    def mailbox() -> str:
        return render_template("mailbox.html", mails=list_mails(world))

    @blueprint.get("/<number>")
    def mail(number: str) -> str:
        found = world.store.get(_MAILS, number)
        if found is None:
            abort(404)
        return render_template("mail.html", mail=found)

    @blueprint.post("")
    def receive() -> tuple[Response, int]:
        mail = request.get_json()
        if not isinstance(mail, dict) or not mail.get("to"):
            return jsonify(error="to is missing"), 400
        return jsonify(number=deliver_mail(world, mail)["number"]), 201

    return blueprint

"""What a person reads about each fault on the switchboard."""

from __future__ import annotations

FAULT_TEXTS: dict[str, str] = {
    "drop": "Het verzoek komt nooit aan; de koppeling wacht tot haar tijd om is",
    "commit_then_hang": "Het verzoek wordt uitgevoerd, het antwoord komt nooit",
    "delayed_commit": "Geen antwoord; het verzoek wordt pas na `seconds` uitgevoerd",
    "reset": "De verbinding wordt verbroken voordat er iets gebeurt",
    "commit_then_reset": "Het verzoek wordt uitgevoerd, dan wordt de verbinding verbroken",
    "status": "Antwoord met `status` en `body`; er wordt niets uitgevoerd",
    "commit_then_status": "Het verzoek wordt uitgevoerd, het antwoord is `status` met `body`",
    "truncate": "Het verzoek wordt uitgevoerd, het antwoord stopt na `bytes` bytes",
    "without_id": "Het verzoek wordt uitgevoerd, in het antwoord ontbreekt het id (SnelStart)",
    "throttle": "Te veel verzoeken (429), zoals de dienst dat zelf zegt",
    "quota": "Het volume is verbruikt (403, SnelStart)",
    "ignore_filter": "Een lijst geeft alles, alsof er geen $filter was (SnelStart)",
    "huge": "Een antwoord van `bytes` bytes",
    "slow": "Het antwoord druppelt: één byte per `seconds`",
    "redirect": "Doorverwijzing naar een ander adres",
    "token_expired": "Het toegangstoken geldt als verlopen",
    "token_revoked": "De toestemming of de sleutel geldt als ingetrokken",
    "subscription_key": "De partnersleutel is niet geldig (401, SnelStart)",
    "repeat_orders": "Bestellingen van de vorige bladzijde komen nog eens (searchOrders, `count`)",
    "page_token_invalid": "Het token van de volgende bladzijde wordt geweigerd (searchOrders)",
}

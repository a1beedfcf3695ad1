"""A look-alike of VIES: is this VAT number valid, and if so, here is the number of your consultation.

Every number of the right form is valid until a test or the control API says otherwise. "Out of order"
is a fault of the board: `out_of_order` builds the one of VIES's own words.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from webshop.sandbox.core import Fault, LoggedRequest, World
from webshop.sandbox.snelstart import vat_numbers
from webshop.sandbox.transport import fault_headers

REMOTE = "vies"
OPERATION = "check-vat-number"
_JUDGED = "vies.judged"
_CONSULTATIONS = "vies.consultations"


class Vies:
    def __init__(self, world: World) -> None:
        self._world = world

    def judge(self, number: str, *, is_valid: bool) -> None:
        """Say what VIES answers about a number from now on."""
        self._world.store.put(_JUDGED, number, {"is_valid": is_valid})

    def check(self, question: dict[str, Any]) -> dict[str, Any]:
        country, digits = question.get("countryCode"), question.get("vatNumber")
        if not isinstance(country, str) or not isinstance(digits, str) or country not in vat_numbers.FORMS:
            return _error("INVALID_INPUT")
        requester = f"{question.get('requesterMemberStateCode', '')}{question.get('requesterNumber', '')}"
        if requester and not self._is_valid(requester):
            return _error("INVALID_REQUESTER_INFO")
        is_valid = self._is_valid(f"{country}{digits}")
        return {
            "countryCode": country,
            "vatNumber": digits,
            "requestDate": self._world.clock().isoformat(),
            "valid": is_valid,
            "requestIdentifier": self._consultation() if requester and is_valid else "",
            "name": "Voorbeeld GmbH" if is_valid else "---",
            "address": "Musterweg 1" if is_valid else "---",
        }

    def _is_valid(self, number: str) -> bool:
        judged = self._world.store.get(_JUDGED, number)
        return vat_numbers.is_valid(number) if judged is None else bool(judged["is_valid"])

    def _consultation(self) -> str:
        with self._world.store.lock:
            number = f"WAPIAAAA{len(self._world.store.all(_CONSULTATIONS)) + 1:08}"
            self._world.store.put(_CONSULTATIONS, number, {"number": number})
        return number


def out_of_order(word: str, *, times: int | None = 1) -> Fault:
    """Build the fault of VIES's own words for trouble, such as MS_UNAVAILABLE or SERVICE_UNAVAILABLE."""
    return Fault(REMOTE, OPERATION, "status", times=times, parameters={"status": 200, "body": _error(word)})


def create_vies_blueprint(vies: Vies, world: World) -> Blueprint:
    blueprint = Blueprint("vies", __name__, url_prefix="/vies/rest-api")

    @blueprint.post(f"/{OPERATION}")
    def check() -> Response:
        fault = world.faults.strike(REMOTE, OPERATION)
        question = request.get_json(silent=True)
        answer = vies.check(question if isinstance(question, dict) else {})
        status = 400 if answer.get("actionSucceed") is False else 200
        body: Any = answer
        if fault is not None and fault.kind in ("status", "throttle"):
            status = int(fault.parameters.get("status", 429 if fault.kind == "throttle" else 502))
            body = fault.parameters.get("body", "")
        world.log.add(
            LoggedRequest(
                at=world.clock(),
                remote=REMOTE,
                operation=OPERATION,
                account="",
                method="POST",
                path=request.path,
                query={},
                body=question,
                status=status,
                answer=body,
            )
        )
        response = Response(json.dumps(body), status, content_type="application/json")
        if fault is not None and fault.kind not in ("status", "throttle"):
            response.headers.update(fault_headers(fault))
        return response

    return blueprint


def _error(word: str) -> dict[str, Any]:
    return {"actionSucceed": False, "errorWrappers": [{"error": word}]}

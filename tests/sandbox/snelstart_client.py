"""A small client for the tests of the SnelStart look-alike: it has a token and knows the seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from webshop.sandbox.core import Fault, Store, World
from webshop.sandbox.snelstart import PRODUCTION, SUBSCRIPTION_KEY, Administration, Limits, SnelStart, create_blueprint

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
API = "/snelstart/api/v2"
TOKEN = "/snelstart/auth/b2b/token"
FORM = "application/x-www-form-urlencoded"


class MovableClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Reply:
    def __init__(self, status: int, body: Any, headers: Any) -> None:
        self.status = status
        self.body = body
        self.headers = headers

    @property
    def code(self) -> str:
        """Return the business error's code, or "" when the answer is something else."""
        is_errors = isinstance(self.body, list) and self.body and "errorCode" in self.body[0]
        return self.body[0]["errorCode"] if is_errors else ""


class Bench:
    """One look-alike with one administration and a client that is signed in."""

    def __init__(self, *, limits: Limits = PRODUCTION, store: Store | None = None, **settings: Any) -> None:
        self.clock = MovableClock()
        self.world = World(clock=self.clock, store=store or Store())
        self.snelstart = SnelStart(self.world, limits=limits)
        existing = self.snelstart.administrations()
        self.administration: Administration = (
            existing[0] if existing else self.snelstart.create_administration(name="Proef BV", **settings)
        )
        app = Flask(__name__)
        app.register_blueprint(create_blueprint(self.snelstart))
        self.http: FlaskClient = app.test_client()
        self.headers: dict[str, str] = {}
        self.sign_in()

    def sign_in(self) -> None:
        reply = self.http.post(TOKEN, data={"grant_type": "clientkey", "clientkey": self.administration.key})
        assert reply.json is not None
        self.headers = {
            "Authorization": f"Bearer {reply.json['access_token']}",
            "Ocp-Apim-Subscription-Key": SUBSCRIPTION_KEY,
        }

    def call(self, method: str, path: str, **options: Any) -> Reply:
        response = self.http.open(API + path, method=method, **({"headers": self.headers} | options))
        body = response.get_json() if response.is_json else response.get_data(as_text=True)
        return Reply(response.status_code, body, response.headers)

    def get(self, path: str, **query: Any) -> Reply:
        return self.call("GET", path, query_string={f"${name}": value for name, value in query.items()})

    def post(self, path: str, body: Any) -> Reply:
        return self.call("POST", path, json=body)

    def fault(self, operation: str, kind: str, **parameters: Any) -> None:
        self.world.faults.add(Fault("snelstart", operation, kind, parameters=parameters))

    # the seed

    def ledger(self, number: int) -> dict[str, str]:
        return {"id": self.snelstart.books(self.administration.id).find("grootboeken", "nummer", number)[0]["id"]}

    def journal(self, kind: str) -> dict[str, str]:
        rows = self.snelstart.documents(self.administration.id, "dagboeken")
        return {"id": next(row["id"] for row in rows if row["soort"] == kind)}

    def group(self, number: int) -> dict[str, str]:
        rows = self.snelstart.documents(self.administration.id, "artikelomzetgroepen")
        return {"id": next(row["id"] for row in rows if row["nummer"] == number)}

    def land(self, code: str) -> dict[str, str]:
        return {"id": self.snelstart.books(self.administration.id).land_id(code)}

    def address(self, country: str) -> dict[str, Any]:
        return {"straat": "Dorpsstraat 1", "postcode": "1811 AA", "plaats": "Alkmaar", "land": self.land(country)}

    # documents

    def customer(self, country: str = "NL", **members: Any) -> dict[str, str]:
        body = {"relatiesoort": ["Klant"], "naam": "Klant", "vestigingsAdres": self.address(country), **members}
        reply = self.post("/relaties", body)
        assert reply.status == 201, reply.body
        return {"id": reply.body["id"]}

    def article(self, code: str = "100", group: int = 1, **members: Any) -> dict[str, str]:
        body = {"artikelcode": code, "omschrijving": "Kabel", "artikelOmzetgroep": self.group(group), **members}
        reply = self.post("/artikelen", body)
        assert reply.status == 201, reply.body
        return {"id": reply.body["id"]}

    def line(self, number: int, amount: str, kind: str | None = None, **members: Any) -> dict[str, Any]:
        line = {"omschrijving": "Regel", "grootboek": self.ledger(number), "bedrag": amount, **members}
        return line if kind is None else line | {"btwSoort": kind}

    def booking(
        self, lines: list[dict[str, Any]], vat: dict[str, str], customer: dict[str, str] | None = None, **members: Any
    ) -> dict[str, Any]:
        """Return a body that balances."""
        total = sum((Decimal(line["bedrag"]) for line in lines), Decimal(0)) + sum(map(Decimal, vat.values()))
        return {
            "factuurnummer": "A-1",
            "klant": customer or self.customer(),
            "factuurdatum": "2026-11-20",
            "factuurbedrag": str(total),
            "boekingsregels": lines,
            "btw": [{"btwSoort": kind, "btwBedrag": amount} for kind, amount in vat.items()],
            **members,
        }

    def plain_booking(self, **members: Any) -> dict[str, Any]:
        """Return 100.00 at the high rate."""
        return self.booking([self.line(8000, "100.00", "Hoog")], {"VerkopenHoog": "21.00"}, **members)

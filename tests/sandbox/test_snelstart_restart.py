"""The books of the look-alike survive a restart of the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.snelstart_client import Bench
from webshop.sandbox.core import Store, World
from webshop.sandbox.snelstart import SnelStart


def test_a_restarted_sandbox_still_refuses_a_number_it_has(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "sandbox.sqlite"))
    bench = Bench(store=store)
    body = bench.plain_booking()
    first = bench.post("/verkoopboekingen", body).body
    before = bench.snelstart.documents(bench.administration.id, "verkoopboekingen")
    store.close()

    reopened = Store(str(tmp_path / "sandbox.sqlite"))
    again = Bench(store=reopened)
    assert again.administration == bench.administration
    assert again.snelstart.documents(again.administration.id, "verkoopboekingen") == before
    assert again.post("/verkoopboekingen", body).code == "BOE-0021"
    second = again.post("/verkoopboekingen", {**body, "factuurnummer": "A-2"}).body
    assert second["id"] != first["id"]
    reopened.close()


def test_a_key_belongs_to_one_administration() -> None:
    snelstart = SnelStart(World())
    snelstart.create_administration(name="Een", key="sleutel")
    with pytest.raises(ValueError, match="another administration"):
        snelstart.create_administration(name="Twee", key="sleutel")

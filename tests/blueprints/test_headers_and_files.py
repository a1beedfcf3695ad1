"""Headers on every answer, and static files that are small, ours and kept."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.blueprints.conftest import ALICE, World
from webshop.settings import PROJECT_ROOT

VENDORED = (PROJECT_ROOT / "webshop/static/vendor", PROJECT_ROOT / "tests/browser/vendor")
FIRST_VISIT_BYTES, FIRST_VISIT_REQUESTS = 45_000, 5


@pytest.mark.parametrize("address", ["/", "/login", "/nergens", "/healthz", "/shops", "/static/app.css"])
def test_every_answer_carries_the_security_headers(world: World, address: str) -> None:
    headers = world.visitor().client.get(address, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if not address.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


def test_a_static_file_is_kept_for_a_year_under_the_address_of_its_content(world: World) -> None:
    visitor = world.visitor()
    address = visitor.get("/").find("link", rel="stylesheet")["href"]
    assert "?v=" in address
    assert "max-age=31536000" in visitor.client.get(address, buffered=True).headers["Cache-Control"]
    assert visitor.client.get("/static/app.css", buffered=True).headers["Cache-Control"] == "no-cache"


def test_pages_and_files_are_compressed_for_who_can_read_that(world: World) -> None:
    client = world.visitor().client
    for address in ("/", "/static/app.css"):
        plain = client.get(address, buffered=True)
        packed = client.get(address, headers={"Accept-Encoding": "gzip"}, buffered=True)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert "Accept-Encoding" in plain.vary


def test_the_first_visit_is_light(world: World) -> None:
    client = world.visitor(ALICE).client
    headers = {"Accept-Encoding": "gzip"}
    page = client.get(f"{world.place}/", headers=headers)
    document = BeautifulSoup(gzip.decompress(page.data), "html.parser")
    files = [tag.get("href") or tag.get("src") for tag in document.find_all(["link", "script"])]
    sizes = [len(page.data)] + [len(client.get(str(file), headers=headers, buffered=True).data) for file in files]
    assert len(sizes) <= FIRST_VISIT_REQUESTS
    assert sum(sizes) <= FIRST_VISIT_BYTES


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.parent.name)
def test_files_of_others_are_the_ones_we_took(folder: Path) -> None:
    lines = [line.split() for line in (folder / "SHA256SUMS").read_text().splitlines()]
    recorded = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
    assert found == recorded
    for name in found:
        assert (folder / name.replace(".min.js", ".LICENSE")).exists()

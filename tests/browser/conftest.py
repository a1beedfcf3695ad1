"""One Chromium for all browser tests; a served application with a story for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from tests.browser import serving, stories


@dataclass
class Site:
    """The application on its address, with the pages of the story by name."""

    base: str
    pages: dict[str, str]

    def address(self, name: str) -> str:
        return self.base + self.pages[name]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if serving.CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with serving.run_chromium() as browser:
        yield browser


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    pages = stories.tell(app)
    with serving.serve(app) as base:
        yield Site(base, pages)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(locale="nl-NL") as context:
        yield context

"""Watch what a page does in the browser: what it complains about, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Watch:
    """What happened on a page since it was watched."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.requests.append(request))

    def _note(self, message: ConsoleMessage) -> None:
        # What the Content-Security-Policy refuses is an error on the console. A 4xx is one too, and is meant.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    @property
    def documents(self) -> int:
        """How often a whole page was loaded."""
        return sum(request.is_navigation_request() for request in self.requests)


def violations(page: Page) -> list[Any]:
    """Return what axe finds wrong: rule and elements."""
    # Through the debugging protocol: the page's own policy allows no such script.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [(found["id"], [node["html"][:160] for node in found["nodes"]]) for found in result["violations"]]

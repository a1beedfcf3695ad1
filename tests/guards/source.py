"""The product's own source, parsed once, for tests about the codebase."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from webshop.settings import PROJECT_ROOT


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name, its path from the root and its syntax tree."""

    name: str
    path: str
    text: str
    tree: ast.Module

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def at(self, node: ast.AST) -> str:
        """Return the place of a node as editors open it."""
        return f"{self.path}:{getattr(node, 'lineno', 0)}"

    def is_in(self, *packages: str) -> bool:
        return any(self.name == package or self.name.startswith(f"{package}.") for package in packages)


@cache
def product_modules() -> tuple[Module, ...]:
    """Return app.py and everything in webshop/."""
    files = [PROJECT_ROOT / "app.py", *sorted((PROJECT_ROOT / "webshop").rglob("*.py"))]
    return tuple(_parse(str(file.relative_to(PROJECT_ROOT))) for file in files)


def _parse(path: str) -> Module:
    text = (PROJECT_ROOT / path).read_text(encoding="utf-8")
    name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return Module(name, path, text, ast.parse(text, path))


def imports_of(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield what a module imports, as dotted names; `from a import b` gives `a.b` as b may be a module."""
    for node in module.nodes():
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.at(node)} imports relatively"
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)

"""Everything that is recorded has words on the timeline and in Activiteit."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.guards.source import product_modules
from webshop.blueprints.labels import EVENTS
from webshop.services.configuration import CHANGED

NAMED = {"CHANGED": (CHANGED,)}
"""Actions that a module calls by a name of its own."""
PASSED_ON = {("claims.py", "name"), ("order_decisions.py", "action")}
"""Where a helper records what its caller names; the caller is looked at itself."""


def _actions() -> Iterator[tuple[str, str]]:
    for module in product_modules():
        name = module.path.rsplit("/", 1)[-1]
        for call in ast.walk(module.tree):
            if isinstance(call, ast.Call) and call.args and _is_record(call.func):
                where = f"{name}:{call.lineno}"
                for action in _words(call.args[0], name, module.tree):
                    yield where, action
                    if ast.unparse(call.func).endswith("note_event"):
                        yield where, f"payment_{action}"


def _is_record(function: ast.expr) -> bool:
    return ast.unparse(function) in ("audit.record", "_record", "note_event", "claims.note_event")


def _words(node: ast.expr, module: str, tree: ast.AST) -> Iterator[str]:
    """Yield every action that an expression can stand for."""
    if isinstance(node, ast.Name):
        if (module, node.id) in PASSED_ON:
            return
        if node.id in NAMED:
            yield from NAMED[node.id]
            return
        values = [one.value for one in ast.walk(tree) if isinstance(one, ast.Assign) and _is_to(one, node.id)]
        assert values, f"{module}: nobody can tell what {node.id} is"
        for value in values:
            yield from _words(value, module, tree)
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body, module, tree)
        yield from _words(node.orelse, module, tree)
    else:
        assert isinstance(node, ast.Constant), f"{module}: write the action as a word: {ast.unparse(node)}"
        yield str(node.value)


def _is_to(assignment: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in assignment.targets)


def test_every_recorded_event_has_words() -> None:
    found = list(_actions())
    assert ("posted" in {action for _where, action in found}) and len(found) > 40
    assert [(where, action) for where, action in found if action not in EVENTS] == []

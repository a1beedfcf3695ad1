"""Who may import whom, how long a module may be and where the exceptions to the house rules stand."""

from __future__ import annotations

import ast
import sys

from tests.guards.source import Module, imports_of, product_modules

# The rooms, from the ground up: each may import itself and the rooms named here.
FOUNDATION = ("webshop.exceptions", "webshop.settings", "webshop.extensions", "webshop.vault")
BELOW_SERVICES = ("webshop.clients", "webshop.models", "webshop.domain", *FOUNDATION)
# How any page looks and travels; knows no use case.
PRESENTATION = (
    "webshop.formatting",
    "webshop.htmx_responses",
    "webshop.security_headers",
    "webshop.static_files",
)
MAY_IMPORT = {
    **dict.fromkeys(PRESENTATION, (*PRESENTATION, *FOUNDATION)),
    "webshop.exceptions": (),
    "webshop.domain": ("webshop.exceptions",),
    "webshop.clients": ("webshop.exceptions",),
    "webshop.models": FOUNDATION,
    "webshop.services": BELOW_SERVICES,
    "webshop.blueprints": ("webshop.services", *PRESENTATION, *BELOW_SERVICES),
    "webshop.jobs": ("webshop.services", "webshop.start_app", *BELOW_SERVICES),
    "webshop.cli_errors": ("webshop.exceptions",),
    "webshop.cli_keys": ("webshop.cli_errors", "webshop.services", *BELOW_SERVICES),
    "webshop.cli_lookup": BELOW_SERVICES,
    "webshop.cli_recovery": ("webshop.cli_errors", "webshop.cli_lookup", "webshop.services", *BELOW_SERVICES),
    "webshop.cli": (
        "webshop.cli_errors",
        "webshop.cli_keys",
        "webshop.cli_lookup",
        "webshop.cli_recovery",
        "webshop.services",
        "webshop.sandbox",
        "webshop.demo",
        *BELOW_SERVICES,
    ),
    "webshop.demo": ("webshop.cli_errors", "webshop.services", *BELOW_SERVICES),
    "webshop.sandbox": ("webshop.exceptions",),
}
# What is booked is a domain value; these write it down in SnelStart's words and read it back from them.
READ_THE_DOMAIN = ("webshop.clients.snelstart.payloads", "webshop.clients.snelstart.stored_entries")
CATCH_ALL = {"webshop.jobs"}
READ_THE_ENVIRONMENT = {"webshop.settings", "webshop.supervisor"}
LONGEST_MODULE = 400
LONGEST_VIEW = 25


def may_import(module: Module, target: str) -> bool:
    for room, others in MAY_IMPORT.items():
        if module.is_in(room):
            allowed = (room, *others, *(("webshop.domain",) if module.is_in(*READ_THE_DOMAIN) else ()))
            return any(target == name or target.startswith(f"{name}.") for name in allowed)
    return True


def test_imports_follow_the_arrows() -> None:
    wrong = [
        f"{module.at(node)} imports {target}"
        for module in product_modules()
        for node, target in imports_of(module)
        if target.startswith("webshop") and not may_import(module, target)
    ]
    assert wrong == []


def test_only_the_commands_import_the_sandbox() -> None:
    wrong = [
        f"{module.at(node)} imports {target}"
        for module in product_modules()
        for node, target in imports_of(module)
        if target.startswith("webshop.sandbox") and not module.is_in("webshop.cli", "webshop.sandbox")
    ]
    assert wrong == []


def test_the_domain_needs_nothing_but_python() -> None:
    wrong = [
        f"{module.at(node)} imports {target}"
        for module in product_modules()
        if module.is_in("webshop.domain")
        for node, target in imports_of(module)
        if target.partition(".")[0] not in sys.stdlib_module_names | {"webshop"}
    ]
    assert wrong == []


def test_the_clients_know_neither_flask_nor_tables() -> None:
    wrong = [
        f"{module.at(node)} imports {target}"
        for module in product_modules()
        if module.is_in("webshop.clients")
        for node, target in imports_of(module)
        if target.lower().startswith(("flask", "sqlalchemy"))
    ]
    assert wrong == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        module.name
        for module in product_modules()
        for node in module.nodes()
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    assert readers == READ_THE_ENVIRONMENT


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether it catches every error and keeps it; one that raises it again only cleans up."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    is_broad = any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in caught
    )
    last = handler.body[-1]
    return is_broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_errors_are_caught_wholesale_at_the_job_boundary_only() -> None:
    places = {
        module.name
        for module in product_modules()
        for node in module.nodes()
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }
    assert places == CATCH_ALL


def test_money_and_percentages_are_never_floats() -> None:
    wrong = [
        module.at(node)
        for module in product_modules()
        for node in module.nodes()
        if module.is_in("webshop.domain", "webshop.services")
        and isinstance(node, ast.Name)
        # round() is half-even; the tax office rounds half up (domain/money.py).
        and node.id in ("float", "round")
    ]
    wrong += [
        module.at(node)
        for module in product_modules()
        for node in module.nodes()
        if module.is_in("webshop.domain", "webshop.services")
        and isinstance(node, ast.Constant)
        and isinstance(node.value, float)
    ]
    assert wrong == []


def test_no_module_has_grown_too_long() -> None:
    lengths = {module.path: module.text.count("\n") for module in product_modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_modules_are_named_after_what_they_do() -> None:
    shelves = ("utils", "helpers", "misc", "common")
    assert [module.path for module in product_modules() if module.name.rpartition(".")[2] in shelves] == []


def is_view(function: ast.FunctionDef) -> bool:
    verbs = ("route", "get", "post")
    return any(
        isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in verbs
        for decorator in function.decorator_list
    )


def test_no_view_has_grown_too_long() -> None:
    wrong = [
        f"{module.at(node)} {node.name}"
        for module in product_modules()
        if module.is_in("webshop.blueprints")
        for node in module.nodes()
        if isinstance(node, ast.FunctionDef) and is_view(node) and (node.end_lineno or 0) - node.lineno >= LONGEST_VIEW
    ]
    assert wrong == []

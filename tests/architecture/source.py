"""The package's own modules as syntax trees, and the questions the architecture tests ask of them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cachemgr"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its path below the package, `/`-separated."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def dotted(node: ast.expr) -> str:
    """`os.path.join` as text; a part that is not a name becomes `?`, as in `?.unlink`."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, attribute):
            return f"{dotted(value)}.{attribute}"
        case _:
            return "?"


def imported(module: ast.Module) -> dict[str, str]:
    """What names that were imported stand for: `{"unlink": "os.unlink", "dt": "datetime"}`."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        match node:
            case ast.Import(aliases):
                names |= {alias.asname: alias.name for alias in aliases if alias.asname}
            case ast.ImportFrom(source, aliases) if source:
                names |= {alias.asname or alias.name: f"{source}.{alias.name}" for alias in aliases}
    return names


def mentions(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Every name and attribute in a module with what it stands for, `os.unlink` however it was imported."""
    names = imported(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute | ast.Name):
            text = dotted(node)
            first, dot, rest = text.partition(".")
            yield names.get(first, first) + dot + rest, node


def calls(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module with the name of what is called."""
    names = imported(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            first, dot, rest = dotted(node.func).partition(".")
            yield names.get(first, first) + dot + rest, node

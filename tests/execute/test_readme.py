"""The table that maps safety lines to tests is whole, and names tests that exist."""

import ast
import re
from pathlib import Path

TABLE = Path(__file__).with_name("README.md")
REPOSITORY = Path(__file__).parents[2]


def rows() -> list[list[str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return cells[2:]


def test_every_line_has_a_row() -> None:
    numbers = {row[0] for row in rows()}
    assert {str(number) for number in range(1, 25)} <= numbers


def test_every_row_names_a_test_or_says_when_it_is_due() -> None:
    missing = [row for row in rows() if "::" not in row[2] and not row[2].startswith("due with")]
    assert missing == []


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(?:\w+::)?(test_\w+)`", TABLE.read_text(encoding="utf-8"))
    assert len(named) > 25
    missing = [
        (file, name)
        for file, name in named
        if name
        not in {
            node.name
            for node in ast.walk(ast.parse((REPOSITORY / file).read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    ]
    assert missing == []

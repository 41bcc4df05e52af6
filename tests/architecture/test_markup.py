"""A file name can be markup. In the TUI, text that was put together goes to a widget as Content or with
markup switched off, never as a formatted string that the widget would parse."""

import ast

import pytest

from tests.architecture.source import calls, modules

PARSES_MARKUP = {"Button", "Checkbox", "Collapsible", "Label", "Option", "Static", "Tab"} | {
    "from_markup",
    "notify",
    "update",
}


def risks(module: ast.Module) -> set[int]:
    """Lines where a formatted string is handed to something that parses markup."""
    return {
        call.lineno
        for name, call in calls(module)
        if name.rpartition(".")[2] in PARSES_MARKUP
        and any(_formatted(argument) for argument in (*call.args, *(k.value for k in call.keywords)))
        and not _switched_off(call)
    }


def _formatted(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(left, ast.Add() | ast.Mod(), right):
            return _formatted(left) or _formatted(right) or isinstance(node.op, ast.Mod)
        case ast.Call(ast.Attribute(_, "format" | "join"), _, _):
            return True
        case _:
            return False


def _switched_off(call: ast.Call) -> bool:
    return any(
        keyword.arg == "markup" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )


@pytest.mark.parametrize("path", [path for path in modules() if path.startswith("tui/")])
def test_no_formatted_string_is_parsed_as_markup(path: str) -> None:
    assert not risks(modules()[path]), f"cachemgr/{path}: use textual.content.Content, or markup=False"


@pytest.mark.parametrize("line", ["Static(f'{x}')", "self.notify(f'gone: {x}')", "w.update('%s' % x)"])
def test_a_risk_is_recognised(line: str) -> None:
    assert risks(ast.parse(line))


@pytest.mark.parametrize("line", ["Static('[b]fixed[/]')", "w.notify(f'{x}', markup=False)", "f(f'{x}')"])
def test_plain_text_is_no_risk(line: str) -> None:
    assert not risks(ast.parse(line))

"""What the README promises is what is run, and what is declared is what is needed."""

import ast
import re
import sys
import tomllib
from importlib import metadata

import click
import pytest

import cachemgr
from cachemgr.cli import main as cli
from tests.architecture.source import PACKAGE, ROOT, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")

IMPORT_NAMES = {"pyyaml": "yaml"}
"""Distributions whose import name differs."""


def test_ci_runs_the_test_command_that_the_readme_names() -> None:
    command = re.search(r'^readme_test="(.+)"$', CI, re.MULTILINE)
    assert command is not None
    assert command[1] in README.splitlines()
    assert 'eval "${readme_test' in CI
    assert "run: bash .ci/run" in WORKFLOW


def test_the_workflow_runs_the_readme_commands_on_every_system() -> None:
    commands = re.findall(r"^ +run: (python.+)$", WORKFLOW, re.MULTILINE)
    assert len(commands) == 3
    missing = [command for command in commands if command not in README.splitlines()]
    assert not missing


def test_every_command_and_option_in_the_readme_exists() -> None:
    group = cli.main
    context = click.Context(group)
    used = re.findall(r"(?:^\$ |^|\| |`)cachemgr ([a-z]+)(.*?)(?=$|`| \| | > )", README, re.MULTILINE)
    assert {name for name, _ in used} >= {
        "status",
        "ls",
        "clear",
        "undo",
        "history",
        "purge",
        "demo",
        "config",
    }
    for name, rest in used:
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group) and rest.split():
            command = command.get_command(context, rest.split()[0])
            assert command is not None, name + rest
        known = {option for parameter in command.params for option in parameter.opts}
        unknown = set(re.findall(r"--[a-z-]+", rest)) - known
        assert not unknown, f"cachemgr {name}{rest}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_pictures_and_pages_that_are_linked_exist(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert not [target for target in targets if not (ROOT / target).is_file()]


def test_every_python_that_is_claimed_is_tested() -> None:
    claimed = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    tested = re.search(r"python: \[(.+)\]", WORKFLOW)
    assert tested is not None
    assert claimed == re.findall(r"3\.\d+", tested[1])
    assert PROJECT["requires-python"] == f">={claimed[0]}"


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    imported = {name for module in modules().values() for name in _imports(module)}
    third_party = imported - set(sys.stdlib_module_names) - {"cachemgr"}
    extras = PROJECT["optional-dependencies"]
    wanted = [
        line for name in ("redis", "langchain", "litellm", "instructor", "httpx") for line in extras[name]
    ]
    declared = {re.split(r"[<>=~\[ ]", line)[0].lower() for line in (*PROJECT["dependencies"], *wanted)}
    # Textual brings Rich, and its own widgets need it at hand; tiktoken is imported by a child, in whatever
    # interpreter has it.
    assert third_party - {"rich", "tiktoken"} == {
        IMPORT_NAMES.get(name, name).replace("-", "_") for name in declared
    }


def _imports(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.Import(names):
                found |= {alias.name.partition(".")[0] for alias in names}
            case ast.ImportFrom(str(source), _, 0):
                found.add(source.partition(".")[0])
            case ast.Call(ast.Attribute(attr="import_module"), arguments):
                # What a platform decides is imported by a name in the code.
                constants = (part for argument in arguments for part in ast.walk(argument))
                found |= {
                    part.value.partition(".")[0]
                    for part in constants
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value[0] != "."
                }
    return found


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == cachemgr.__version__


def test_style_sheets_schemas_and_the_typing_marker_are_installed_too() -> None:
    """Files that are not Python are easily left out of a wheel, and a checkout never notices."""
    try:
        installed = {str(file) for file in metadata.files("cachemgr") or ()}
    except metadata.PackageNotFoundError:
        pytest.skip("cachemgr is not installed in this environment")
    if not any(name.startswith("cachemgr/") for name in installed):
        pytest.skip("cachemgr is installed as a link to this checkout")
    data = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert "cachemgr/py.typed" in data
    assert data <= {name.replace("\\", "/") for name in installed}

"""`cachemgr env`: what a real shell has after it took the lines in, from a project with a hard name."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import tree
from tests.cli.conftest import ROOT, Program
from tests.cli.test_schemas import valid

posix = pytest.mark.skipif(sys.platform == "win32", reason="these shells are of POSIX")
CONFIGURATION = '[roots]\nhf_home = ".cache/hf"\ntorch_home = ".cache/torch"\n'
HARD = 'it\'s "a" $HOME; `x` \\n é 日 %h\n$(id)\\'
TAKE = {"fish": "cachemgr env --shell fish | source", "dash": 'eval "$(cachemgr env --shell sh)"'}
PRINT = (
    "import os, sys; sys.stdout.buffer.write(os.environb[b'HF_HUB_CACHE'] + b' ' + os.environb[b'HF_TOKEN'])"
)


@pytest.fixture
def films(project: Path) -> Path:
    """A project that says where its models are."""
    return tree(project, {"cachemgr.toml": CONFIGURATION})


@posix
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash"])
def test_a_shell_that_took_the_lines_in_has_the_exact_path(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    films = tree(tmp_path / HARD, {"cachemgr.toml": CONFIGURATION})
    commands = tree(tmp_path / "bin", {"cachemgr": f'#!/bin/sh\nexec {sys.executable} -m cachemgr "$@"\n'})
    (commands / "cachemgr").chmod(0o755)
    take = TAKE.get(shell, f'eval "$(cachemgr env --shell {shell})"')

    done = subprocess.run(
        [program, "-c", f'{take}; {sys.executable} -c "{PRINT}"'],
        cwd=films,
        env={**os.environ, "PATH": f"{commands}:{os.defpath}", "PYTHONPATH": str(ROOT), "HF_TOKEN": "kept"},
        stdout=subprocess.PIPE,
        check=True,
    )

    assert done.stdout == os.fsencode(films / ".cache/hf/hub") + b" kept"


@posix
def test_without_a_word_it_is_the_shell_that_shell_names(
    cachemgr: Program, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, begins in (
        ("/usr/bin/fish", "set -gx HF_"),
        ("/bin/dash", "export HF_"),
        ("/opt/homebrew/bin/zsh", "export HF_"),
        ("", "export HF_"),
    ):
        monkeypatch.setenv("SHELL", path)
        said = cachemgr("env")
        assert said.out.startswith(begins), path
        assert said.err == ""
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    said = cachemgr("env")
    assert (said.code, said.out) == (2, "")
    assert said.err == "cachemgr: SHELL is /bin/tcsh, which is not known here; name one with --shell\n"


def test_the_document_has_each_value_with_its_origin(cachemgr: Program, films: Path) -> None:
    by_option = valid(cachemgr("env", "--json").out, "env")
    by_shell = valid(cachemgr("env", "--shell", "json").out, "env")

    assert by_option["variables"] == by_shell["variables"]
    found = {one["name"]: one for one in by_option["variables"]}
    assert found["TORCH_HOME"] == {
        "name": "TORCH_HOME",
        "path": str(films / ".cache/torch"),
        "leads": [{"type": "torch-hub", "path": str(films / ".cache/torch/hub")}],
        "origin": {"source": "cachemgr.toml", "key": "roots.torch_home", "line": 3},
    }
    assert "HF_HOME" not in found


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_path_that_is_no_text_arrives_whole(process: Program, tmp_path: Path) -> None:
    films = tree(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")), {"cachemgr.toml": CONFIGURATION})

    lines = process("env", "--shell", "sh", "--project", str(films))
    document = valid(process("env", "--json", "--project", str(films)).out, "env")
    refused = process("env", "--shell", "dotenv", "--project", str(films))

    taken = subprocess.run(
        ["sh", "-c", f'{lines.out}printf %s "$TORCH_HOME"'], stdout=subprocess.PIPE, check=True
    )
    assert taken.stdout == os.fsencode(films / ".cache/torch")
    torch = document["variables"][-1]
    assert base64.b64decode(torch["path_b64"]) == os.fsencode(films / ".cache/torch")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.count("\n") == 1


def test_only_the_lines_go_to_standard_output(
    cachemgr: Program, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(films, {"cachemgr.toml": CONFIGURATION + 'mlx_home = ".cache/mlx"\n'})
    monkeypatch.setenv("TRANSFORMERS_CACHE", str(films / ".cache/hf"))

    lines, quiet = cachemgr("env", "--shell", "dotenv"), cachemgr("env", "--shell", "dotenv", "-q")

    assert [line.partition("=")[0] for line in lines.out.splitlines()] == [
        *(f"HF_{name}_CACHE" for name in ("ASSETS", "DATASETS", "HUB", "MODULES", "XET")),
        "TORCH_HOME",
    ]
    assert [line.partition(" ")[0] for line in lines.err.splitlines()] == ["cachemgr:"] * 2
    assert "mlx_home" in lines.err
    assert "TRANSFORMERS_CACHE is set" in lines.err
    assert (quiet.out, quiet.err) == (lines.out, "")
    assert cachemgr("env", "--shell", "bash").out.endswith("\nunset TRANSFORMERS_CACHE\n")


def test_where_nothing_is_configured_there_is_nothing_to_say_to_a_shell(cachemgr: Program) -> None:
    said = cachemgr("env", "--shell", "bash")

    assert (said.code, said.out) == (0, "")
    assert "cachemgr init" in said.err
    assert json.loads(cachemgr("env", "--json").out)["variables"] == []


def test_a_shell_that_is_not_known_is_refused_with_those_that_are(cachemgr: Program) -> None:
    said = cachemgr("env", "--shell", "csh")

    assert said.code == 2
    assert "'fish'" in said.err

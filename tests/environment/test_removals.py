"""What the lines for a shell take away, and what they cannot do."""

import os
import subprocess
from pathlib import Path

import pytest

from cachemgr.domain.environment import Environment, Shell
from cachemgr.environment.shells import script
from tests.environment import readers
from tests.environment.assignments import environment
from tests.environment.test_quoting import REAL, posix


@posix
@pytest.mark.parametrize("shell", REAL)
def test_what_is_to_go_is_gone_for_children(shell: Shell) -> None:
    text = "".join(f"{line}\n" for line in script(Environment(removals=("GONE",)), shell).lines)
    program = {Shell.SH: "dash"}.get(shell, shell.value)

    found = readers.evaluated(program, text, {"GONE": "x", "STAYS": "y"})

    assert "GONE" not in found
    assert found["STAYS"] == b"y"


@posix
@pytest.mark.skipif(bool(readers.missing(Shell.FISH)), reason="fish is not installed")
def test_fish_keeps_what_the_user_set_for_every_shell(tmp_path: Path) -> None:
    line = script(Environment(removals=("GONE",)), Shell.FISH).lines[0]
    twice = f"set -Ux GONE kept; set -gx GONE x; {line} {line} set -qg GONE; or set -S GONE"
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}

    said = subprocess.run(["fish", "-c", twice], env=env, stdout=subprocess.PIPE, check=True)

    assert b"universal scope" in said.stdout


def test_what_lines_cannot_do_is_said_beside_them() -> None:
    made = environment(["/é", "/!"], removals=("GONE",))

    assert [remark.code for remark in script(made, Shell.DOTENV).remarks] == ["cannot-remove"]
    assert [remark.code for remark in script(made, Shell.CMD).remarks] == ["console", "delayed"]
    assert script(made, Shell.CMD).lines[0] == "chcp 65001 >nul"
    assert script(environment(["/e"]), Shell.CMD).lines == ('set "V0=/e"',)
    assert script(made, Shell.BASH).remarks == ()
    assert script(made, Shell.POWERSHELL).lines[-1] == "$env:GONE = $null"
    assert script(made, Shell.SYSTEMD).lines[-1] == "UnsetEnvironment=GONE"

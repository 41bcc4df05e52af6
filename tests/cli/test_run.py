"""`cachemgr run`: the program is what it would be without us, but for the variables."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.builders import tree
from tests.cli.conftest import ROOT, Program

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows waits for the program instead")
PYTHON = sys.executable


@pytest.fixture
def films(project: Path) -> Path:
    return tree(project, {"cachemgr.toml": '[roots]\ntorch_home = ".cache/torch"\n'})


@contextmanager
def started(*arguments: str, cwd: Path, **settings: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """The program under way; whatever is left of it afterwards is ended."""
    argv = [PYTHON, "-m", "cachemgr", "run", "--", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        argv, cwd=cwd, env=env, stdout=subprocess.PIPE, start_new_session=True, **settings
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def test_it_has_the_variables_and_its_own_exit_code(process: Program, films: Path) -> None:
    code = "import os, sys; print(os.environ['TORCH_HOME'], os.environ['MINE']); sys.exit(3)"

    said = process("run", "--", PYTHON, "-c", code, env={"MINE": "kept", "TORCH_HOME": "/old"})

    assert (said.code, said.out.split(), said.err) == (3, [str(films / ".cache/torch"), "kept"], "")


def test_a_legacy_variable_that_leads_elsewhere_is_gone(process: Program, films: Path) -> None:
    tree(films, {"cachemgr.toml": '[roots]\nhf_home = ".cache/hf"\n'})
    code = "import os; print('TRANSFORMERS_CACHE' in os.environ)"

    assert process("run", PYTHON, "-c", code, env={"TRANSFORMERS_CACHE": "/x"}).out.strip() == "False"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_its_arguments_are_its_own_to_the_byte(process: Program, films: Path) -> None:
    words = ["--json", "-q", "--", "--home", "", "a b", "*", "$HOME", "line\nfeed", os.fsdecode(b"caf\xe9")]
    code = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"

    said = process("run", PYTHON, "-c", code, *words)

    assert said.out.split("\0") == words


@posix
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if os.name == "posix" else []
)
def test_a_signal_reaches_it(number: signal.Signals, films: Path) -> None:
    code = (
        "import os, signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print(os.getpid(), flush=True)\n"
        "signal.pause()"
    )
    with started(PYTHON, "-c", code, cwd=films) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == child.pid
        child.send_signal(number)
        assert child.wait(timeout=30) == 7


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL] if os.name == "posix" else [])
def test_a_shell_sees_which_signal_ended_it(number: signal.Signals, process: Program, films: Path) -> None:
    line = f"\"{PYTHON}\" -m cachemgr run -- sh -c 'kill -{int(number)} $$'; echo $?"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=films,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )

    assert done.stdout.split() == [str(128 + number).encode()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_ignores_no_signal_that_we_ignore(films: Path) -> None:
    """Python ignores SIGPIPE, and whatever is ignored stays so in a new program."""
    with started("grep", "^SigIgn", "/proc/self/status", cwd=films) as child:
        assert child.stdout is not None
        assert int(child.stdout.read().split()[1], 16) == 0


@posix
def test_it_has_our_standard_input_and_the_descriptors_it_was_given(films: Path) -> None:
    reading, writing = os.pipe()
    code = f"import os, sys; print(sys.stdin.read(), end=''); os.write({writing}, b'through')"
    with started(PYTHON, "-c", code, cwd=films, stdin=subprocess.PIPE, pass_fds=(writing,)) as child:
        os.close(writing)
        told, _ = child.communicate(b"typed\n", timeout=30)
    with os.fdopen(reading, "rb") as pipe:
        assert (told, pipe.read()) == (b"typed\n", b"through")


@posix
@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("no-such-program", 127, "there is no program no-such-program; see that it is installed and on PATH"),
        ("./missing", 127, "there is no program ./missing; see that it is installed and on PATH"),
        ("./plain", 126, "./plain cannot be run: Permission denied"),
        (".", 126, ". cannot be run: Permission denied"),
        ("./text", 126, "./text cannot be run: it is no program, and no script that begins with #!"),
        ("./orphan", 126, "./orphan cannot be run: the program that its first line names is missing"),
        ("./plain/x", 126, "./plain/x cannot be run: Not a directory"),
    ],
)
def test_what_cannot_be_run_is_a_sentence_and_the_code_of_a_shell(
    name: str, code: int, says: str, process: Program, films: Path
) -> None:
    tree(films, {"plain": "x", "text": "x", "orphan": "#!/no/such/interpreter\n"})
    for file in ("text", "orphan"):
        (films / file).chmod(0o755)

    said = process("run", "--", name, "--json")

    assert (said.code, said.out, said.err) == (code, "", f"cachemgr: {says}\n")
    shell = subprocess.run(["bash", "-c", name], cwd=films, stderr=subprocess.DEVNULL, check=False)
    assert shell.returncode == code or name in ("./text", ".", "./orphan")


def test_without_a_program_it_says_what_it_needs(process: Program) -> None:
    said = process("run")

    assert said.code == 2
    assert "CMD" in said.err


def test_an_option_that_is_not_ours_is_not_taken_for_the_program(process: Program) -> None:
    said = process("run", "--shell", "bash", "--", "true")

    assert said.code == 2
    assert "No such option" in said.err


@posix
def test_with_another_home_the_program_is_still_found(
    process: Program, films: Path, home: Path, tmp_path: Path
) -> None:
    """A PATH whose first directory lies in the real home is no place of the real home."""
    tool = tree(home / "bin", {"own-tool": "#!/bin/sh\necho $HOME\n"}) / "own-tool"
    tool.chmod(0o755)

    said = process("run", "--home", str(tmp_path), "own-tool", env={"PATH": f"{home}/bin:{os.defpath}"})

    assert (said.code, said.out.strip()) == (0, str(tmp_path))


def test_a_command_that_is_empty_is_named(process: Program, project: Path) -> None:
    said = process("run", "--", "")
    assert said.code == 127
    assert "there is no program ''" in said.err

"""The other end of each dialect: real shells, systemd and python-dotenv, and for PowerShell and cmd a parser
written from their documented rules, so that their lines are read on every system."""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dotenv

from cachemgr.domain.environment import Shell
from tests.nobody import NOBODY, public_directory

Variables = dict[str, bytes]
DUMP = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(k + b'=' + v for k, v in os.environb.items()))"
SYSTEMD = "/lib/systemd/systemd"


def evaluated(program: str, text: str, env: dict[str, str] | None = None) -> Variables:
    """What a child sees of the shell that took `text` in."""
    child = f"'{sys.executable}' -c \"{DUMP}\"".replace("\\0", "\\\\0" if program == "fish" else "\\0")
    take = {"fish": "source"}.get(program, 'eval "$(cat)"')
    argv = [_installed(program), *_plainly(program), "-c", f"{take}; {child}"]
    done = subprocess.run(
        argv,
        input=os.fsencode(text),
        stdout=subprocess.PIPE,
        env={"PATH": os.defpath, "HOME": os.environ["HOME"], **(env or {})},
        check=True,
        timeout=60,
    )
    return _pairs(done.stdout.split(b"\0"))


def by_systemd(text: str) -> Variables:
    """What systemd itself makes of the lines, in its test mode, which starts nothing and refuses root."""
    with public_directory() as top:
        for name in ("basic.target", "sysinit.target", "shutdown.target"):
            (top / name).write_text("[Unit]\nDefaultDependencies=no\n")
        (top / "default.target").write_text("[Unit]\nRequires=t.service\n")
        unit = f"[Service]\nType=oneshot\nExecStart=/bin/true\n{text}"
        (top / "t.service").write_bytes(os.fsencode(unit))
        run = top / "run"
        run.mkdir()
        run.chmod(0o777)
        user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        done = subprocess.run(
            [SYSTEMD, "--test", "--user"],
            env={"HOME": str(run), "XDG_RUNTIME_DIR": str(run), "SYSTEMD_UNIT_PATH": str(top)},
            capture_output=True,
            check=True,
            timeout=60,
            **(user if os.geteuid() == 0 else {}),
        )
        _, _, rest = done.stdout.partition(b"\tEnvironment: ")
        dumped = re.split(rb"\n\t+\w+: (?=no|yes|0)", rest, maxsplit=1)[0]
        lines = re.split(rb"\n\t\t(?:Unset)?Environment: ", dumped)
        return _pairs([line for line in lines if b"=" in line])


def systemd_works() -> str:
    """Why systemd cannot be asked; empty where it can."""
    if not Path(SYSTEMD).exists():
        return "no systemd here"
    try:
        told = by_systemd('Environment="A=b"\n')
    except (OSError, subprocess.SubprocessError, PermissionError) as error:
        return f"systemd's test mode does not run here: {error}"
    return "" if told == {"A": b"b"} else "systemd's test mode does not list variables here"


def by_dotenv(text: str) -> Variables:
    """What python-dotenv makes of the lines, with its interpolation."""
    values = dotenv.dotenv_values(stream=io.StringIO(text))
    return {name: (value or "").encode() for name, value in values.items()}


def by_cmd(text: str) -> Variables:
    """What cmd makes of a batch file of `set` commands, no variable being set (SS64 and Microsoft: percent
    signs first, then quotes and carets, then `set` takes what is between its first and its last quote)."""
    found: Variables = {}
    for line in text.removesuffix("\r\n").split("\r\n"):
        if line == "chcp 65001 >nul":
            continue
        assert not re.search(r"[\x00-\x1f\x7f]", line)
        expanded = re.sub(r"%(%|[^%]*%)", lambda match: "%" if match[0] == "%%" else "", line)
        # Outside of quotes, `&` would begin another command, and `^` would go.
        unquoted = re.sub(r'"[^"]*"', "", expanded)
        assert not re.search(r'[&|<>^()"]', unquoted), line
        assert expanded.startswith('set "')
        inside = expanded.removeprefix('set "').rpartition('"')[0]
        name, _, value = inside.partition("=")
        found[name] = value.encode()
    return found


_QUOTES = "'‘’‚‛"
"""What PowerShell takes for a single quote (about_Quoting_Rules; tokenizer: CharTraits.IsSingleQuote)."""
_TOKEN = re.compile(
    rf"[{_QUOTES}](?P<text>(?:[^{_QUOTES}]|[{_QUOTES}][{_QUOTES}])*)[{_QUOTES}]|\[char\]0x(?P<char>[0-9a-f]{{4}})"
)


def by_powershell(text: str) -> Variables:
    """What PowerShell makes of assignments of strings and `[char]` codes, joined with `+`."""
    found: Variables = {}
    assert text.isascii()
    for line in text.splitlines():
        name, _, rest = line.removeprefix("$env:").partition(" = ")
        assert line.startswith("$env:")
        units, at, first = b"", 0, True
        while at < len(rest):
            if not first:
                assert rest[at : at + 3] == " + ", line
                at += 3
            match = _TOKEN.match(rest, at)
            assert match is not None, line
            assert not first or match["text"] is not None, "a string comes first, or `+` adds numbers"
            if match["text"] is not None:
                units += re.sub(f"[{_QUOTES}]{{2}}", "'", match["text"]).encode("utf-16-be")
            else:
                units += bytes.fromhex(match["char"])
            at, first = match.end(), False
        found[name] = units.decode("utf-16-be").encode()
    return found


_PROGRAMS = {Shell.BASH: "bash", Shell.ZSH: "zsh", Shell.FISH: "fish", Shell.SH: "dash"}


def missing(shell: Shell) -> str:
    """Why a shell cannot be asked; empty where it can."""
    return "" if shutil.which(_PROGRAMS[shell]) else f"{_PROGRAMS[shell]} is not installed"


def by_shell(shell: Shell, text: str) -> Variables:
    return evaluated(_PROGRAMS[shell], text)


def _installed(program: str) -> str:
    found = shutil.which(program)
    assert found is not None
    return found


def _plainly(program: str) -> list[str]:
    """Without the files that a user's shell reads when it starts."""
    return {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}.get(program, [])


def _pairs(lines: list[bytes]) -> Variables:
    split = (line.partition(b"=") for line in lines)
    return {os.fsdecode(name): value for name, _, value in split}

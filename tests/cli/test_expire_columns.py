"""A terminal of any width says which rule takes an entry, by an id that can be typed as it stands."""

import io
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from cachemgr.present.names import cells, distinct
from tests.answers import DAY, Answers
from tests.builders import tree
from tests.cli.conftest import Program

WHOLE = "What happens Size Frees now Entry Why Way back"


class Digests(Answers):
    """Whose keys are of real length and begin differently."""

    def key(self, *, old: bool = False) -> str:
        self.count += 1
        return sha256(bytes([self.count])).hexdigest()


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def answers(project: Path) -> Answers:
    tree(project, {"cachemgr.toml": "", ".questfoundry/config.yml": "caching:\n  enabled: true\n"})
    made = Digests(project / ".questfoundry/cache", datetime.now(UTC))
    for _ in range(2):
        made.pair("expired", {"expires_at": made.stamp - DAY})
    made.pair("live", {"expires_at": made.stamp + 20 * DAY})
    return made


@pytest.fixture
def printed(
    cachemgr: Program, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int, str], list[str]]:
    """The lines of a dry run on a terminal so wide."""

    def lines(width: int, *rules: str) -> list[str]:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", str(width))
            patch.setattr(sys, "stdout", terminal)
            cachemgr("--color", "never", "expire", "responses", *rules, "--dry-run")
        return terminal.getvalue().splitlines()

    return lines


@pytest.mark.parametrize(
    ("width", "columns", "why"),
    [
        (140, WHOLE, r"past the time its own record gives \S+ \S+ UTC"),
        (100, WHOLE, r"--ttl: past [-\d]+"),
        (80, "What happens Frees now Entry Why", r"--ttl: past [-\d]+"),
        (60, "What happens Entry Why", "--ttl"),
    ],
    ids=["140", "100", "80", "60"],
)  # fmt: skip
def test_the_rule_is_there_on_every_terminal_and_ids_stay_distinct(
    width: int, columns: str, why: str, printed: Callable[..., list[str]], answers: Answers
) -> None:
    lines = printed(width, "--ttl")

    rows = [line for line in lines if re.search(r"[0-9a-f]{8}…", line)]
    ids = [re.search(r"responses@project:([0-9a-f]{8})… ", row) for row in rows]
    assert " ".join(lines[0].split()) == columns
    assert all(cells(row) <= width and re.search(f" {why}( |$)", row) for row in rows)
    assert {found[1] for found in ids if found} == {key[:8] for key in answers.states["expired"]}


def test_an_id_as_it_was_printed_explains_itself(
    printed: Callable[..., list[str]], cachemgr: Program, answers: Answers
) -> None:
    shown = {word for line in printed(80, "--ttl") for word in re.findall(r"\S+…", line)}

    for word in (*shown, *(word.replace("…", "...") for word in shown)):
        said = cachemgr("expire", "responses", "--ttl", "--explain", word)
        (key,) = (one for one in answers.states["expired"] if word[18:26] == one[:8])
        assert said.out.startswith(f"responses@project:{key} goes: "), said


def test_one_that_several_look_like_names_them_and_is_none_to_clear(
    cachemgr: Program, answers: Answers
) -> None:
    keys = [f"responses@project:{key}" for keys in answers.states.values() for key in keys]

    asked = cachemgr("expire", "responses", "--ttl", "--explain", "responses@project:…")
    cleared = cachemgr("clear", f"{keys[0][:26]}…", "--yes")

    assert (asked.code, cleared.code) == (2, 3)
    assert f"is how 3 entries look on a screen; name one of {', '.join(sorted(keys))}" in asked.err
    assert f"did you mean {keys[0]}?" in cleared.err


def test_names_that_would_look_alike_keep_what_tells_them_apart() -> None:
    digests = ["r:" + "ab" * 16, "r:" + "ab" * 5 + "cd" * 11, "r:" + "ef" * 16]
    paths = [f"hub@home:models/some/where/{number}/of/a/model@{'1' * 7}" for number in range(3)]

    assert distinct(digests[::2], 12) == ["r:abababab…", "r:efefefef…"]
    assert distinct(digests, 12) == ["r:abababababab…", "r:abababababcd…", "r:efefefef…"]
    assert distinct(digests[:1], 12, among=digests) == ["r:abababababab…"]
    assert len(set(distinct(paths, 20))) == 3
    assert distinct(["short"], 12) == ["short"]

"""Between what `config trust` shows and what is agreed to, somebody else may write: what was shown counts."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.__main__ import main
from tests.builders import tree
from tests.cli.conftest import Program

SHOWN, SLIPPED = '[roots]\nhf_home = "/big/hf"\n', '[roots]\nhf_home = "/etc/hf"\n'


class Meanwhile(io.StringIO):
    """A terminal on which something happens once the places were shown, or the question was asked."""

    def __init__(self, then: Callable[[], object], text: str = "") -> None:
        super().__init__(text)
        self.then: Callable[[], object] | None = then

    def isatty(self) -> bool:
        return True

    def readline(self, *_: object) -> str:  # type: ignore[override]
        self._now()
        return super().readline()

    def write(self, text: str) -> int:
        if "Outside the project" in text:
            self._now()
        return super().write(text)

    def _now(self) -> None:
        then, self.then = self.then, None
        if then is not None:
            then()


@pytest.fixture
def agree(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Trust the project, asked or with `--yes`, while something happens; the code, and what was said."""

    def trust(way: str, then: Callable[[], object]) -> tuple[int, str]:
        monkeypatch.chdir(project)
        with monkeypatch.context() as patch:
            err = io.StringIO()
            err.isatty = lambda: True  # type: ignore[method-assign]
            patch.setattr(sys, "argv", ["cachemgr", "config", "trust", *(["--yes"] if way == "yes" else [])])
            patch.setattr(sys, "stderr", err)
            if way == "yes":
                patch.setattr(sys, "stdout", Meanwhile(then))
            else:
                patch.setattr(sys, "stdin", Meanwhile(then, "y\n"))
            return main(), err.getvalue()

    return trust


@pytest.mark.parametrize("way", ["asked", "yes"])
@pytest.mark.parametrize("change", ["rewritten", "added", "removed"])
def test_what_was_changed_after_it_was_shown_is_not_trusted(
    way: str, change: str, project: Path, home: Path, agree: Callable[..., tuple[int, str]]
) -> None:
    toml, more = tree(project, {"cachemgr.toml": SHOWN}) / "cachemgr.toml", project / ".questfoundry"
    deeds: dict[str, Callable[[], object]] = {
        "rewritten": lambda: toml.write_text(SLIPPED),
        "added": lambda: tree(more, {"config.yml": "caching:\n  cache_dir: /etc/answers\n"}),
        "removed": toml.unlink,
    }
    name = "config.yml" if change == "added" else "cachemgr.toml"

    code, said = agree(way, deeds[change])

    assert (code, said.count("\n")) == (4, 1), said
    assert f"{name} has changed since it was read, so nothing was trusted" in said
    assert not list(home.rglob("trust.json"))


@pytest.mark.parametrize("way", ["asked", "yes"])
def test_what_stays_as_it_was_shown_is_trusted(
    way: str, project: Path, agree: Callable[..., tuple[int, str]], cachemgr: Program
) -> None:
    tree(project, {"cachemgr.toml": SHOWN})

    assert agree(way, lambda: tree(project, {"README": "1"}))[0] == 0
    assert "not trusted yet" not in cachemgr("config", "show").out


@pytest.mark.skipif(sys.platform == "win32", reason="links to directories need a right there")
def test_a_project_that_another_took_the_place_of_is_not_trusted(
    project: Path,
    tmp_path: Path,
    agree: Callable[..., tuple[int, str]],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same text means other places there."""
    toml = {"cachemgr.toml": SHOWN.replace("/big/hf", "../hf")}
    one, other, link = tree(tmp_path / "a/one", toml), tree(tmp_path / "b/two", toml), tmp_path / "link"
    link.symlink_to(one)
    monkeypatch.setenv("CACHEMGR_PROJECT", str(link))

    def turned() -> None:
        link.unlink()
        link.symlink_to(other)

    code, said = agree("asked", turned)

    assert code == 4
    assert "so nothing was trusted" in said
    assert not list(home.rglob("trust.json"))

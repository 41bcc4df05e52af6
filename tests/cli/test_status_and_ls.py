"""What people and scripts read."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Program


def test_the_table_shows_every_cache_once_biggest_first_with_totals(cachemgr: Program, caches: Path) -> None:
    lines = cachemgr("status").out.splitlines()

    ids = [line.split()[1] for line in lines if "@" in line and line[0] not in " C"]
    assert ids == ["tmdb@project", "torch-hub@home"] or ids == ["torch-hub@home", "tmdb@project"]
    assert any(line.startswith("Total ") and "in 2 caches, 4 files" in line for line in lines)
    assert any(line.startswith("Free ") for line in lines)


def test_without_a_command_and_a_terminal_it_is_the_status(cachemgr: Program, caches: Path) -> None:
    assert cachemgr().out == cachemgr("status").out


def test_a_legacy_location_is_named_with_the_command_that_mends_it(cachemgr: Program, caches: Path) -> None:
    (caches / "shared" / "model-cache").mkdir(parents=True)
    (caches / "shared" / "model-cache" / "old.bin").write_bytes(b"\x01" * 5000)

    out = cachemgr("status").out

    assert "shared/model-cache is a legacy location; it should be empty" in out
    command = next(line.split() for line in out.splitlines() if line.startswith("    cachemgr "))
    assert cachemgr(*command[1:], "--dry-run").code == 0


def test_quiet_prints_ids_that_are_targets(cachemgr: Program, caches: Path) -> None:
    ids = cachemgr("ls", "-q").out.splitlines()

    assert len(ids) == 4
    assert cachemgr("ls", *ids, "--quiet").out.splitlines() == ids


def test_csv_holds_the_figures_of_the_document(cachemgr: Program, caches: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(cachemgr("status", "--csv").out)))

    assert {row["id"]: row["files"] for row in rows} == {"tmdb@project": "3", "torch-hub@home": "1"}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--where", "size>5KB"), ["alexnet"]),
        (("tmdb", "--where", "name~'movie*'", "--sort", "name:desc"), ["movie_2", "movie_1"]),
        (("--sort", "name", "--limit", "2"), ["odd", "alexnet"]),
        (("--where", "category=models"), ["alexnet"]),
        (("--where", "unused>1d"), []),
    ],
)
def test_ls_filters_sorts_and_limits(
    arguments: tuple[str, ...], names: list[str], cachemgr: Program, caches: Path
) -> None:
    ids = cachemgr("ls", *arguments, "--quiet").out.splitlines()

    assert len(ids) == len(names)
    assert all(name in shown or name == "odd" for name, shown in zip(names, ids, strict=True))


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("ls",),
        ("ls", "-q"),
        ("clear", "all"),
        ("clear", "all", "--yes"),
        ("history",),
        ("undo",),
    ],
)
def test_no_name_reaches_the_terminal_as_anything_but_text(
    arguments: tuple[str, ...], cachemgr: Program, caches: Path
) -> None:
    cachemgr("clear", "tmdb", "--yes")
    said = cachemgr(*arguments)

    assert not {char for char in said.out + said.err if not char.isprintable()} - {"\n"}


@pytest.mark.parametrize("option", ["--si", "--color=always", "--no-progress", "--read-only"])
def test_an_option_of_all_commands_stands_before_or_after_the_name(
    option: str, cachemgr: Program, caches: Path
) -> None:
    assert cachemgr(option, "status").out == cachemgr("status", option).out


def test_colour_is_never_used_off_a_terminal_unless_asked_for(cachemgr: Program, caches: Path) -> None:
    assert "\x1b[" not in cachemgr("status").out
    assert "\x1b[" in cachemgr("status", "--color", "always").out
    assert "\x1b[" not in cachemgr("status", "--color", "never").out


def test_another_home_is_looked_at_without_the_variables_that_lead_elsewhere(
    cachemgr: Program, caches: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, disk = tmp_path / "other", tmp_path / "disk"
    (other / ".cache" / "torch" / "hub").mkdir(parents=True)
    (disk / "whisper").mkdir(parents=True)
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk))

    paths = {
        row["id"]: row["path"]
        for row in csv.DictReader(io.StringIO(cachemgr("--home", str(other), "status", "--csv").out))
    }

    assert str(home) not in " ".join(paths.values())
    assert str(disk) not in " ".join(paths.values())
    assert str(other / ".local") in cachemgr("--home", str(other), "config", "path").out


@pytest.mark.parametrize("option", ["--home", "--project"])
def test_a_directory_that_is_not_there_is_a_usage_error(option: str, cachemgr: Program) -> None:
    said = cachemgr("status", option, "/no/such/place")

    assert (said.code, said.out) == (2, "")
    assert "/no/such/place" in said.err

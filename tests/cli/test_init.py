"""`cachemgr init`: what a project has afterwards, what it refuses, and that it changes nothing twice."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from cachemgr.catalogue.layouts.tag import SIGNATURE
from tests.builders import Link, fingerprint, tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid

SEED = "models/ .cache/ shared/model-cache/ out/tmdb_cache/ out/musicbrainz_cache/ glossary/cache/".split()
"""The lines of the document that asked for them."""
HARDWARE = {
    "cache": {
        "hf_home": "store/hf",
        "mlx_home": ".cache/mlx",
        "application_caches": {"tmdb": "out/tmdb_cache", "subtitles": "data/subs", "pages": "pages"},
    }
}
posix = pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")


def states(document: str) -> dict[str, str]:
    """What became of each path, relative to the project."""
    said = valid(document, "init")
    return {
        Path(item["path"]).relative_to(said["project"]).as_posix(): item["state"] for item in said["items"]
    }


def test_a_new_project_gets_directories_lines_and_a_configuration(cachemgr: Program, project: Path) -> None:
    said = cachemgr("init", "--json")

    assert said.code == 0
    assert states(said.out) == dict.fromkeys(
        [
            ".cache",
            ".cache/CACHEDIR.TAG",
            ".cache/huggingface",
            ".cache/torch",
            ".gitignore",
            "cachemgr.toml",
        ],
        "created",
    )
    assert set(SEED) <= set((project / ".gitignore").read_text().splitlines())
    assert (project / ".cache/CACHEDIR.TAG").read_bytes().startswith(SIGNATURE)
    shown = json.loads(cachemgr("config", "show", "--json").out)["values"]
    assert {value["key"]: value["value"] for value in shown if value["key"].startswith("roots.")} == {
        "roots.hf_home": str(project / ".cache/huggingface"),
        "roots.torch_home": str(project / ".cache/torch"),
    }
    assert f"TORCH_HOME='{project / '.cache/torch'}'" in cachemgr("env", "--shell", "sh").out


def test_every_path_is_announced(cachemgr: Program, project: Path) -> None:
    first, second = cachemgr("init").out, cachemgr("init").out

    for line in ("created        .cache/", "created        .cache/torch/", "created        cachemgr.toml"):
        assert line.replace("/", os.sep) in first
    assert "already there  .cache/torch/".replace("/", os.sep) in second
    assert "nothing was changed" in second
    assert "created" not in second


def test_a_second_run_changes_nothing(cachemgr: Program, project: Path) -> None:
    cachemgr("init")
    before = fingerprint(project)

    said = cachemgr("init", "--json")

    assert said.code == 0
    assert set(states(said.out).values()) == {"present"}
    assert json.loads(said.out)["changed"] is False
    assert fingerprint(project) == before
    assert cachemgr("init", "-q").out == ""


def test_a_dry_run_says_the_same_and_changes_nothing(cachemgr: Program, project: Path, home: Path) -> None:
    before = fingerprint(project), fingerprint(home)

    dry = cachemgr("init", "--dry-run", "--json", "--read-only")

    assert (fingerprint(project), fingerprint(home)) == before
    assert states(dry.out) == states(cachemgr("init", "--json").out)


def test_a_project_with_a_configuration_gets_what_that_names(cachemgr: Program, project: Path) -> None:
    tree(project, {"config/hardware_cache.json": json.dumps(HARDWARE), ".gitignore": "out/\n"})

    said = cachemgr("init", "--json")

    made = states(said.out)
    expected = {"store", "store/hf", ".cache", ".cache/CACHEDIR.TAG", ".cache/mlx", "out", "out/tmdb_cache"}
    assert set(made) == expected | {"data", "data/subs", "pages", ".gitignore", "cachemgr.toml"}
    assert made[".gitignore"] == "added"
    lines = (project / ".gitignore").read_text().splitlines()
    assert {"out/", "store/hf/", "data/subs/", "/pages/", ".cache/"} <= set(lines)
    assert not [line for line in lines if line.startswith("out/t")]
    # The new file says nothing of its own: the old one stays the one source of truth.
    shown = json.loads(cachemgr("config", "show", "--json").out)["values"]
    # The policies that everybody has are of no file.
    assert {value["origin"]["source"] for value in shown if "." in value["key"]} - {"default"} == {
        "config/hardware_cache.json"
    }


def test_a_place_outside_that_was_agreed_to_is_not_made(cachemgr: Program, project: Path) -> None:
    outside = project.parent / "outside"
    roots = f'hf_home = "../outside/hf"\ntorch_home = {json.dumps(str(outside / "torch"))}\n'
    tree(project, {"cachemgr.toml": f"[roots]\n{roots}"})
    assert cachemgr("config", "trust", "--yes").code == 0

    made = states(cachemgr("init", "--json").out)

    assert set(made) == {".gitignore", "cachemgr.toml"}
    assert not outside.exists()
    assert "outside" not in (project / ".gitignore").read_text()


def test_what_nobody_agreed_to_is_not_made(cachemgr: Program, project: Path) -> None:
    """git's own directory counts as outside, and so does what a link leads to."""
    cache = '[[cache]]\nname = "tiktoken"\npath = ".git/tiktoken"\n'
    tree(project, {".git": {}, "cachemgr.toml": f'[roots]\ntorch_home = ".git/torch"\n{cache}'})

    assert set(states(cachemgr("init", "--json").out)) == {".gitignore", "cachemgr.toml"}
    assert os.listdir(project / ".git") == []


def test_backups_are_told_of_what_can_be_had_again_alone(cachemgr: Program, project: Path) -> None:
    caches = '[[cache]]\nname = "tiktoken"\npath = "tik"\n[[cache]]\nname = "tmdb"\npath = "films"\n'
    tree(project, {"cachemgr.toml": caches})

    assert cachemgr("init").code == 0

    assert (project / "tik/CACHEDIR.TAG").read_bytes().startswith(SIGNATURE)
    assert os.listdir(project / "films") == []


def test_a_home_that_the_user_configured_is_not_taken_over(
    cachemgr: Program, project: Path, home: Path
) -> None:
    users = Path(cachemgr("config", "path").out.splitlines()[1].split(maxsplit=1)[1])
    tree(users.parent, {users.name: '[roots]\nhf_home = "/big/hf"\n'})

    made = states(cachemgr("init", "--json").out)

    assert ".cache/huggingface" not in made
    assert ".cache/torch" in made
    assert "/big/hf" in cachemgr("env", "--shell", "sh").out


def test_what_is_there_is_not_overwritten(cachemgr: Program, project: Path) -> None:
    own = {
        "cachemgr.toml": "# mine\n",
        ".gitignore": b"models\r\n.cache\r\n# mine",
        ".cache": {"torch": {"hub": {"x": "mine"}}},
    }
    tree(project, own)  # type: ignore[arg-type]
    before = fingerprint(project)

    assert states(cachemgr("init", "--dry-run", "--json").out)["cachemgr.toml"] == "present"
    cachemgr("init")

    after = fingerprint(project)
    assert {name: after[name] for name in before if name not in (".gitignore", ".")} == {
        name: facts for name, facts in before.items() if name not in (".gitignore", ".")
    }
    text = (project / ".gitignore").read_bytes()
    assert text.startswith(b"models\r\n.cache\r\n# mine\r\n\r\n# Caches\r\n")
    assert not (project / ".cache/CACHEDIR.TAG").exists()


def test_sources_are_not_hidden_from_git(cachemgr: Program, project: Path) -> None:
    tree(project, {"models": {"user.py": "class User: ...\n"}, "glossary/cache": {"terms.json": "{}"}})

    said = cachemgr("init", "--json")

    (git,) = [item for item in json.loads(said.out)["items"] if item["kind"] == "gitignore"]
    assert git["left_out"] == ["models/"]
    assert "models/" not in (project / ".gitignore").read_text().splitlines()
    assert "glossary/cache/" in git["lines"]


@posix
def test_modes_follow_the_umask(process: Program, project: Path) -> None:
    process("init", umask=0o027)

    mode = {path: stat.S_IMODE((project / path).stat().st_mode) for path in (".cache", "cachemgr.toml")}
    assert mode == {".cache": 0o750, "cachemgr.toml": 0o640}


def test_in_a_directory_of_a_project_it_is_the_project_that_is_set_up(
    cachemgr: Program, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(project, {"cachemgr.toml": '[roots]\ntorch_home = "torch"\n', "src": {}})
    monkeypatch.chdir(project / "src")

    outer = states(cachemgr("init", "--json", "--project", "..").out)
    monkeypatch.chdir(project / "src")
    assert os.listdir(project / "src") == []
    inner = states(cachemgr("init", "--json", "--project", ".").out)

    assert "torch" in outer
    assert ".cache/torch" in inner
    assert (project / "src" / "cachemgr.toml").exists()


@posix
def test_a_link_within_the_project_is_followed(cachemgr: Program, project: Path) -> None:
    tree(
        project,
        {"store": {}, ".cache": Link("store"), "git": {"ignore": "x\n"}, ".gitignore": Link("git/ignore")},
    )

    assert cachemgr("init").code == 0
    assert sorted(os.listdir(project / "store")) == ["huggingface", "torch"]
    assert "models/" in (project / "git/ignore").read_text()
    assert (project / ".gitignore").is_symlink()

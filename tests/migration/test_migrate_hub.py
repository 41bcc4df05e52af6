"""The whole way with huggingface_hub on both ends: what it wrote at home it finds in the project, offline."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import commit, tree
from tests.cli.conftest import Program
from tests.migration.ground import TOKEN, Ground, look, told

RESOLVE = """
import sys
from huggingface_hub import hf_hub_download, scan_cache_dir
for repo in scan_cache_dir().repos:
    for revision in repo.revisions:
        for file in revision.files:
            name = str(file.file_path.relative_to(revision.snapshot_path))
            print(hf_hub_download(repo.repo_id, name, revision=revision.commit_hash))
"""


def filled(home: Path, project: Path, repos: int, files: int) -> Ground:
    """That many repositories, each with so many files in two revisions that share half of them."""
    found = Ground(home, project)
    for repo in range(repos):
        name = f"org/m{repo}"
        shared = {f"part/{n}.bin": b"%d/%d" % (repo, n) for n in range(files // 4)}
        for label, refs in (("a", ()), ("b", ("main",))):
            own = {f"{label}{n}.json": b"%s%d/%d" % (label.encode(), repo, n) for n in range(files // 4)}
            found.hub.download(name, commit(f"{label}{repo}"), shared | own, refs=refs)
    found.token.write_text(TOKEN)
    tree(
        project,
        {"cachemgr.toml": "", "config/hardware_cache.json": '{"cache": {"hf_home": ".cache/huggingface"}}'},
    )
    return found


def story(found: Ground, cachemgr: Program, *more: str) -> None:
    before, whole = told(found.hub.scan()), look(found.home / ".cache")
    here = dict(os.environ)

    said = cachemgr("migrate", "huggingface-hub@home", "--yes", "--force", "in-use", *more)

    assert said.code == 0, said.out + said.err
    assert told(found.there.scan()) == before
    assert found.there.scan().warnings == []
    assert found.token.read_text() == TOKEN
    assert not list((found.project / ".cache").rglob("token"))
    line = next(line.strip() for line in said.out.splitlines() if line.strip().startswith("HF_HUB_CACHE="))
    # What it printed, evaluated by a shell.
    command = f'{line} HF_HUB_OFFLINE=1 exec "$0" -c "$1"'
    resolved = subprocess.run(
        ["sh", "-c", command, sys.executable, RESOLVE], capture_output=True, text=True, check=True, env=here
    ).stdout.split()
    files = [
        file for repo in found.there.scan().repos for revision in repo.revisions for file in revision.files
    ]
    assert len(resolved) == len(files)
    assert all(Path(name).is_relative_to(found.there.root) and Path(name).is_file() for name in resolved)

    assert cachemgr("undo", "--yes").code == 0
    assert look(found.home / ".cache") == whole
    assert not found.there.root.exists()


def test_the_tool_finds_everything_in_the_new_place(home: Path, project: Path, cachemgr: Program) -> None:
    story(filled(home, project, 4, 12), cachemgr)


@pytest.fixture
def far(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home on another file system than the project."""
    home = tree(elsewhere / "home", {})
    monkeypatch.setenv("HOME", str(home))
    return home


def test_the_tool_finds_everything_on_the_other_disk(far: Path, project: Path, cachemgr: Program) -> None:
    story(filled(far, project, 4, 12), cachemgr)


@pytest.mark.soak
@pytest.mark.parametrize("across", [False, True])
def test_the_tool_finds_all_of_300_repositories_and_20000_files(
    across: bool, home: Path, project: Path, cachemgr: Program, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue("far") if across else home
    story(filled(place, project, 300, 68), cachemgr)


@pytest.mark.parametrize("across", [False, True])
def test_what_nobody_recognises_in_a_repository_goes_along_and_is_said_to(
    across: bool, home: Path, project: Path, cachemgr: Program, request: pytest.FixtureRequest
) -> None:
    found = filled(request.getfixturevalue("far") if across else home, project, 2, 4)
    repository = found.hub.folder("org/m0")
    tree(repository, {"notes.txt": "mine"})
    tree(found.hub.root, {"stays.txt": "mine"})

    shown = cachemgr("migrate", "huggingface-hub@home", "--dry-run", "--json", "--force", "in-use")
    plan = json.loads(shown.out)
    said = cachemgr("migrate", "huggingface-hub@home", "--yes", "--force", "in-use")

    notes = str(repository / "notes.txt")
    assert [one["path"] for one in plan["exclusions"]] == [str(found.hub.root / "stays.txt")]
    assert [step["holds"] for step in plan["steps"] if "holds" in step] == [[notes]]
    assert said.code == 0
    assert said.out.count(notes) == 1
    assert "What is not recognised in a repository goes along: 1 path." in said.out
    assert (found.there.folder("org/m0") / "notes.txt").read_text() == "mine"
    assert (found.hub.root / "stays.txt").read_text() == "mine"

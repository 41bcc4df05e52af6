"""The sample that `cachemgr demo` shows: real layouts, always the same, and never anything outside."""

import hashlib
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from huggingface_hub import scan_cache_dir

from cachemgr.domain.errors import Refused
from cachemgr.execute.sample import MARKER, SampleHome, build, discard
from tests.builders import fingerprint, git_etag

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def sample(tmp_path: Path) -> SampleHome:
    return build(tmp_path / "sample", NOW)


def test_huggingface_hub_finds_nothing_wrong_with_the_sample(sample: SampleHome) -> None:
    info = scan_cache_dir(sample.home / ".cache" / "huggingface" / "hub")
    assert info.warnings == []
    assert len(info.repos) == 7
    revisions = [revision for repo in info.repos for revision in repo.revisions]
    assert len(revisions) == 9
    assert [revision.refs for revision in revisions].count(frozenset()) == 1
    assert len(info.incomplete_files) == 1


def test_every_blob_of_the_sample_is_called_what_it_is(sample: SampleHome) -> None:
    """So that a sample can be moved to another disk, where each is held against its name."""
    hub = sample.home / ".cache" / "huggingface" / "hub"
    blobs = [path for path in hub.rglob("*") if path.is_file() and not path.is_symlink()]
    large = [path for path in blobs if re.fullmatch("[0-9a-f]{64}", path.name)]
    # The rest of the large ones, 11 GB of holes, are as good as these: one way makes them all.
    small = [path for path in large if path.stat().st_size < 100 << 20]
    assert len(large) == 11
    assert len(small) >= 6
    assert [path.name for path in small if _sha256(path) != path.name] == []
    git = [path for path in blobs if re.fullmatch("[0-9a-f]{40}", path.name) and "blobs" in path.parts]
    assert len(git) > 5
    assert [path.name for path in git if git_etag(path.read_bytes()) != path.name] == []


@pytest.mark.soak
def test_the_largest_blobs_are_called_what_they_are_too(sample: SampleHome) -> None:
    hub = sample.home / ".cache" / "huggingface" / "hub"
    blobs = [path for path in hub.rglob("*") if re.fullmatch("[0-9a-f]{64}", path.name)]
    assert [path.name for path in blobs if _sha256(path) != path.name] == []


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no shared blobs without symbolic links")
def test_two_repositories_of_the_sample_share_a_blob(sample: SampleHome) -> None:
    info = scan_cache_dir(sample.home / ".cache" / "huggingface" / "hub")
    assert sum(repo.size_on_disk for repo in info.repos) > info.size_on_disk


def test_two_samples_have_the_same_names_modes_sizes_times_and_links(
    tmp_path: Path, sample: SampleHome
) -> None:
    again = build(tmp_path / "again", NOW)
    for one, other in ((sample.home, again.home), (sample.project, again.project)):
        assert _comparable(one) == _comparable(other)


def _comparable(path: Path) -> dict[str, tuple[int, int, int, str]]:
    """Everything but the content of holes, which takes minutes to read."""
    names = {}
    for top, folders, files in os.walk(path):
        for name in (*folders, *files):
            place = os.path.join(top, name)
            facts = os.lstat(place)
            text = os.readlink(place) if os.path.islink(place) else ""
            names[os.path.relpath(place, path)] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, text)
    return names


def test_it_looks_big_and_takes_a_few_megabytes(sample: SampleHome) -> None:
    apparent = taken = 0
    for top, _, files in os.walk(sample.directory):
        facts = [os.lstat(os.path.join(top, name)) for name in files]
        apparent += sum(fact.st_size for fact in facts)
        taken += sum(getattr(fact, "st_blocks", fact.st_size // 512) * 512 for fact in facts)
    assert taken < 12 << 20
    assert apparent > 20 << 30 or sys.platform == "win32"


def test_responses_are_there_in_both_key_forms_alive_and_expired(sample: SampleHome) -> None:
    records = sorted((sample.project / ".questfoundry" / "cache").glob("*/*.meta.json"))
    alive = [json.loads(record.read_text())["expires_at"] > NOW.timestamp() for record in records]
    assert any(alive)
    assert not all(alive)
    if os.name != "nt":
        assert any(record.name.startswith("cache:") for record in records)
    assert any(record.name[:2] == record.parent.name for record in records)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse names that are not text")
def test_some_names_are_hostile(sample: SampleHome) -> None:
    names = set(os.listdir(os.fsencode(sample.project / "out" / "tmdb_cache")))
    assert {b"[@click=app.quit]x", b"\x1b]0;x\x07", b"caf\xe9.json", b"["} <= names


def test_a_directory_that_holds_something_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    before = fingerprint(tmp_path)
    with pytest.raises(Refused):
        build(tmp_path, NOW)
    assert fingerprint(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_is_refused_and_nothing_is_written_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(Refused):
        build(tmp_path / "link", NOW)
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_directory_below_one_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        build(tmp_path / "nowhere" / "sample", NOW)


def test_only_the_three_directories_and_the_marker_are_made(sample: SampleHome) -> None:
    assert sorted(os.listdir(sample.directory)) == [MARKER, "home", "project", "temp"]


def test_discarding_leaves_nothing_of_it_and_everything_else(tmp_path: Path, sample: SampleHome) -> None:
    (tmp_path / "beside").write_text("mine")
    discard(sample)
    assert os.listdir(tmp_path) == ["beside"]
    discard(sample)


def test_a_directory_without_the_marker_is_not_discarded(tmp_path: Path, sample: SampleHome) -> None:
    (sample.directory / MARKER).write_text("somebody else's words")
    before = sorted(os.listdir(sample.home))
    with pytest.raises(Refused, match="was not made by"):
        discard(sample)
    (sample.directory / MARKER).unlink()
    with pytest.raises(Refused, match="was not made by"):
        discard(sample)
    assert sorted(os.listdir(sample.home)) == before


def test_a_file_that_somebody_put_beside_the_sample_stays(sample: SampleHome) -> None:
    (sample.directory / "notes.txt").write_text("mine")
    with pytest.raises(Refused):
        discard(sample)
    assert os.listdir(sample.directory) == ["notes.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_discarding_follows_no_link(tmp_path: Path, sample: SampleHome) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "keep").write_text("mine")
    (sample.home / "out").symlink_to(tmp_path / "elsewhere")
    sample.directory.rename(tmp_path / "moved")
    sample.directory.symlink_to("moved")
    with pytest.raises(Refused):
        discard(sample)
    assert (tmp_path / "moved" / "home").is_dir()
    discard(SampleHome(tmp_path / "moved", tmp_path / "moved" / "home", tmp_path / "moved" / "project"))
    assert (tmp_path / "elsewhere" / "keep").read_text() == "mine"

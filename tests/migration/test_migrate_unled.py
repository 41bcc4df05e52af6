"""A place that a tool would not find is told before the question, with one near it that it would."""

from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from tests.builders import tree
from tests.cli.conftest import Program


@pytest.fixture
def torch(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TORCH_HOME", raising=False)
    return tree(home, {".cache/torch/hub/checkpoints/a.pth": b"a", ".cache/whisper/base.pt": b"b"})


@pytest.mark.parametrize("how", [("--dry-run",), (), ("--yes", "--force", "in-use")])
def test_where_no_variable_leads_is_said_with_a_place_where_one_would(
    how: tuple[str, ...], torch: Path, cachemgr: Program, tmp_path: Path
) -> None:
    place = tmp_path / "torch"

    said = cachemgr("migrate", "torch-hub@home", "--to", str(place), *how)

    sentence = f"No variable leads torch-hub to {place}; TORCH_HOME can lead it to {place / 'hub'}.\n"
    assert said.out.count(sentence) == 1


def test_where_a_variable_leads_nothing_is_said(torch: Path, cachemgr: Program, tmp_path: Path) -> None:
    said = cachemgr("migrate", "torch-hub@home", "--to", str(tmp_path / "torch" / "hub"), "--dry-run")

    assert "Migrate: 1 entry" in said.out
    assert "No variable leads" not in said.out


def test_a_tool_without_a_variable_has_to_be_told(torch: Path, cachemgr: Program, tmp_path: Path) -> None:
    place = tmp_path / "whisper"

    said = cachemgr("migrate", "openai-whisper@home", "--to", str(place), "--dry-run")

    assert f"No variable leads openai-whisper to {place}; its own configuration has to.\n" in said.out


def test_where_responses_go_is_told_with_the_variable_and_the_file_that_says_otherwise(
    torch: Path, cachemgr: Program, project: Path, tmp_path: Path
) -> None:
    with open_cache({"cache_dir": str(project / ".questfoundry" / "cache")}) as cache:
        cache.set("key", "x")
    (project / ".questfoundry" / "config.yml").write_text("caching:\n  cache_dir: .questfoundry/cache\n")
    place = tmp_path / "elsewhere"

    said = cachemgr("migrate", "responses", "--to", str(place), "--dry-run").out

    assert f"CACHEMGR_CACHING__CACHE_DIR={place} leads programs there; `cache_dir` in " in said
    assert "config.yml names another place" in said
    assert "No variable leads" not in said

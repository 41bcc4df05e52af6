"""A plan that cannot be applied is refused before it is shown, with or without `--dry-run`."""

import json
from pathlib import Path

import pytest

from cachemgr.journal.codec import digest
from tests.cli.conftest import Program, Said

DRY_OR_NOT = pytest.mark.parametrize("how", [("--dry-run",), ("--yes",), ("--yes", "--json")])


def refused(said: Said, why: str) -> None:
    assert said.code == 4
    assert why in said.err
    assert "delete" not in said.out
    assert "set aside" not in said.out


@DRY_OR_NOT
def test_an_old_plan(how: tuple[str, ...], cachemgr: Program, caches: Path) -> None:
    cachemgr("clear", "tmdb", "--plan", "plan.json")
    file = caches / "plan.json"
    document = json.loads(file.read_text())
    document["created_at"], document["expires_at"] = "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z"
    file.write_text(json.dumps({**document, "digest": digest(document)}))

    refused(cachemgr("apply", "plan.json", *how), "more than 15 minutes old")


@DRY_OR_NOT
def test_a_plan_that_was_carried_out(how: tuple[str, ...], cachemgr: Program, caches: Path) -> None:
    cachemgr("clear", "tmdb", "--plan", "plan.json")
    cachemgr("apply", "plan.json", "--yes")

    refused(cachemgr("apply", "plan.json", *how), "was carried out already, by run ")


@DRY_OR_NOT
@pytest.mark.parametrize("what", ["clear", "purge"])
def test_a_plan_for_another_home(
    what: str, how: tuple[str, ...], cachemgr: Program, caches: Path, tmp_path: Path
) -> None:
    if what == "purge":
        cachemgr("clear", "torch-hub", "--quarantine", "--yes")
    cachemgr(*(("clear", "torch-hub") if what == "clear" else ("purge",)), "--plan", "plan.json")

    said = cachemgr("--home", str(tmp_path), "apply", "plan.json", *how)

    refused(said, "give the --home, --project and --config that it was made with")
    assert cachemgr("--home", str(tmp_path), "history").out == "Nothing was done yet.\n"


@DRY_OR_NOT
def test_a_plan_for_a_cache_that_is_another_one_now(
    how: tuple[str, ...], cachemgr: Program, caches: Path
) -> None:
    cachemgr("clear", "tmdb", "--plan", "plan.json")
    (caches / "out" / "tmdb").rename(caches / "out" / "was")
    (caches / "out" / "tmdb").mkdir()

    refused(cachemgr("apply", "plan.json", *how), "which was replaced")

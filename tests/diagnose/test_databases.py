"""What databases of answers say of themselves reaches a person; those among other files are left alone."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cachemgr.domain.inventory import Finding
from cachemgr.present.text import finding_sentence
from cachemgr.service import CacheManager
from tests.builders import fingerprint
from tests.databases import gptcache, http, langchain
from tests.managers import carry_out, manager


def findings(service: CacheManager) -> dict[str, Finding]:
    return {finding.code: finding for finding in service.inventory().findings}


def test_expired_rows_are_reported_and_left_to_their_owner(home: Path, project: Path) -> None:
    http(home / "http" / "http_cache", [timedelta(hours=1), timedelta(hours=-1), None])
    service = manager(home, project, roots={"requests-cache": home / "http"})

    found = findings(service)["expired-rows"]

    assert (found.detail, found.fix) == ("1 of 3", ())
    assert (found.size or 0) > 100
    assert finding_sentence(found, home, project) == (
        f"{Path('~/http/http_cache.sqlite')}: 1 of 3 rows are expired; only requests-cache can take them out"
    )


def test_a_registered_database_is_cleared_as_a_whole(home: Path, project: Path) -> None:
    langchain(home / "llm" / "a.db", [("p", "l", 0, "r")])
    (home / "llm" / "notes.txt").write_text("mine")
    service = manager(home, project, roots={"langchain": home / "llm"})
    inventory = service.inventory()
    ids = {entry.id for entry in inventory.entries}

    outcomes = carry_out(service, service.plan_clear(inventory, ids))

    assert ids == {"langchain@custom:a.db"}
    assert len(outcomes) == 1
    assert [path.name for path in (home / "llm").iterdir()] != []
    assert not (home / "llm" / "a.db").exists()
    assert (home / "llm" / "notes.txt").exists()


def test_a_database_among_a_projects_files_is_named_and_never_an_entry(home: Path, project: Path) -> None:
    langchain(project / ".langchain.db", [("p", "l", 0, "r")])
    gptcache(project / "sqlite.db", [("q", b"", "a", True)])
    http(home / ".cache" / "http_cache", [])
    (project / "http_cache.sqlite").write_bytes(b"mine")
    before = fingerprint(project)

    inventory = manager(home, project).inventory()

    loose = {
        finding.type: finding_sentence(finding, home, project)
        for finding in inventory.findings
        if finding.code == "loose-database"
    }
    assert set(loose) == {"LangChain", "GPTCache", "requests-cache"}
    assert loose["GPTCache"] == (
        "sqlite.db holds answers that GPTCache keeps (1 rows, 1 of them expired); it lies among other files,"
        " so it is never cleared"
    )
    assert inventory.entries == ()
    assert fingerprint(project) == before


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a right there")
def test_a_directory_that_is_a_link_to_itself_holds_none(home: Path, project: Path) -> None:
    for name in (".cache", "Library"):
        (home / name).symlink_to(name)
    findings = manager(home, project).inventory().findings
    assert {finding.code for finding in findings} == {"unavailable-root"}

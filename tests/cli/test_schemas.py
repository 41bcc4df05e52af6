"""Every document that a command prints is what its shipped schema says, in ASCII, as one document."""

import json
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from cachemgr.cli.commands.config import SCHEMAS
from tests.builders import commit
from tests.caches import HubOnDisk
from tests.cli.conftest import Program, Said

Document = dict[str, Any]


def schema(name: str) -> Document:
    text = files("cachemgr.present").joinpath("schemas", f"{name}.json").read_text(encoding="ascii")
    document: Document = json.loads(text)
    return document


def valid(said: str, name: str) -> Document:
    """The document, after it was held against the schema it names."""
    assert said.isascii()
    assert not [char for char in said if ord(char) < 32 and char != "\n"]
    document: Document = json.loads(said)
    assert document["schema"] == f"cachemgr.{name}/1"
    errors = list(Draft202012Validator(schema(name)).iter_errors(document))
    assert not errors, "\n".join(f"{list(error.path)}: {error.message}" for error in errors[:5])
    return document


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema_and_the_command_prints_it(name: str, cachemgr: Program) -> None:
    Draft202012Validator.check_schema(schema(name))

    assert json.loads(cachemgr("config", "schema", name).out) == schema(name)
    assert cachemgr("config", "schema", f"cachemgr.{name}/1").code == 0


def test_the_schemas_that_ship_are_the_ones_that_are_listed(cachemgr: Program) -> None:
    shipped = {
        entry.name.removesuffix(".json") for entry in files("cachemgr.present").joinpath("schemas").iterdir()
    }

    assert shipped == set(SCHEMAS)
    assert cachemgr("config", "schema").out.split() == list(SCHEMAS)


def test_a_schema_refuses_a_document_with_a_missing_or_a_mistyped_field(
    cachemgr: Program, caches: Path
) -> None:
    document = valid(cachemgr("status", "--json").out, "status")
    broken = [document | {"complete": "yes"}, {key: document[key] for key in document if key != "totals"}]

    assert not any(Draft202012Validator(schema("status")).is_valid(wrong) for wrong in broken)


def test_status_names_every_root_with_its_sizes(cachemgr: Program, caches: Path) -> None:
    document = valid(cachemgr("status", "--json").out, "status")

    found = {cache["id"]: cache for cache in document["caches"]}
    assert {"tmdb@project", "torch-hub@home"} <= set(found)
    assert found["tmdb@project"]["path"] == str(caches / "out" / "tmdb")
    assert found["tmdb@project"]["origin"]["source"] == "config/hardware_cache.json"
    assert found["tmdb@project"]["files"] == 3
    assert document["totals"]["files"] == 4
    assert document["machine"]["project"] == str(caches)


def test_of_a_part_the_totals_are_those_of_the_part(cachemgr: Program, caches: Path) -> None:
    document = valid(cachemgr("status", "apps", "--json").out, "status")

    (tmdb,) = document["caches"]
    assert document["totals"]["size_bytes"] == tmdb["size_bytes"]
    assert document["totals"]["reclaimable_bytes"] == tmdb["reclaimable_bytes"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_path_that_is_no_text_carries_its_bytes(cachemgr: Program, caches: Path) -> None:
    odd = os.fsencode(caches / "out" / "tmdb") + b"/caf\xe9.json"
    Path(os.fsdecode(odd)).write_text("{}")

    document = valid(cachemgr("ls", "tmdb", "--json").out, "entries")

    (entry,) = [entry for entry in document["entries"] if "caf" in entry["name"]]
    assert entry["name"] == "caf\\xe9.json"
    assert entry["path"].endswith("caf\\xe9.json")
    import base64

    assert base64.b64decode(entry["path_b64"]) == odd
    plan = valid(cachemgr("clear", entry["id"], "--dry-run", "--json").out, "plan")
    assert plan["totals"]["steps"] == 1


def test_a_hub_repository_has_the_totals_that_its_own_library_gives(cachemgr: Program, home: Path) -> None:
    hub = HubOnDisk(home / ".cache" / "huggingface" / "hub")
    shared = b"\x07" * 50_000
    for revision in ("one", "two"):
        content = {"model.bin": shared, "config.json": revision.encode() * 99}
        hub.download("org/model", commit(revision), content)

    document = valid(cachemgr("ls", "huggingface-hub", "--json").out, "entries")

    (repo,) = hub.scan().repos
    (group,) = document["groups"]
    assert (group["entries"], group["apparent_bytes"]) == (2, repo.size_on_disk)
    assert cachemgr("ls", group["id"], "--quiet").out.splitlines() == [e["id"] for e in document["entries"]]
    sizes = {revision.commit_hash[:7]: revision.size_on_disk for revision in repo.revisions}
    assert {e["name"].split("@")[1]: e["apparent_bytes"] for e in document["entries"]} == sizes


def test_plan_result_and_history_tell_one_story(cachemgr: Program, caches: Path) -> None:
    plan = valid(cachemgr("clear", "all", "--dry-run", "--json").out, "plan")
    result = valid(cachemgr("clear", "all", "--yes", "--json").out, "result")
    (run,) = valid(cachemgr("history", "--json").out, "history")["runs"]
    (detail,) = valid(cachemgr("history", result["run"], "--json").out, "history")["runs"]

    assert len(plan["steps"]) == len(result["outcomes"]) == len(detail["outcomes"])
    assert result["totals"]["done"] == len(plan["steps"])
    assert result["totals"]["freed_bytes"] == plan["totals"]["frees_bytes"]
    assert (
        result["totals"]["quarantined_bytes"] == plan["totals"]["quarantined_bytes"] == run["waiting_bytes"]
    )
    assert result["undo"] == run["undo"] == ["cachemgr", "undo", run["id"]]


def test_events_are_one_object_a_line_in_order(cachemgr: Program, caches: Path) -> None:
    lines = cachemgr("clear", "all", "--yes", "--events").out.splitlines()

    events = [valid(line, "event") for line in lines]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert (events[0]["event"], events[-1]["event"]) == ("run-started", "run-finished")


@pytest.mark.parametrize(
    ("more", "name"),
    [
        (("--where", "size>900TB", "--yes"), "result"),
        (("--plan", "-"), "plan"),
        (("--plan", "p.json"), "plan"),
    ],
    ids=["nothing to do", "plan", "plan file"],
)
def test_with_events_a_document_is_one_line_as_well(
    more: tuple[str, ...], name: str, cachemgr: Program, caches: Path
) -> None:
    said = cachemgr("clear", "tmdb", "--events", *more)

    assert (said.code, said.out.count("\n")) == (0, 1)
    valid(said.out, name)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(("types",), "types"), (("types", "pip"), "types"), (("config", "show"), "config")],
)
def test_the_other_documents_hold_what_is_known_and_configured(
    arguments: tuple[str, ...], name: str, cachemgr: Program, caches: Path
) -> None:
    valid(cachemgr(*arguments, "--json").out, name)


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (("status", "nothing-of-the-kind"), 3, "unknown-target"),
        (("ls", "--where", "sise>3"), 2, "query"),
        (("clear",), 2, "usage"),
        (("clear", "tmdb"), 7, "needs-confirmation"),
        (("clear", "tmdb", "--yes", "--read-only"), 4, "refused"),
        (("undo",), 3, "unknown-target"),
    ],
)
def test_an_error_is_a_sentence_for_people_and_a_document_for_programs(
    arguments: tuple[str, ...], code: int, kind: str, cachemgr: Program, caches: Path
) -> None:
    plain, said = cachemgr(*arguments), cachemgr(*arguments, "--json")

    document = valid(said.out, "error")
    assert (plain.code, said.code, document["code"], document["kind"]) == (code, code, code, kind)
    assert plain.err.startswith("cachemgr: ")
    assert plain.err.count("\n") == 1
    assert document["message"] in said.err
    assert "Traceback" not in plain.err + said.err


def test_an_unconfirmed_action_hands_out_its_plan_and_the_command_that_does_it(
    cachemgr: Program, caches: Path
) -> None:
    document = valid(cachemgr("clear", "tmdb", "--json").out, "error")

    valid(json.dumps(document["plan"]), "plan")
    again: Said = cachemgr(*document["command"][1:])
    assert valid(again.out, "result")["totals"]["done"] == 3

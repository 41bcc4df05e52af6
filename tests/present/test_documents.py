"""Figures in documents: what is inside another cache, or shared, is counted once."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.terms import CacheState, Category
from cachemgr.domain.unit import Linked, Tally
from cachemgr.present.document.entries import entries_document
from cachemgr.present.document.status import status_document
from cachemgr.present.document.values import encode, time
from tests.values import NOW, ago, cache, entry, inventory, unit

Document = dict[str, Any]
MACHINE = Machine(Platform.LINUX, Path("/home/ada"), {}, Path("/home/ada"))


def test_a_cache_inside_another_counts_in_the_inner_one_only() -> None:
    outer = cache("hub@home", category=Category.MODELS, tally=Tally(size=100, apparent=90, files=10))
    inner = cache("tmdb@project", inside="hub@home", tally=Tally(size=30, apparent=20, files=3))

    document: Document = status_document(inventory([outer, inner]), {}, MACHINE, None)

    sizes = {c["id"]: (c["size_bytes"], c["own_bytes"]) for c in document["caches"]}
    assert sizes == {"hub@home": (100, 70), "tmdb@project": (30, 30)}
    groups = {c["id"]: (c["size_bytes"], c["files"]) for c in document["categories"]}
    assert groups == {"models": (70, 7), "apps": (30, 3)}
    assert document["totals"]["size_bytes"] == 100


def test_an_inode_in_two_caches_counts_once_in_their_category_and_in_all() -> None:
    linked = {(1, 7): Linked(40, 40, 2, 1)}
    one = cache("a@home", tally=Tally(size=50, apparent=50, linked=linked))
    two = cache("b@home", tally=Tally(size=60, apparent=60, linked=linked))

    document: Document = status_document(inventory([one, two]), {}, MACHINE, None)

    (category,) = document["categories"]
    assert (category["size_bytes"], document["totals"]["size_bytes"]) == (70, 70)


def test_what_could_not_be_measured_is_null_and_not_zero() -> None:
    lost = cache("a@home", state=CacheState.UNAVAILABLE)

    document: Document = status_document(inventory([lost]), {}, MACHINE, None)

    (found,) = document["caches"]
    unknown = (
        "size_bytes",
        "own_bytes",
        "apparent_bytes",
        "reclaimable_bytes",
        "files",
        "newest",
        "last_used",
    )
    assert {found[key] for key in unknown} == {None}
    assert document["complete"] is False


def test_expired_entries_are_counted_only_where_entries_have_an_end() -> None:
    over = entry("a", cache="llm@project", expires=ago(days=1))
    fresh = entry("b", cache="llm@project", expires=ago(days=-1))
    held = inventory([], [over, fresh, entry("c")])

    document: Document = status_document(held, {}, MACHINE, None)

    expired = {c["id"]: c["expired_entries"] for c in document["caches"]}
    assert expired == {"llm@project": 1, "tmdb@project": None}


def test_a_group_counts_what_its_entries_share_once() -> None:
    shared = unit("blobs", "big", size=1000)
    one = entry("m@1", shared, unit("blobs", "a", size=10), pointers=(unit("refs", "a", size=4),), group="m")
    two = entry("m@2", shared, pointers=(unit("snapshots", "b", size=4),), group="m")

    document: Document = entries_document(inventory([], [one, two]), (one, two))

    (group,) = document["groups"]
    assert (group["entries"], group["size_bytes"], group["apparent_bytes"]) == (2, 1018, 1010)
    assert document["totals"]["size_bytes"] == 1018
    assert [e["exclusive_bytes"] for e in document["entries"]] == [14, 4]


def test_a_document_is_printable_ascii_whatever_is_in_it() -> None:
    text = encode({"name": "\x7f\x1b]0;x\x07\u202e日\udcff"})

    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert json.loads(text)["name"] == "\x7f\x1b]0;x\x07\u202e日\udcff"


def test_times_are_utc_to_the_second() -> None:
    assert time(NOW) == "2026-11-20T15:00:00Z"
    assert time(NOW.replace(year=1)) == "0001-11-20T15:00:00Z"


def test_an_inventory_without_its_inner_caches_is_never_negative() -> None:
    outer = cache("hub@home", tally=Tally(size=10))
    inner = cache("tmdb@project", inside="hub@home", tally=Tally(size=30))
    held = inventory([outer, inner])

    assert held.own(outer).size == 0
    assert held.own(replace(outer, tally=None)) == Tally()

"""A plan as a document: exact to the last byte of a name, and refused when it is not exactly one."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachemgr.domain.action import Action, Close, Purge, Remake, Remove, Restore, Resumed, Settle, Tidy
from cachemgr.domain.errors import UsageError
from cachemgr.domain.plan import Exclusion, Plan, Root, Step
from cachemgr.domain.terms import Disposal, Intent, Reason, Rebuild
from cachemgr.domain.unit import Content, Identity, Kind
from cachemgr.journal.codec import digest, encode
from cachemgr.journal.decode import decode

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TOP = Identity(2**40, 2**63 + 1, Kind.DIRECTORY, 4096, -1)


def name_from(raw: bytes) -> str | None:
    """A file name of these bytes; None where a file cannot be called so."""
    if not raw or b"/" in raw or b"\0" in raw or raw in (b".", b".."):
        return None
    return os.fsdecode(raw)


names = (
    (
        st.binary(min_size=1, max_size=40)
        | st.text(min_size=1, max_size=20).map(lambda t: t.encode("utf-8", "ignore"))
    )
    .map(name_from)
    .filter(lambda name: name is not None)
)
trails = st.lists(names, min_size=1, max_size=4).map(lambda parts: tuple(map(str, parts)))
numbers = st.integers(-(2**63), 2**70)
identities = st.builds(Identity, numbers, numbers, st.sampled_from(Kind), numbers, numbers)
resumed = st.builds(Resumed, st.just("20261120-150000-0badf00d"), st.integers(0, 99), st.booleans())
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Remove, trails, st.sampled_from(Disposal), trails | st.just(()), st.none() | resumed),
    st.builds(Tidy, trails, st.lists(trails, max_size=3).map(tuple)),
    st.builds(Restore, st.just("20261120-150000-0badf00d"), st.integers(0, 99), trails),
    st.builds(Remake, trails, st.integers(0, 0o7777), st.booleans()),
    st.builds(Close, st.just("20261120-150000-0badf00d")),
    st.builds(Settle, trails | st.just(()), numbers, numbers, numbers | st.none()),
    st.builds(Purge, st.just("20261120-150000-0badf00d")),
)
steps = st.builds(
    Step,
    actions,
    st.just("box@custom"),
    st.none() | st.text(st.characters(codec="utf-8"), max_size=10),
    st.none() | identities,
    st.integers(0, 2**60),
    st.integers(0, 2**60),
    st.lists(st.integers(0, 9), max_size=3).map(tuple),
    st.none() | st.sampled_from(Rebuild),
    st.none()
    | st.builds(
        Content,
        st.integers(0, 9),
        st.integers(0, 2**60),
        st.none() | st.integers(),
        st.none() | st.integers(0, 2**64 - 1),
    ),
)


def plan(*found: Step, path: str = "/home/ada/.cache/box") -> Plan:
    root = Root("box@custom", "box", Path(path), TOP, third_party=True)
    return Plan(
        "p-0badf00d",
        Intent.CLEAR,
        NOW,
        NOW + timedelta(minutes=15),
        (root,),
        tuple(found),
        (),
        ("all",),
        NOW,
        None,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="names there are text")
@given(found=st.lists(steps, max_size=4), root=trails)
def test_every_plan_comes_back_as_it_was(found: list[Step], root: tuple[str, ...]) -> None:
    before = plan(*found, path="/" + "/".join(root))
    document = json.dumps(encode(before), ensure_ascii=True).encode("ascii")
    assert decode(document) == before


def test_an_exclusion_comes_back() -> None:
    exclusion = Exclusion(Reason.SHARED, "box@custom", "box@custom:a", Path("/x/caf\udce9"), 4096, "other")
    before = replace(plan(), exclusions=(exclusion,))
    assert decode(json.dumps(encode(before)).encode()).exclusions == (exclusion,)


def document(
    change: Callable[[dict[str, Any]], object] = lambda document: None, *, sign: bool = True
) -> bytes:
    made: dict[str, Any] = json.loads(
        json.dumps(encode(plan(Step(Remove(("a",), Disposal.DELETE), "box@custom", None, TOP))))
    )
    change(made)
    if sign:
        made["digest"] = digest(made)
    return json.dumps(made).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made["steps"][0].update(path="/home/ada/.cache/box/b"),
        lambda made: made.update(expires_at="2099-01-01T00:00:00Z"),
        lambda made: made["steps"].clear(),
        lambda made: made.update(more="than there was"),
        lambda made: made.pop("targets"),
    ],
)
def test_a_plan_that_was_edited_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(UsageError, match="digest differs"):
        decode(document(change, sign=False))


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made["steps"][0].update(path="/home/ada/.ssh"),
        lambda made: made["steps"][0].update(path="/home/ada/.cache/box"),
        lambda made: made["steps"][0].update(path="a"),
        lambda made: made["steps"][0].update(path=None),
        lambda made: made["steps"][0].update(path_b64="%%%"),
        lambda made: made["steps"][0].update(cache="another@home"),
        lambda made: made["steps"][0].update(action="run"),
        lambda made: made["steps"][0].update(size_bytes=True),
        lambda made: made["steps"][0].update(needs=["0"]),
        lambda made: made["steps"][0].update(lock=[1]),
        lambda made: made["steps"][0].update(seen={"entries": 1}),
        lambda made: made["steps"][0].update(identity={"dev": 1}),
        lambda made: made["steps"][0].pop("identity"),
        lambda made: made["roots"][0].update(path="box"),
        lambda made: made["roots"][0].update(identity=None),
        lambda made: made["roots"].append(made["roots"][0]),
        lambda made: made.update(roots={}),
        lambda made: made.update(intent="format"),
        lambda made: made.update(created_at=0),
        lambda made: made.update(expires_at="soon"),
        lambda made: made.pop("steps"),
        lambda made: made.update(schema="cachemgr.plan/2"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_sentence(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(UsageError) as refusal:
        decode(document(change))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe", b"[]", b"null", b"{}", b'{"schema":' * 2000, b"[" * 200_000, b'{"schema": 1e999}'],
)
def test_what_is_no_document_is_refused(text: bytes) -> None:
    with pytest.raises(UsageError):
        decode(text)


def test_what_is_shown_of_a_hostile_name_is_harmless_and_its_bytes_are_beside_it() -> None:
    made = encode(plan(Step(Remove(("\x1b]0;x\x07",), Disposal.DELETE), "box@custom", None, TOP)))
    text = json.dumps(made)
    assert "\\u001b" not in text
    assert "path_b64" in text

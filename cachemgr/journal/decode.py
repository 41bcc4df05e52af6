"""Plan documents read back, strictly: what is not exactly a plan is refused with the place of the fault."""

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from cachemgr.domain.action import Action, Close, Purge, Remake, Remove, Restore, Settle, Tidy
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import UsageError
from cachemgr.domain.plan import Exclusion, Plan, Root, Step
from cachemgr.domain.terms import Disposal, Intent, Reason, Rebuild, Rule
from cachemgr.domain.unit import Content, Identity, Kind
from cachemgr.journal import expiries, relocations
from cachemgr.journal.codec import PLAN, digest
from cachemgr.journal.relocations import resumed
from cachemgr.journal.values import number, text

Names = tuple[str, ...]
_LIMIT = 512 * 1024 * 1024


def decode(text: bytes) -> Plan:
    """A plan from its document. Raises UsageError."""
    if len(text) > _LIMIT:
        raise UsageError("the plan file is too large to be one")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the plan file is not JSON: {display_name(str(error))}") from error
    if not isinstance(document, dict) or document.get("schema") != PLAN:
        raise UsageError(f"the file is not a {PLAN} document; write one with --plan FILE")
    if document.get("digest") != digest(document):
        raise UsageError("the plan file was changed after it was written (its digest differs); plan again")
    return from_document(document)


def from_document(document: dict[str, Any]) -> Plan:
    """A plan from a document whose digest is right. Raises UsageError naming the faulty key."""
    try:
        roots = tuple(_root(item) for item in document["roots"])
        paths = {root.cache: root.path for root in roots}
        if len(paths) != len(roots):
            raise ValueError("roots")
        keep = document.get("keep_until")
        return Plan(
            id=str(document["id"]),
            intent=Intent(document["intent"]),
            created_at=moment(document["created_at"]),
            expires_at=moment(document["expires_at"]),
            roots=roots,
            steps=tuple(_step(item, paths) for item in document["steps"]),
            exclusions=tuple(_exclusion(item) for item in document["exclusions"]),
            targets=tuple(str(item) for item in document.get("targets", ())),
            keep_until=None if keep is None else moment(keep),
            reverses=document.get("reverses"),
            forced=tuple(Rule(item) for item in document.get("forced", ())),
            unseen=number(document.get("unseen_processes", 0)),
            expiry=expiries.decode(document.get("expiry")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fault = display_name(str(error))
        raise UsageError(f"the plan file cannot be understood at {fault}; plan again") from error


def moment(value: str) -> datetime:
    """A time as the documents write it. Raises ValueError."""
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def identity(value: Any) -> Identity | None:
    if value is None:
        return None
    numbers = [number(value[key]) for key in ("dev", "ino", "size", "mtime_ns")]
    return Identity(numbers[0], numbers[1], Kind(value["type"]), numbers[2], numbers[3])


def _path(item: dict[str, Any]) -> Path:
    if "path_b64" in item:
        return Path(os.fsdecode(base64.b64decode(item["path_b64"], validate=True)))
    return Path(item["path"])


def _names(item: dict[str, Any], root: Path) -> Names:
    """The names below the root. A path that is not below it, or climbs, has none. Raises ValueError."""
    below = PurePath(_path(item)).relative_to(root).parts
    if not below and item["action"] not in ("settle", *relocations.NAMELESS):
        raise ValueError(f"step {item['n']}: path")
    return below


def _root(item: dict[str, Any]) -> Root:
    found = identity(item["identity"])
    path = _path(item)
    if found is None or not path.is_absolute():
        raise ValueError("roots")
    below, own = (tuple(text(name) for name in item.get(key, ())) for key in ("below", "own"))
    if any(name in ("", ".", "..") or "/" in name for name in (*below, *own)):
        raise ValueError("roots")
    third_party = item["third_party"] is True
    return Root(str(item["cache"]), str(item["type"]), path, found, third_party, below, own)


def _step(item: dict[str, Any], roots: dict[str, Path]) -> Step:
    root = roots[item["cache"]]
    entry, rebuild = item.get("entry"), item.get("rebuild")
    return Step(
        action=_action(item, root),
        cache=str(item["cache"]),
        entry=None if entry is None else str(entry),
        identity=identity(item["identity"]),
        size=number(item["size_bytes"]),
        frees=number(item["frees_bytes"]),
        needs=tuple(number(need) for need in item["needs"]),
        rebuild=None if rebuild is None else Rebuild(rebuild),
        seen=_content(item.get("seen")),
        holds=tuple(str(entry) for entry in item.get("holds", ())),
        digest=str(item.get("digest", "")),
        because=str(item.get("because", "")),
    )


def _content(value: Any) -> Content | None:
    if value is None:
        return None
    newest, checksum = value["newest"], value.get("checksum")
    counts = [number(value[key]) for key in ("entries", "apparent")]
    optional = [None if found is None else number(found) for found in (newest, checksum)]
    return Content(counts[0], counts[1], *optional)


def _action(item: dict[str, Any], root: Path) -> Action:
    match item["action"]:
        case "tidy":
            alone = tuple(tuple(text(name) for name in names) for names in item["alone"])
            return Tidy(_names(item, root), alone)
        case "restore":
            step, trashed = number(item["number"]), item.get("trashed") is True
            return Restore(str(item["run"]), step, _names(item, root), trashed)
        case "remake":
            return Remake(_names(item, root), number(item["mode"]), item.get("begun") is True)
        case "settle":
            left = item["left_ns"]
            return Settle(
                _names(item, root),
                number(item["accessed_ns"]),
                number(item["modified_ns"]),
                None if left is None else number(left),
            )
        case "purge":
            units = tuple(tuple(number(field) for field in unit) for unit in item["held"])
            return Purge(str(item["run"]), tuple((step, dev, ino) for step, dev, ino in units))
        case "close":
            return Close(str(item["run"]))
        case kind if kind in relocations.KINDS:
            return relocations.decode(item, _names(item, root))
        case disposal:
            lock = tuple(text(name) for name in item["lock"])
            return Remove(_names(item, root), Disposal(disposal), lock, resumed(item.get("resumes")))


def _exclusion(item: dict[str, Any]) -> Exclusion:
    entry, size = item.get("entry"), item.get("size_bytes")
    return Exclusion(
        reason=Reason(item["reason"]),
        cache=str(item["cache"]),
        entry=None if entry is None else str(entry),
        path=None if item.get("path") is None else _path(item),
        size=None if size is None else number(size),
        detail=str(item.get("detail", "")),
    )

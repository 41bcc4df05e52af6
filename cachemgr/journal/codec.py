"""Plans as JSON documents (`cachemgr.plan/1`) and back, exact to the last byte of a name."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cachemgr.domain.action import Action, Close, Purge, Remake, Remove, Restore, Settle, Tidy
from cachemgr.domain.display import display_name
from cachemgr.domain.plan import Exclusion, Plan, Root, Step
from cachemgr.domain.unit import Identity
from cachemgr.journal import expiries, relocations
from cachemgr.journal.relocations import again
from cachemgr.journal.values import Document, exact, is_text

Names = tuple[str, ...]

PLAN = "cachemgr.plan/1"


def encode(plan: Plan) -> Document:
    """The plan's document, with a digest over everything else in it."""
    document: Document = {
        "schema": PLAN,
        "id": plan.id,
        "intent": plan.intent,
        "created_at": timestamp(plan.created_at),
        "expires_at": timestamp(plan.expires_at),
        "targets": [_shown(target) for target in plan.targets],
        "keep_until": None if plan.keep_until is None else timestamp(plan.keep_until),
        "reverses": plan.reverses,
        "forced": list(plan.forced),
        "unseen_processes": plan.unseen,
        **({} if plan.expiry is None else {"expiry": expiries.encode(plan.expiry)}),
        "roots": [_root(root) for root in plan.roots],
        "steps": [_step(number, step, plan.root(step.cache).path) for number, step in enumerate(plan.steps)],
        "exclusions": [_exclusion(exclusion) for exclusion in plan.exclusions],
        "totals": {
            "steps": len(plan.steps),
            "frees_bytes": plan.frees,
            "quarantined_bytes": plan.quarantined,
            "trashed_bytes": plan.trashed,
        },
    }
    document["digest"] = digest(document)
    return document


def digest(document: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON of everything but the digest itself."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def timestamp(instant: datetime) -> str:
    """UTC, to the second: `2026-11-20T15:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def place(path: Path | None, key: str = "path") -> Document:
    """A path as printable text, with its bytes beside it when they are not that text."""
    if path is None:
        return {key: None}
    text = str(path)
    shown = display_name(text)
    if shown == text and is_text(text):
        return {key: text}
    return {key: shown, f"{key}_b64": base64.b64encode(os.fsencode(text)).decode("ascii")}


def identity(value: Identity | None) -> Document | None:
    if value is None:
        return None
    return {
        "dev": value.dev,
        "ino": value.ino,
        "type": value.kind,
        "size": value.size,
        "mtime_ns": value.mtime_ns,
    }


def _shown(text: str | None) -> str | None:
    """An id for people to read: what a step acts on is its path."""
    return text if text is None or is_text(text) else display_name(text)


def _root(root: Root) -> Document:
    return {
        "cache": root.cache,
        "type": root.type,
        **place(root.path),
        "identity": identity(root.identity),
        "third_party": root.third_party,
        "below": [exact(name) for name in root.below],
        "own": [exact(name) for name in root.own],
    }


def _step(number: int, step: Step, root: Path) -> Document:
    names: Names | None = getattr(step.action, "names", None)
    return {
        "n": number,
        **_action(step.action),
        "cache": step.cache,
        "entry": _shown(step.entry),
        **place(root if names is None else root.joinpath(*names)),
        "size_bytes": step.size,
        "frees_bytes": step.frees,
        "needs": list(step.needs),
        "identity": identity(step.identity),
        "rebuild": step.rebuild,
        "seen": None if step.seen is None else step.seen._asdict(),
        **({"digest": step.digest} if step.digest else {}),
        **({"because": display_name(step.because)} if step.because else {}),
        **({"holds": [_shown(entry) for entry in step.holds]} if step.holds else {}),
    }


def _action(action: Action) -> Document:
    match action:
        case Remove(_, disposal, lock, resumes):
            return {
                "action": disposal,
                "lock": [exact(name) for name in lock],
                "resumes": again(resumes),
            }
        case Tidy(_, alone):
            return {"action": "tidy", "alone": [[exact(name) for name in names] for names in alone]}
        case Restore(run, number, _, trashed):
            return {"action": "restore", "run": run, "number": number, "trashed": trashed}
        case Remake(_, mode, begun):
            return {"action": "remake", "mode": mode, "begun": begun}
        case Settle(_, accessed, modified, left):
            return {"action": "settle", "accessed_ns": accessed, "modified_ns": modified, "left_ns": left}
        case Purge(run, held):
            return {"action": "purge", "run": run, "held": [list(unit) for unit in held]}
        case Close(run):
            return {"action": "close", "run": run}
        case _:
            return relocations.encode(action)


def _exclusion(exclusion: Exclusion) -> Document:
    return {
        "reason": exclusion.reason,
        "cache": exclusion.cache,
        "entry": _shown(exclusion.entry),
        **place(exclusion.path),
        "size_bytes": exclusion.size,
        "detail": display_name(exclusion.detail),
    }

"""The steps of a migration in plan documents, and back."""

from typing import Any

from cachemgr.domain.action import (
    Action,
    Commit,
    Copy,
    Discard,
    Link,
    Match,
    Move,
    Publish,
    Resumed,
    Return,
    Unlink,
    Withdraw,
)
from cachemgr.domain.unit import Inode
from cachemgr.journal.values import Document, exact, number, text

Names = tuple[str, ...]

KINDS = frozenset("move return copy publish match commit withdraw discard link unlink".split())
NAMELESS = frozenset(("commit", "discard"))
"""Those that are about no path."""


def encode(action: Action) -> Document:
    """Everything about an action but its names, which its path says. Raises TypeError for any other kind."""
    match action:
        case Move(_, to, place, lock, resumes):
            return {
                "action": "move",
                "to": to,
                "place": _names(place),
                "lock": _names(lock),
                **_again(resumes),
            }
        case Return(_, of, place, run, step):
            return {"action": "return", "of": of, "place": _names(place), "run": run, "number": step}
        case Copy(_, to, lock, leaving, resumes):
            links = [_names(names) for names in leaving]
            return {"action": "copy", "to": to, "lock": _names(lock), "leaving": links, **_again(resumes)}
        case Publish(_, copy, made, resumes):
            inode = None if made is None else list(made)
            return {"action": "publish", "copy": copy, "made": inode, **_again(resumes)}
        case Match(_, to, place, resumes):
            return {"action": "match", "to": to, "place": _names(place), **_again(resumes)}
        case Commit(resumes):
            return {"action": "commit", **_again(resumes)}
        case Withdraw(_, run, step, twin, place, lock):
            return {
                "action": "withdraw",
                "run": run,
                "number": step,
                "twin": twin,
                "place": _names(place),
                "lock": _names(lock),
            }
        case Discard(run):
            return {"action": "discard", "run": run}
        case Link(_, target, resumes):
            return {"action": "link", "target": exact(target), **_again(resumes)}
        case Unlink(_, target):
            return {"action": "unlink", "target": exact(target)}
    raise TypeError(type(action).__name__)


def decode(item: dict[str, Any], names: Names) -> Action:
    """Raises KeyError, TypeError, ValueError."""
    kind = item["action"]
    if kind == "move":
        return Move(
            names, str(item["to"]), _read(item["place"]), _read(item["lock"]), resumed(item["resumes"])
        )
    if kind == "return":
        return Return(names, str(item["of"]), _read(item["place"]), str(item["run"]), number(item["number"]))
    if kind == "copy":
        links = tuple(_read(link) for link in item["leaving"])
        return Copy(names, str(item["to"]), _read(item["lock"]), links, resumed(item["resumes"]))
    if kind == "publish":
        return Publish(names, number(item["copy"]), inode(item["made"]), resumed(item["resumes"]))
    if kind == "match":
        return Match(names, str(item["to"]), _read(item["place"]), resumed(item.get("resumes")))
    if kind == "commit":
        return Commit(resumed(item["resumes"]))
    if kind == "withdraw":
        place, lock = _read(item["place"]), _read(item.get("lock", []))
        return Withdraw(names, str(item["run"]), number(item["number"]), str(item["twin"]), place, lock)
    if kind == "discard":
        return Discard(str(item["run"]))
    if kind == "link":
        return Link(names, text(item["target"]), resumed(item["resumes"]))
    return Unlink(names, text(item["target"]))


def resumed(value: Any) -> Resumed | None:
    if value is None:
        return None
    return Resumed(str(value["run"]), number(value["number"]), value["begun"] is True)


def again(value: Resumed | None) -> Document | None:
    return None if value is None else {"run": value.run, "number": value.number, "begun": value.begun}


def inode(value: Any) -> Inode | None:
    if value is None:
        return None
    device, file = value
    return number(device), number(file)


def _again(value: Resumed | None) -> Document:
    return {"resumes": again(value)}


def _names(names: Names) -> list[object]:
    return [exact(name) for name in names]


def _read(names: Any) -> Names:
    """Names below a root. Raises ValueError for what would lead elsewhere."""
    found = tuple(text(name) for name in names)
    if any(name in ("", ".", "..") or "/" in name or "\0" in name for name in found):
        raise ValueError("place")
    return found

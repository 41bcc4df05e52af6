"""One run's file read back, as far as it got."""

import json
import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

from cachemgr.domain.errors import UsageError
from cachemgr.domain.outcome import Outcome, Trouble
from cachemgr.domain.run import Folder, Run
from cachemgr.domain.run_event import Phase
from cachemgr.domain.terms import RunState, Status
from cachemgr.journal.decode import from_document, moment, text

FAMILY, SCHEMA = "cachemgr.journal/", "cachemgr.journal/1"

_Key = tuple[str, tuple[str, ...]]


def read(file: Path) -> Run | None:
    """The run a journal file tells of; None when its first line is no journal's, or a newer one's.

    A last line that was cut short by a crash is left out.
    """
    try:
        lines, whole = _lines(file)
        head = lines[0]
        if head.get("schema") != SCHEMA:
            return None
        plan = from_document(head["plan"])
        started = moment(head["started"])
    except (OSError, IndexError, KeyError, TypeError, ValueError, UsageError):
        return None
    outcomes: dict[int, Outcome] = {}
    folders: dict[_Key, Folder] = {}
    announced: dict[int, Phase] = {}
    purge_begun = False
    finished: datetime | None = None
    for line in lines[1:]:
        try:
            match line.get("event"):
                case "announced":
                    announced |= dict.fromkeys(line["steps"], Phase(line["phase"]))
                    purge_begun = purge_begun or line["phase"] == Phase.PURGING
                case "outcome":
                    # One that names no step of the plan raises, and is left out.
                    outcomes[range(len(plan.steps))[line["n"]]] = _outcome(line)
                case "folder":
                    folder = _folder(line)
                    folders[(folder.cache, folder.names)] = folder
                case "left":
                    key = (line["cache"], tuple(text(name) for name in line["names"]))
                    folders[key] = _left(folders[key], line["left_ns"])
                case "finished":
                    finished = moment(line["at"])
        except (IndexError, KeyError, TypeError, ValueError):
            continue
    unheard = announced.keys() - outcomes.keys()
    return Run(
        id=file.stem,
        plan=plan,
        started=started,
        finished=finished,
        outcomes=tuple(outcomes[number] for number in sorted(outcomes)),
        folders=tuple(folders.values()),
        state=RunState.FINISHED if finished else RunState.INTERRUPTED,
        begun=bool(announced),
        torn=not whole,
        purge_begun=purge_begun,
        pending=frozenset(number for number in unheard if announced[number] is Phase.MOVING),
        purging=frozenset(number for number in unheard if announced[number] is Phase.PURGING),
    )


def is_newer(file: Path) -> bool:
    """Whether a file is a journal that a newer release wrote."""
    try:
        lines, _ = _lines(file, most=1)
    except OSError:
        return False
    schema = lines[0].get("schema") if lines else None
    return isinstance(schema, str) and schema.startswith(FAMILY) and schema != SCHEMA


def _lines(file: Path, most: int | None = None) -> tuple[list[dict[str, Any]], bool]:
    """The lines up to the first that is none, and whether that was the end of the file. Raises OSError."""
    found: list[dict[str, Any]] = []
    # Without waiting: somebody may have put a FIFO in the place of a journal.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(file, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return found, True
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as lines:
        for line in lines:
            try:
                document = json.loads(line)
            except (ValueError, RecursionError):
                return found, False
            if isinstance(document, dict):
                found.append(document)
            if len(found) == most:
                break
    return found, True


def _outcome(line: dict[str, Any]) -> Outcome:
    trouble = line["trouble"]
    if not all(type(line[key]) is int for key in ("n", "freed", "moved")):
        raise TypeError("an outcome counts in whole numbers")
    status = Status(line["status"])
    return Outcome(
        line["n"],
        status,
        line["freed"],
        line["moved"],
        None if trouble is None else Trouble(trouble["kind"], text(trouble["detail"]), trouble["errno"]),
        # Before there was this field, what stayed in the quarantine had been counted as moved.
        line.get("held", status is Status.FAILED and line["moved"] > 0) is True,
        # Nor was it known how far something came that failed.
        begun=line.get("begun", status is Status.FAILED) is True,
    )


def _folder(line: dict[str, Any]) -> Folder:
    names = tuple(text(name) for name in line["names"])
    return Folder(line["cache"], names, line["mode"], line["accessed_ns"], line["modified_ns"])


def _left(folder: Folder, left_ns: int | None) -> Folder:
    return Folder(folder.cache, folder.names, folder.mode, folder.accessed_ns, folder.modified_ns, left_ns)

"""One run's file read back, as far as it got."""

import json
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cachemgr.domain.errors import UsageError
from cachemgr.domain.outcome import Outcome, Trouble
from cachemgr.domain.run import Folder, Run
from cachemgr.domain.run_event import Phase
from cachemgr.domain.terms import RunState, Status
from cachemgr.journal.decode import from_document, moment, text

_Key = tuple[str, tuple[str, ...]]


def read(file: Path) -> Run | None:
    """The run a journal file tells of; None when its first line is no journal's.

    A last line that was cut short by a crash is left out.
    """
    try:
        lines = list(_lines(file))
        head = lines[0]
        plan = from_document(head["plan"])
        started = moment(head["started"])
    except (OSError, IndexError, KeyError, TypeError, ValueError, UsageError):
        return None
    outcomes: dict[int, Outcome] = {}
    folders: dict[_Key, Folder] = {}
    announced: dict[int, Phase] = {}
    finished: datetime | None = None
    for line in lines[1:]:
        try:
            match line.get("event"):
                case "announced":
                    announced |= dict.fromkeys(line["steps"], Phase(line["phase"]))
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
        pending=frozenset(number for number in unheard if announced[number] is Phase.MOVING),
        purging=frozenset(number for number in unheard if announced[number] is Phase.PURGING),
    )


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    # Without waiting: somebody may have put a FIFO in the place of a journal.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(file, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as lines:
        for line in lines:
            try:
                document = json.loads(line)
            except (ValueError, RecursionError):
                return
            if isinstance(document, dict):
                yield document


def _outcome(line: dict[str, Any]) -> Outcome:
    trouble = line["trouble"]
    if not all(type(line[key]) is int for key in ("n", "freed", "moved")):
        raise TypeError("an outcome counts in whole numbers")
    return Outcome(
        line["n"],
        Status(line["status"]),
        line["freed"],
        line["moved"],
        None if trouble is None else Trouble(trouble["kind"], text(trouble["detail"]), trouble["errno"]),
    )


def _folder(line: dict[str, Any]) -> Folder:
    names = tuple(text(name) for name in line["names"])
    return Folder(line["cache"], names, line["mode"], line["accessed_ns"], line["modified_ns"])


def _left(folder: Folder, left_ns: int | None) -> Folder:
    return Folder(folder.cache, folder.names, folder.mode, folder.accessed_ns, folder.modified_ns, left_ns)

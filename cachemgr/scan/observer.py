"""The process that looks at the others: a question on standard input, an answer as lines of JSON.

Run as `python -m cachemgr.scan.observer` by `cachemgr.scan.in_use`. Each thing is said as soon as it is seen,
so that what follows may hang.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cachemgr.disk import handles, locks
from cachemgr.scan.sight import Seen, Watcher


def main() -> int:
    question: Mapping[str, Any] = json.loads(sys.stdin.buffer.read())
    _limit(question["seconds"])
    # Without its last line, an answer is known to have been cut short.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    roots = tuple(map(Path, question["roots"]))
    for number, (root, names) in enumerate(question["locks"]):
        for held in _held(roots[root], tuple(names)):
            _say("lock", lock=number, **held)
    end: dict[str, object] = {"others": 0, "own": 0, "maps": True, "folds": False}
    if question["processes"]:
        watcher = _watcher(roots, frozenset((*question["leave_out"], os.getpid())))
        for seen in watcher.look():
            _say(**_saw(seen), pid=seen.pid, name=watcher.name(seen.pid))
        end = {"others": watcher.others, "own": watcher.own, "maps": watcher.maps, "folds": watcher.folds}
    _say("end", **end)
    return 0


def _watcher(roots: tuple[Path, ...], leave_out: frozenset[int]) -> Watcher:
    if sys.platform.startswith("linux"):
        from cachemgr.scan.procfs import ProcessFiles

        return ProcessFiles(roots, leave_out)
    else:  # noqa: RET505 - mypy checks each system's branch on that system
        from cachemgr.scan.process_table import ProcessTable

        return ProcessTable.current(roots, leave_out)


def _saw(seen: Seen) -> dict[str, Any]:
    if seen.place is not None:
        return {"saw": "place", "root": seen.place[0], "names": seen.place[1]}
    assert seen.inode is not None
    return {"saw": "inode", "dev": seen.inode[0], "ino": seen.inode[1]}


def _held(root: Path, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The lock file that somebody holds, with who does where the kernel says so."""
    try:
        handle = handles.open_root(root)
    except OSError:
        return  # the run finds out, before it touches anything
    try:
        held = locks.first_held(handle, names)
    except OSError:
        yield {"names": names, "tried": False}
        return
    finally:
        handles.close(handle)
    if held is not None:
        pid = _locker(root.joinpath(*held)) if sys.platform.startswith("linux") else None
        yield {"names": held, "pid": pid, "name": _name(pid)}


def _locker(path: Path) -> int | None:
    from cachemgr.scan.procfs import locker

    return locker(path)


def _name(pid: int | None) -> str:
    from cachemgr.scan.sight import name

    return "" if pid is None else name(pid)


def _say(saw: str, **facts: object) -> None:
    sys.stdout.write(json.dumps({"saw": saw, **facts}) + "\n")


def _limit(seconds: float) -> None:
    """Go even if nobody waits any more, and nobody is left to say so."""
    try:
        from signal import ITIMER_REAL, setitimer
    except ImportError:
        return  # Windows
    setitimer(ITIMER_REAL, seconds + 1)


if __name__ == "__main__":
    sys.exit(main())

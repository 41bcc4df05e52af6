"""Who uses what: asked in a process of its own, because the question may hang, on a dead network mount as on
some systems for ever. Then it is given up, and what was not answered is not known."""

import json
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cachemgr.domain.terms import Rule
from cachemgr.domain.unit import Inode
from cachemgr.domain.usage import NOT_LOOKED, Holder, Spot, Unsure, Usage, Watch

if TYPE_CHECKING:
    from subprocess import Popen

_MODULE = "cachemgr.scan.observer"
_GRACE = 0.5
"""Seconds for a process that was killed to go; one that waits for a dead mount does not."""


@dataclass(frozen=True, slots=True)
class Observer:
    """How the question is asked, and how long the answer may take."""

    command: tuple[str, ...] = ()
    """An argv that answers like `cachemgr.scan.observer`; empty: that one, in this interpreter."""
    seconds: float = 10.0

    def look(self, spots: Iterable[Spot], forced: Collection[Rule] = ()) -> Usage:
        """Who uses what below those roots, and who holds which of those locks (no names: no lock). A rule
        that is overridden spares the processes, never a lock. Where there is nothing to ask, nobody is.

        Raises nothing: an answer that does not come in time is a gap in it.
        """
        spots = tuple(dict.fromkeys(spots))
        locks = tuple(spot for spot in spots if spot[1])
        watch = Watch(tuple(dict.fromkeys(root for root, _ in spots)), locks, Rule.IN_USE not in forced)
        if not watch.roots or not (locks or watch.processes):
            return NOT_LOOKED
        numbers = {root: number for number, root in enumerate(watch.roots)}
        question = {
            "roots": [str(root) for root in watch.roots],
            "locks": [(numbers[root], names) for root, names in locks],
            "processes": watch.processes,
            "leave_out": [os.getpid()],
            "seconds": self.seconds,
        }
        # Where the interpreter was told to trust nothing around it, the same holds here; the working
        # directory is never searched for modules.
        flag = "-I" if sys.flags.isolated else "-P"
        command = self.command or (sys.executable, flag, "-m", _MODULE)
        answer, gap = _ask(command, json.dumps(question).encode("ascii"), self.seconds)
        return read_answer(answer, watch, gap)


def read_answer(answer: bytes, watch: Watch, gap: Unsure | None = None) -> Usage:
    """The lines of an observer as a value. Without its last line the answer is not whole."""
    heard = _Heard(watch)
    try:
        for line in _lines(answer):
            heard.line(line)
    except (LookupError, TypeError, ValueError, AttributeError):
        heard.end = {}
    if not watch.processes:
        return Usage(locks=heard.held())
    if not heard.end:
        gap = gap or Unsure.FAILED
    elif not heard.end["maps"]:
        gap = gap or Unsure.NO_MAPS
    others, own = heard.end.get("others", 0), heard.end.get("own", 0)
    folds = heard.end.get("folds", os.name == "nt")
    return Usage(heard.places, heard.inodes, heard.held(), others, own, gap, folds)


@dataclass(slots=True)
class _Heard:
    """An answer, as far as it was heard."""

    watch: Watch
    places: dict[Spot, Holder] = field(default_factory=dict)
    inodes: dict[Inode, Holder] = field(default_factory=dict)
    locks: dict[Spot, tuple[Holder, Spot]] = field(default_factory=dict)
    """Who holds each lock, and the file that is locked."""
    end: Mapping[str, Any] = field(default_factory=dict)

    def line(self, line: Mapping[str, Any]) -> None:
        """Raises LookupError, TypeError, AttributeError for one that no observer says."""
        who = Holder(line.get("pid"), line.get("name", ""), tried=line.get("tried", True))
        match line["saw"]:
            case "place":
                root, names = self.watch.roots[line["root"]], tuple(line["names"])
                for length in range(1, len(names) + 1):
                    self.places.setdefault((root, names[:length]), who)
            case "inode":
                self.inodes.setdefault((line["dev"], line["ino"]), who)
            case "lock":
                spot = self.watch.locks[line["lock"]]
                self.locks[spot] = who, (spot[0], tuple(line["names"]))
            case "end":
                self.end = {key: line[key] for key in ("others", "own", "maps", "folds")}

    def held(self) -> dict[Spot, Holder]:
        """The locks that are held. Where the kernel does not say by whom, it is whoever has the file open."""
        return {
            spot: (self.places.get(file, who) if who.pid is None and who.tried else who)._replace(lock=True)
            for spot, (who, file) in self.locks.items()
        }


def _lines(answer: bytes) -> Iterator[Mapping[str, Any]]:
    # An observer that was killed may have been in the middle of a line.
    whole, _, _ = answer.rpartition(b"\n")
    return (json.loads(line) for line in whole.splitlines())


def _ask(command: Sequence[str], question: bytes, seconds: float) -> tuple[bytes, Unsure | None]:
    """What a process answers, and why that is not all of it."""
    import subprocess  # 5 ms that only actions pay

    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl+c is for us: we stop between steps, and not for want of an answer.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        return b"", Unsure.FAILED
    try:
        answer, _ = process.communicate(question, seconds)
    except subprocess.TimeoutExpired:
        return _given_up(process), Unsure.TIMED_OUT
    except BaseException:
        _given_up(process)
        raise
    return answer, None if process.returncode == 0 else Unsure.FAILED


def _given_up(process: "Popen[bytes]") -> bytes:
    """What it had said so far."""
    from subprocess import TimeoutExpired

    process.kill()
    try:
        return process.communicate(timeout=_GRACE)[0]
    except TimeoutExpired as late:
        return late.output or b""

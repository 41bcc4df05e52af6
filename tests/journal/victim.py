"""Runs that die: a program that forks a child for each and has it kill itself at a given call, or kills it.

It is started once and imports once; each child is a process of its own all the same, with signals that are
real. A line of JSON in, a line of JSON out.
"""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
CHANGES = ("move", "unlink", "rmdir", "mkdir", "write_new", "set_times", "set_own_times")
"""The calls of `execute.system` that change something."""
LOOKS = ("lstat", "fstat", "names", "open_child", "open_below", "open_root", "read_file")
"""The calls of `disk.handles` that look at something."""


@dataclass(frozen=True, slots=True)
class Died:
    """What became of a run."""

    calls: int
    """How many calls that change something it made; 0 when it was killed."""
    problem: str = ""
    """What it ended with, when that was an error."""
    seconds: float = 0.0
    """How long it took, the planning left out."""


@dataclass(slots=True)
class Killer:
    """The program, ready for the next run."""

    process: "subprocess.Popen[str]"

    def run(
        self, home: Path, what: str, *, fatal: int = 0, after: float | None = None, **more: object
    ) -> Died:
        """A run over the caches of `tests.journal.ground`, killed at a call or seconds after its start; with
        an `errno` it is that call of `execute.system` that fails instead, and nobody is killed; with `looks`
        one of `disk.handles`; and so many of them in a row as `times` says."""
        asked = {"home": str(home), "what": what, "fatal": fatal, "after": after, **more}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        assert answer["status"] in (0, -signal.SIGKILL), answer
        assert not fatal or "errno" in more or answer["status"] == -signal.SIGKILL, answer
        return Died(answer["calls"], answer["problem"], answer["seconds"])


@contextmanager
def killer() -> Iterator[Killer]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.journal.victim"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        yield Killer(process)
        assert process.stdin is not None
        process.stdin.close()


def _serve() -> None:
    # Imported before the first fork, so that no child has to.
    import filelock  # noqa: F401

    import cachemgr.execute.executor
    import cachemgr.journal.store
    import cachemgr.plan.recover  # noqa: F401
    from tests.journal import ground

    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _die(asked, writing, ground.act)
        os.close(writing)
        with os.fdopen(reading, "r") as told:
            if asked["after"] is not None and told.readline():
                time.sleep(asked["after"])
                os.kill(child, signal.SIGKILL)
            last = told.read()
        _, status = os.waitpid(child, 0)
        answer = json.loads(last) if last else {"calls": 0, "problem": "", "seconds": 0.0}
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), **answer}), flush=True)


def _die(
    asked: dict[str, Any], writing: int, act: Callable[[dict[str, Any], Callable[[], None]], None]
) -> None:
    """The child: do what was asked, count, and say how many calls it took."""
    calls, since = 0, 0.0
    write = os.write

    def counted(call: Callable[..., Any], torn: Callable[..., Any] | None = None) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if "errno" in asked:
                if asked["fatal"] <= calls < asked["fatal"] + asked.get("times", 1):
                    raise OSError(asked["errno"], os.strerror(asked["errno"]))
            elif calls == asked["fatal"]:
                if torn is not None:
                    torn(*arguments)
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments)

        return counting

    def begin() -> None:
        from cachemgr.execute import system

        nonlocal since
        since = time.monotonic()
        if asked["after"] is not None:
            write(writing, b"\n")
        from cachemgr.disk import handles

        owner, called = (handles, LOOKS) if asked.get("looks") else (system, CHANGES)
        for name in called:
            setattr(owner, name, counted(getattr(owner, name)))
        if "errno" in asked:
            return
        torn = counted(write, lambda descriptor, data: write(descriptor, data[: len(data) // 2]))
        # What goes to another process is no state of ours: who uses what is asked of one.
        os.write = lambda descriptor, data: (torn if _is_file(descriptor) else write)(descriptor, data)
        os.fsync = counted(os.fsync)
        os.fchmod = counted(os.fchmod)

    problem = ""
    try:
        act(asked, begin)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    took = time.monotonic() - since
    write(writing, json.dumps({"calls": calls, "problem": problem, "seconds": took}).encode())
    os._exit(0)


def _is_file(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


if __name__ == "__main__":
    _serve()

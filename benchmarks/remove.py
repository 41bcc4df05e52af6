"""Permanent clearing against `rm -rf`: wall time, how soon an entry is gone, whether progress shows.

    python benchmarks/remove.py [--files N] [--runs N] [--directory DIR]

Exits 1 when a promise is missed. Each round deletes three trees of the same kind, one after the other, in an
order that turns from round to round: one with `rm -rf`, one as a single entry of a cache, one as 256 entries,
both with `cachemgr clear all --delete --yes …`. All trees are made before the first round, because a file
system that has just deleted much makes files more slowly. Each is walked by `du` right before it goes: what a
scan would have read is in memory either way.

`rm` neither scans nor plans nor asks, so that the promise is about the execution phase: from the first event
that announces an effect to the last event of the run, journal and quarantine included. The whole process is
printed beside it, with and without what the same command takes on an empty cache. An entry has left when its
path no longer exists: a second thread watches it, and the clock starts when the event arrives that its step
begins. The trees take 0.6 GB each, three a run; without --directory they go to the temporary directory. They
are removed at the end.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import trees
from subject import Sample, Subject, timed, verdict

CLEAR = ("clear", "all", "--delete", "--yes", "--force", "in-use")
"""What other processes have open is not what is measured, and differs from machine to machine."""
WALL_PROMISE = 0.8
"""Of the execution phase, as a multiple of the wall time of `rm -rf`."""
LEAVE_PROMISE = 0.050
"""Seconds from the start of an entry's step until nothing is at its place any more."""
REPORT_PROMISE = 0.5
"""Seconds between two reports of progress, in the median."""


@dataclass(frozen=True, slots=True)
class Clearing:
    """One `cachemgr clear`, in seconds."""

    whole: Sample
    execution: float
    """From the first announcement to the last event."""
    left: tuple[float, ...]
    """For each entry: from the start of its step until its place was empty."""
    emptied: float
    """From the start of the first step until all places were empty."""
    silences: tuple[float, ...]
    """Between the events that tell of removed files."""


class Watch(threading.Thread):
    """When places become empty: asked over and over, in the order in which they do."""

    def __init__(self, places: list[Path]) -> None:
        super().__init__(daemon=True)
        self.places = places
        self.empty: list[float] = []
        self.enough = threading.Event()

    def run(self) -> None:
        for place in self.places:
            while os.path.lexists(place):
                if self.enough.wait(0.0002):
                    return
            self.empty.append(time.perf_counter())


def clear(subject: Subject, top: Path) -> Clearing:
    """Clear a whole cache and look how that goes."""
    # The plan takes entries by name, so that the steps begin in that order.
    watch = Watch(sorted(top.iterdir()))
    argv = subject.argv(*CLEAR, "--events")
    seen: list[tuple[float, dict[str, Any]]] = []
    start = time.perf_counter()
    with subprocess.Popen(argv, env=subject.env, cwd=subject.cwd, stdout=subprocess.PIPE) as process:
        watch.start()
        assert process.stdout is not None
        seen += ((time.perf_counter(), json.loads(line)) for line in process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    whole = Sample(usage.ru_utime + usage.ru_stime, time.perf_counter() - start)
    watch.enough.set()
    watch.join()
    if process.returncode or len(watch.empty) != len(watch.places) or any(top.iterdir()):
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode} and did not clear everything")

    def moments(*kinds: str) -> list[float]:
        return [moment for moment, event in seen if event["event"] in kinds]

    begun = moments("step-started")[: len(watch.places)]
    removing = [moments("announced")[-1], *moments("step-progress", "step-finished")]
    removing = [moment for moment in removing if moment >= removing[0]]
    return Clearing(
        whole,
        moments("run-finished")[-1] - moments("announced")[0],
        tuple(empty - start for start, empty in zip(begun, watch.empty, strict=True)),
        watch.empty[-1] - begun[0],
        tuple(later - earlier for earlier, later in pairwise(removing)),
    )


def idle(subject: Subject) -> Sample:
    """The same command with nothing to clear."""
    return timed(subject.argv(*CLEAR), subject.env, subject.cwd)


def remove(top: Path, env: Mapping[str, str]) -> Sample:
    return timed(["rm", "-rf", str(top)], env, top.parent)


@dataclass(frozen=True, slots=True)
class Round:
    """The trees of one round, and our program over two of them."""

    peer: Path
    one: Path
    many: Path
    homes: Path

    @classmethod
    def build(cls, top: Path, files: int) -> "Round":
        trees.wide(top / "peer", files)
        trees.wide(top / "one" / "entry", files)
        trees.wide(top / "many", files)
        for name in ("one", "many", "none"):
            (top / "homes" / name).mkdir(parents=True)
        (top / "none").mkdir()
        return cls(top / "peer", top / "one", top / "many", top / "homes")

    def subject(self, name: str) -> Subject:
        return Subject.prepare(self.homes / name, self.homes.parent / name)


def warm(top: Path) -> None:
    subprocess.run(["du", "-s", str(top)], stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure permanent clearing against `rm -rf`.")
    parser.add_argument("--files", type=int, default=100_000, help="of each tree")
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--directory", help="an existing directory to build the trees in")
    options = parser.parse_args()

    peers: list[Sample] = []
    starts: list[Sample] = []
    ours: dict[str, list[Clearing]] = {"one": [], "many": []}
    with tempfile.TemporaryDirectory(prefix="cachemgr-benchmark-", dir=options.directory) as text:
        rounds = [Round.build(Path(text) / str(number), options.files) for number in range(options.runs)]
        os.sync()
        for number, one in enumerate(rounds):
            subjects = {name: one.subject(name) for name in ("one", "many", "none")}
            order = ["peer", "one", "many"]
            for name in order[number % 3 :] + order[: number % 3]:
                if name == "peer":
                    warm(one.peer)
                    peers.append(remove(one.peer, subjects["none"].env))
                else:
                    warm(getattr(one, name))
                    ours[name].append(clear(subjects[name], getattr(one, name)))
            starts.append(idle(subjects["none"]))
        verdicts = [
            report(f"{options.files:,} small files in {words}", ours[name], peers, starts)
            for name, words in (("one", "one entry"), ("many", f"{trees.FANOUT} entries"))
        ]
    return 0 if all(verdicts) else 1


def report(title: str, ours: list[Clearing], peers: list[Sample], starts: list[Sample]) -> bool:
    """Print what came out. Whether every promise was kept."""
    print(f"\n{title}")
    peer, start = (statistics.median(sample.wall for sample in samples) for samples in (peers, starts))
    execution = statistics.median(one.execution for one in ours)
    whole = statistics.median(one.whole.wall for one in ours)
    cpu = statistics.median(one.whole.cpu for one in ours) / statistics.median(one.cpu for one in peers)
    left = statistics.median(max(one.left) for one in ours)
    silence = statistics.median(gap for one in ours for gap in one.silences)
    return all(
        [
            verdict(
                "wall",
                execution / peer <= WALL_PROMISE,
                f"{execution:.2f} s, rm {peer:.2f} s: {execution / peer:.2f} x, promised {WALL_PROMISE} x;"
                f" the whole process {whole:.2f} s, {whole / peer:.2f} x, without a start-up of"
                f" {start:.2f} s {(whole - start) / peer:.2f} x; cpu {cpu:.2f} x",
            ),
            verdict(
                "leaves",
                left <= LEAVE_PROMISE,
                f"{left * 1000:.1f} ms until an entry has left its place, promised {LEAVE_PROMISE * 1000:.0f}"
                f" ms; all of them after {statistics.median(one.emptied for one in ours) * 1000:.0f} ms",
            ),
            verdict(
                "reports",
                silence <= REPORT_PROMISE,
                f"{statistics.median(len(one.silences) for one in ours):.0f} of progress, {silence:.3f} s"
                f" apart, promised {REPORT_PROMISE} s; the longest silence"
                f" {statistics.median(max(one.silences) for one in ours):.2f} s",
            ),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

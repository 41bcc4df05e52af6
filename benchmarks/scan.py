"""The scan against `du -s`: CPU of one process, memory, and access times. Exits 1 when a promise is missed.

    python benchmarks/scan.py [--files N] [--runs N] [--directory DIR]

Each round runs both, one after the other, on a warm tree. What is timed is the whole of
`python -m cachemgr status --json` with the tree registered as a cache. Start-up has a promise of its own: it
is timed in the same round, as the same command over an empty cache, and taken off. The trees take about 2 GB;
without --directory they go to the temporary directory and are removed at the end.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trees

CPU_PROMISE = 1.6
"""CPU of the one-process scan, without the start of the interpreter, as a multiple of that of `du -s`."""
MEMORY_BASE = 25_000_000
MEMORY_PER_DIRECTORY = 512
"""Bytes over a bare interpreter; nothing per file."""

PEAK = """
import runpy, sys
sys.argv = ["cachemgr", *sys.argv[1:]]
try:
    if len(sys.argv) > 1:
        runpy.run_module("cachemgr", run_name="__main__", alter_sys=True)
finally:
    try:
        lines = open("/proc/self/status").read().splitlines()
        peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except OSError:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stderr.write(f"peak {peak}")
"""
"""Peak memory as the program itself sees it: `wait4` would report the parent's, inherited at the fork."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds of user and system time, and of the clock on the wall."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Subject:
    """Our program with a home in which `tree` is a registered cache."""

    env: Mapping[str, str]
    cwd: Path

    @classmethod
    def prepare(cls, home: Path, top: Path) -> "Subject":
        config = home / ".config" / "cachemgr" / "cachemgr.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'[[cache]]\nname = "benchmark"\npath = {json.dumps(str(top))}\n')
        source = Path(__file__).resolve().parents[1]
        env = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(source), "LC_ALL": "C.UTF-8"}
        return cls(env, home)

    def argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cachemgr", *arguments]

    def measured(self, tree: trees.Tree) -> int:
        """The size it reports for the tree."""
        done = subprocess.run(
            self.argv("status", "--json"), env=self.env, cwd=self.cwd, capture_output=True, check=True
        )
        sizes = [
            int(cache["size_bytes"])
            for cache in json.loads(done.stdout)["caches"]
            if cache["path"] == str(tree.top)
        ]
        return sizes[0] if sizes else -1

    def peak(self, *arguments: str) -> int:
        """Peak memory in bytes; of the bare interpreter without arguments."""
        argv = [sys.executable, "-c", PEAK, *arguments]
        done = subprocess.run(argv, env=self.env, cwd=self.cwd, capture_output=True, text=True, check=True)
        return int(done.stderr.rpartition("peak ")[2])


def timed(argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> Sample:
    start = time.perf_counter()
    with subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
    return Sample(usage.ru_utime + usage.ru_stime, time.perf_counter() - start)


def compare(tree: trees.Tree, home: Path, runs: int) -> bool:
    """Measure one tree and print what came out. Whether every promise was kept."""
    subject = Subject.prepare(home / "tree", tree.top)
    (home / "nothing" / "empty").mkdir(parents=True)
    idle = Subject.prepare(home / "nothing", home / "nothing" / "empty")
    du, ours = ["du", "-s", str(tree.top)], subject.argv("status", "--json")
    print(f"\n{tree.title}")

    trees.age(tree)
    before = trees.access_times(tree)
    size = subject.measured(tree)
    changed = sum(a != b for a, b in zip(before, trees.access_times(tree), strict=True))
    expected = int(subprocess.check_output(["du", "-s", "-B1", str(tree.top)]).split()[0])

    timed(du, subject.env, home)
    rounds = [
        (timed(du, subject.env, home), timed(ours, subject.env, home), timed(ours, idle.env, home))
        for _ in range(runs)
    ]
    theirs_cpu, ours_cpu, start_up = (
        statistics.median(samples[side].cpu for samples in rounds) for side in range(3)
    )
    theirs_wall, ours_wall = (statistics.median(samples[side].wall for samples in rounds) for side in (0, 1))
    ratio = (ours_cpu - start_up) / theirs_cpu

    bare, peak = subject.peak(), subject.peak("status", "--json")
    bound = MEMORY_BASE + MEMORY_PER_DIRECTORY * tree.directories

    verdicts = [
        verdict("size", size == expected, f"{size:,} bytes, du says {expected:,}"),
        verdict("access", changed == 0, f"{changed:,} of {len(before):,} access times changed"),
        verdict(
            "cpu",
            ratio <= CPU_PROMISE,
            f"{ours_cpu - start_up:.3f} s, du {theirs_cpu:.3f} s: {ratio:.2f} x, promised {CPU_PROMISE} x;"
            f" with a start-up of {start_up:.3f} s {ours_cpu / theirs_cpu:.2f} x;"
            f" wall {ours_wall / theirs_wall:.2f} x",
        ),
        verdict(
            "memory",
            peak - bare <= bound,
            f"{(peak - bare) / 1e6:.1f} MB over a bare {bare / 1e6:.1f} MB, bound {bound / 1e6:.1f} MB",
        ),
    ]
    return all(verdicts)


def verdict(what: str, kept: bool, figures: str) -> bool:
    print(f"  {'PASS' if kept else 'MISS'}  {what:<7} {figures}", flush=True)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the scan against `du -s`.")
    parser.add_argument("--files", type=int, default=300_000, help="of the wide tree; the deep one has 5/6")
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--directory", help="an existing directory to build the trees in")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="cachemgr-benchmark-", dir=options.directory) as text:
        top = Path(text)
        kept = []
        for build, count in ((trees.wide, options.files), (trees.deep, options.files * 5 // 6)):
            tree = build(top / build.__name__, count)
            home = top / f"home-{build.__name__}"
            home.mkdir()
            kept.append(compare(tree, home, options.runs))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The scan against `du -s`: CPU of one process, memory, and access times. Exits 1 when a promise is missed.

    python benchmarks/scan.py [--files N] [--runs N] [--directory DIR]

Each round runs both, one after the other, on a warm tree. What is timed is the whole of
`python -m cachemgr status --json` with the tree registered as a cache. Start-up has a promise of its own: it
is timed in the same round, as the same command over an empty cache, and taken off. The trees take about 2 GB;
without --directory they go to the temporary directory and are removed at the end.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import trees
from subject import Subject, timed, verdict

CPU_PROMISE = 1.6
"""CPU of the one-process scan, without the start of the interpreter, as a multiple of that of `du -s`."""
MEMORY_BASE = 25_000_000
MEMORY_PER_DIRECTORY = 512
"""Bytes over a bare interpreter; nothing per file."""


def compare(tree: trees.Tree, home: Path, runs: int) -> bool:
    """Measure one tree and print what came out. Whether every promise was kept."""
    subject = Subject.prepare(home / "tree", tree.top)
    (home / "nothing" / "empty").mkdir(parents=True)
    idle = Subject.prepare(home / "nothing", home / "nothing" / "empty")
    du, ours = ["du", "-s", str(tree.top)], subject.argv("status", "--json")
    print(f"\n{tree.title}")

    trees.age(tree)
    before = trees.access_times(tree)
    size = subject.measured(tree.top)
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

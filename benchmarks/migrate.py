"""Moving across file systems against the commands a careful person would use: time, holes, memory.

    python benchmarks/migrate.py [--files N] [--size BYTES] [--runs N] [--source DIR] [--directory DIR]

Exits 1 when a promise is missed. What is measured is the copy of a unit into staging, which is durable and
read back from the disk when it is done; the whole process is printed beside it. All else a migration does
is renames and a few lines of journal. We and the peers take turns, and the order turns from round to round.

Small files are held against `cp -a` and `sync`, which compare nothing. Nothing is removed before the last
round: ext4 makes files more slowly for a while after many were removed. A large file is held against `cp`,
`sync`, one hash of the original and one of the copy, read from the disk; the same without `sync` and with a
copy that is still in memory is printed beside it, because it promises less.

The source is a directory in memory; the copies go to --directory, without it to the temporary directory. At
most 0.2 GB for each round of 20,000 files, and the size of the large file, are there at a time.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trees
from subject import Sample, verdict

SMALL_PROMISE = 1.1
"""Wall time as a multiple of that of `cp -a` and `sync`."""
LARGE_PROMISE = 1.1
"""Of that of `cp`, `sync` and two hashes."""
MEMORY_PROMISE = 150 << 20
SPARSE = 1 << 30
DRIVER = """
import json, resource, sys, time
from pathlib import Path
from cachemgr.disk import handles
from cachemgr.execute.consignment import Consignment, Copied
from cachemgr.execute.copy import copy_all
source, target = Path(sys.argv[1]), Path(sys.argv[2])
root, staging = handles.open_root(source.parent), handles.open_root(target.parent)
unit = Consignment(1, root, (source.name,), staging, target.name)
start = time.perf_counter()
*_, last = copy_all(iter([unit]))
wall = time.perf_counter() - start
assert isinstance(last, Copied) and not last.lost, last
lines = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
peak += resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({"wall": wall, "peak": peak}))
"""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of ours."""

    whole: Sample
    """Of the process, its start included."""
    wall: float
    """Of the copy alone, in seconds."""
    peak: int
    """Bytes of memory, of all its processes."""


def ours(source: Path, target: Path) -> Copy:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    argv = [sys.executable, "-c", DRIVER, str(source), str(target)]
    start = time.perf_counter()
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the copy of {source} ended with {process.returncode}")
    whole = Sample(usage.ru_utime + usage.ru_stime, time.perf_counter() - start)
    return Copy(whole, **json.loads(said))


def commands(*argvs: list[str]) -> Sample:
    """What these take one after the other."""
    cpu, start = 0.0, time.perf_counter()
    for argv in argvs:
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
    return Sample(cpu, time.perf_counter() - start)


def small(source: Path, target: Path) -> Sample:
    return commands(["cp", "-a", str(source), str(target)], ["sync"])


def hashing() -> list[str]:
    """The fastest command there is."""
    return ["b3sum"] if shutil.which("b3sum") else ["openssl", "dgst", "-sha256"]


def large(source: Path, target: Path) -> Sample:
    forget = ["dd", f"if={target}", "iflag=nocache", "count=0"]
    copy = ["cp", str(source), str(target)]
    return commands(copy, ["sync"], [*hashing(), str(source)], forget, [*hashing(), str(target)])


def large_in_memory(source: Path, target: Path) -> Sample:
    return commands(["cp", str(source), str(target)], [*hashing(), str(source)], [*hashing(), str(target)])


def contest(
    runs: int, source: Path, room: Path, peer: Callable[[Path, Path], Sample], *, keep: bool
) -> tuple[list[Copy], list[Sample]]:
    """Copy as often by either means, by turns."""
    copies: list[Copy] = []
    peers: list[Sample] = []
    # Of its own: what another contest kept has the same names.
    room = room / source.name
    room.mkdir()
    for number in range(runs):
        for turn in (number, number + 1):
            target = room / f"{number}-{turn % 2}"
            os.sync()
            if turn % 2:
                copies.append(ours(source, target))
            else:
                peers.append(peer(source, target))
            if not keep:
                target.unlink()
    return copies, peers


def report(what: str, copies: list[Copy], peers: list[Sample], words: str, promise: float) -> bool:
    mine, theirs = statistics.median(one.wall for one in copies), statistics.median(one.wall for one in peers)
    whole = statistics.median(copy.whole.wall for copy in copies)
    cpu = statistics.median(copy.whole.cpu for copy in copies) / statistics.median(one.cpu for one in peers)
    peak = max(copy.peak for copy in copies)
    return all(
        [
            verdict(
                what,
                mine / theirs <= promise,
                f"{mine:.2f} s, {words} {theirs:.2f} s: {mine / theirs:.2f} x, promised {promise} x;"
                f" the whole process {whole:.2f} s, {whole / theirs:.2f} x; cpu {cpu:.2f} x",
            ),
            verdict(
                "memory",
                peak <= MEMORY_PROMISE,
                f"{peak / 1e6:.0f} MB at most, promised {MEMORY_PROMISE / 1e6:.0f} MB",
            ),
        ]
    )


def fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        while size:
            size -= file.write(os.urandom(min(size, 1 << 24)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure copies across file systems against `cp`.")
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=4 << 30, help="of the large file, in bytes")
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--source", default="/dev/shm", help="an existing directory in memory")
    parser.add_argument("--directory", help="an existing directory on a disk")
    options = parser.parse_args()

    verdicts: list[bool] = []
    with (
        tempfile.TemporaryDirectory(prefix="cachemgr-benchmark-", dir=options.source) as source_text,
        tempfile.TemporaryDirectory(prefix="cachemgr-benchmark-", dir=options.directory) as text,
    ):
        source, room = Path(source_text), Path(text)
        if os.lstat(source).st_dev == os.lstat(room).st_dev:
            raise SystemExit(f"{source} and {room} are on one file system")
        if options.files:
            print(f"\n{options.files:,} small files in {trees.FANOUT} directories", flush=True)
            trees.wide(source / "small", options.files)
            copies, peers = contest(options.runs, source / "small", room, small, keep=True)
            verdicts.append(report("wall", copies, peers, "cp -a and sync", SMALL_PROMISE))
        if options.size:
            print(f"\na file of {options.size / (1 << 30):.1f} GiB", flush=True)
            fill(source / "large", options.size)
            copies, peers = contest(options.runs, source / "large", room, large, keep=False)
            verdicts.append(report("wall", copies, peers, "cp, sync and two hashes", LARGE_PROMISE))
            less = large_in_memory(source / "large", room / "less")
            print(f"  cp and two hashes, nothing durable, the copy in memory: {less.wall:.2f} s")
            (room / "less").unlink()
        with (source / "sparse").open("wb") as file:
            file.truncate(SPARSE)
        ours(source / "sparse", room / "sparse")
        blocks = os.lstat(room / "sparse").st_blocks * 512
        print("\na hole of 1 GiB")
        verdicts.append(verdict("holes", blocks <= 1 << 16, f"{blocks:,} bytes on the disk"))
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Our program as a benchmark sees it: a command in a home of its own, its times, and a verdict on them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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

    def measured(self, top: Path) -> int:
        """The size it reports for the tree."""
        done = subprocess.run(
            self.argv("status", "--json"), env=self.env, cwd=self.cwd, capture_output=True, check=True
        )
        sizes = [
            int(cache["size_bytes"])
            for cache in json.loads(done.stdout)["caches"]
            if cache["path"] == str(top)
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


def verdict(what: str, kept: bool, figures: str) -> bool:
    print(f"  {'PASS' if kept else 'MISS'}  {what:<7} {figures}", flush=True)
    return kept

"""tiktoken's own download, in a child: the directory is set before tiktoken is imported."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from time import monotonic
from uuid import uuid4

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.display import display_name
from cachemgr.domain.encoding import LIMIT, VARIABLE
from cachemgr.domain.errors import Unavailable, UsageError
from cachemgr.domain.event import Gauge
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Kind
from cachemgr.execute import system
from cachemgr.execute.guard import Stop

PATIENCE = 300.0
"""Seconds for one encoding; tiktoken itself would wait for ever."""
_LOOK = 0.2
_STAGING = "tiktoken-download-"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LEFT = re.compile(_STAGING + _UUID)
_WRITTEN = re.compile(rf"[0-9a-f]{{40}}(?:\.{_UUID}\.tmp)?")
"""tiktoken's own name for a file, and the one that it has until it is whole (load.py `read_file_cached`)."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that has tiktoken, or is said to."""

    python: str
    """A path, or a name that is looked up on PATH."""
    env: Mapping[str, str]
    """What it gets as its environment."""

    def check(self, folder: Path) -> None:
        """Whether tiktoken can be imported there. Raises UsageError with the way out."""
        trouble = self.run((), folder, Gauge())
        if trouble is None:
            return
        name = display_name(self.python)
        if trouble.kind == "no-module" and "'tiktoken'" in trouble.detail:
            raise UsageError(
                f"{name} has no tiktoken; install it there, name a Python that has it with --python, or fill "
                "from local files with --from"
            )
        what = os.strerror(trouble.errno) if trouble.errno is not None else display_name(trouble.detail)
        raise UsageError(f"{name} cannot run tiktoken: {what}; name another Python with --python")

    def run(self, encodings: tuple[str, ...], folder: Path, gauge: Gauge) -> Trouble | None:
        """Load encodings into `folder`, where the child also works; None when that went well."""
        source = files("cachemgr.execute").joinpath("tiktoken_child.py").read_text(encoding="utf-8")
        quiet = {"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
        try:
            child = Popen(
                [self.python, "-c", source, *encodings],
                env={**self.env, **quiet, VARIABLE: str(folder)},
                cwd=folder,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
            )
        except (OSError, ValueError) as error:
            return Trouble("tiktoken", str(error), getattr(error, "errno", None))
        with child:
            try:
                trouble = _answer(*_patiently(child, gauge))
            except TimeoutExpired:
                trouble = Trouble("timed-out", f"{PATIENCE:.0f} s")
            finally:
                child.kill()
        # A terminal's signal reaches the child as well, and it dies with a traceback.
        return Trouble("stopped") if trouble is not None and gauge.stopped else trouble


def _patiently(child: "Popen[bytes]", gauge: Gauge) -> tuple[bytes, bytes]:
    """What the child said. Raises TimeoutExpired when it took too long, or was stopped."""
    until = monotonic() + PATIENCE
    while True:
        try:
            return child.communicate(timeout=_LOOK)
        except TimeoutExpired:
            if gauge.stopped or monotonic() > until:
                raise


def _answer(out: bytes, err: bytes) -> Trouble | None:
    """What the last line says that the child wrote."""
    lines = out.decode("utf-8", "replace").strip().splitlines()
    try:
        said = json.loads(lines[-1])
        kind, detail, errno = str(said["kind"]), str(said["detail"]), said.get("errno")
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        words = err.decode("utf-8", "replace").strip().splitlines()
        return Trouble("tiktoken", words[-1][:300] if words else "it ended without a word")
    return Trouble(kind, detail, errno if isinstance(errno, int) else None) if kind else None


@contextmanager
def staging(state: Path) -> Iterator[tuple[Path, Handle]]:
    """A private directory for downloads, new, and gone afterwards, as is what killed runs left of theirs.

    The writer's lock has to be held, and `state` has to exist. Raises Unavailable.
    """
    real = Path(os.path.realpath(state))
    name = f"{_STAGING}{uuid4()}"
    with _said(real):
        own = handles.open_root(real)
    try:
        with _said(real):
            for left in handles.names(own):
                if _LEFT.fullmatch(left):
                    _discard(own, left, known=_WRITTEN)
            system.mkdir(own, name, 0o700)
            folder = handles.open_child(own, name)
        try:
            yield real / name, folder
        finally:
            handles.close(folder)
            with _said(real):
                _discard(own, name)
    finally:
        handles.close(own)


@contextmanager
def _said(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or "the system said no"
        raise Unavailable(f"nothing can be downloaded into {display_name(place)}: {why}") from error


def _discard(own: Handle, name: str, *, known: re.Pattern[str] | None = None) -> None:
    """Remove the files in a directory of that name, or those that are called so, and the directory if nothing
    else is in it. Of a mount nothing goes: somebody else put that there. Raises OSError."""
    folder = handles.open_child(own, name)
    try:
        if handles.mount_id(folder) != handles.mount_id(own):
            return
        for file in handles.names(folder):
            called_so = known is None or known.fullmatch(file)
            if called_so and handles.kind(handles.lstat(folder, file)) is not Kind.DIRECTORY:
                system.unlink(folder, file)
        empty = not handles.names(folder)
    finally:
        handles.close(folder)
    if empty:
        system.rmdir(own, name)


@dataclass(slots=True)
class Download:
    """Files by way of tiktoken, each encoding asked for once."""

    interpreter: Interpreter
    place: Path
    folder: Handle
    gauge: Gauge
    asked: dict[str, Trouble | None]

    def content(self, encoding: str, file: str) -> bytes | None:
        """A file that the encoding is read from; None where there is none of that name or a much longer one.

        Raises Stop, OSError.
        """
        if encoding not in self.asked:
            self.asked[encoding] = self.interpreter.run((encoding,), self.place, self.gauge)
        if (trouble := self.asked[encoding]) is not None:
            raise Stop(trouble)
        return handles.read_file(self.folder, file, LIMIT)

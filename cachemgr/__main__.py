"""The composition root: machine, configuration and catalogue become a service, which is handed to a face.

Only here are the process, its environment and the clock asked.
"""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cachemgr.catalogue import all_types
from cachemgr.catalogue.tiktoken import EVERYWHERE
from cachemgr.cli.main import run
from cachemgr.cli.session import ConfigFiles, Options
from cachemgr.config import directory, find_project, load
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import UsageError
from cachemgr.domain.machine import TEMPORARY, Machine, Platform
from cachemgr.service import CacheManager

_NAME = "cachemgr"
_TERMINAL = frozenset(("COLORTERM", "FORCE_COLOR", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "PATH", "TERM"))
"""The variables that a demo takes along."""
_DATA = "XDG_DATA_HOME"
"""Leads to a trash instead of a cache."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Which machine is looked at, and where our own files about it are."""

    machine: Machine
    config: Path
    state: Path


@dataclass(frozen=True, slots=True)
class DemoSample:
    """A sample with the service that looks at it."""

    directory: Path
    service: CacheManager


class Composer:
    """Puts services together; the faces know it as `cli.session.Composition`."""

    def service(self, options: Options) -> CacheManager:
        place = _place(options)
        return _service(place, _project(place, options), options)

    def around(self, options: Options, service: CacheManager, directory: Path) -> Sequence[CacheManager]:
        place, real = _place(options), Path(os.path.realpath(directory))
        project = find_project(real, Path(place.machine.home))
        known = service.project and os.path.realpath(service.project)
        if project is None or os.path.realpath(project) == known:
            return ()
        return (_service(place, project, replace(options, project=project)),)

    def config_files(self, options: Options) -> ConfigFiles:
        place = _place(options)
        project = _project(place, options)
        own = _absolute(place.machine, options.config) or place.config / "cachemgr.toml"
        return ConfigFiles(own, project / "cachemgr.toml" if project else None, place.state)

    def variable(self, name: str) -> str:
        return _machine().env.get(name, "")

    def trust(self, options: Options, service: CacheManager) -> Sequence[Path]:
        if service.project is None:
            raise UsageError("there is no project here to trust; name one with --project")
        from cachemgr.config.trust import trust

        return trust(service.project, service.settings.of_project, _place(options).config)

    @contextmanager
    def sample(self, options: Options, directory: Path | None, *, keep: bool) -> Iterator[DemoSample]:
        # A demo alone needs these two; every other command starts without them.
        import tempfile

        from cachemgr.execute.sample import build, discard

        machine = _machine()
        where = _absolute(machine, directory) or Path(tempfile.mkdtemp(prefix="cachemgr-demo-"))
        sample = build(where, now())
        try:
            # A variable such as HF_HOME may lead anywhere: none that is not about the terminal goes along.
            env = {name: value for name, value in machine.env.items() if name in _TERMINAL}
            place = _moved(replace(machine, env=env), sample.home)
            env = {**place.machine.env, **sample.environment}
            place = replace(place, machine=replace(place.machine, env=env, cwd=sample.project))
            invocation = ("cachemgr", "--home", str(sample.home), "--project", str(sample.project))
            service = _service(place, sample.project, Options(read_only=options.read_only))
            yield DemoSample(sample.directory, replace(service, invocation=invocation))
        finally:
            if not keep:
                discard(sample)

    def explore(self, service: CacheManager) -> int:
        from cachemgr.tui.app import run as explore  # 150 ms that no other command pays

        gc.enable()
        return explore(service)


def main() -> int:
    """The console script. Returns the exit code."""
    # A command makes no cycles worth collecting, and looking for them costs a scan an eighth of its time.
    gc.disable()
    # A closed descriptor (`>&-`) is None in Python: what would be said there is said to nobody.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot draw becomes an escape; it never ends the program.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        return run(sys.argv[1:], Composer())
    except Exception as bug:
        # The one place that catches everything: a user gets a sentence, never a traceback unasked.
        if "-v" in sys.argv or "--verbose" in sys.argv:
            raise
        what = display_name(f"{type(bug).__name__}: {bug}")
        sys.stderr.write(f"cachemgr: a bug: {what}. Please report it with what -v prints.\n")
        return 1


def _machine() -> Machine:
    try:
        return Machine.current()
    except FileNotFoundError:
        raise UsageError("the working directory was deleted; change to another one") from None
    except RuntimeError:
        raise UsageError("your home directory is not known; name one with --home") from None


def _place(options: Options) -> Place:
    machine = _machine()
    home = _absolute(machine, options.home) or directory(machine, "CACHEMGR_HOME")
    if home is not None:
        return _moved(machine, _existing(home, "--home"))
    if not Path(machine.home).is_dir():
        raise UsageError(
            f"your home directory {display_name(machine.home)} does not exist; name one with --home"
        )
    from platformdirs import user_config_path, user_state_path  # not needed for another home

    return Place(
        machine,
        directory(machine, "CACHEMGR_CONFIG_DIR") or user_config_path(_NAME, appauthor=False),
        directory(machine, "CACHEMGR_STATE_DIR") or user_state_path(_NAME, appauthor=False),
    )


def _moved(machine: Machine, home: Path) -> Place:
    """The same machine with another home: what the environment says is about the home of whoever asks. So
    no variable that leads a tool to a cache is kept, wherever it leads, nor one that leads into that home."""
    real = Path(machine.home)
    leading = {variable.name for kind in (*all_types(), EVERYWHERE) for variable in kind.variables} | {_DATA}
    passed_over = tuple(sorted(name for name in leading if machine.env.get(name)))
    env = {
        name: value
        for name, value in machine.env.items()
        # A PATH that begins with ~/bin is no place.
        if name in _TERMINAL or not (name in leading or name in TEMPORARY or _lies_in(value, real))
    }
    env |= {"HOME": str(home), "USERPROFILE": str(home)}
    config, state = home / ".config" / _NAME, home / ".local" / "state" / _NAME
    if machine.platform is Platform.MACOS:
        config = state = home / "Library" / "Application Support" / _NAME
    elif machine.platform is Platform.WINDOWS:
        local = home / "AppData" / "Local"
        env |= {"LOCALAPPDATA": str(local), "APPDATA": str(home / "AppData" / "Roaming")}
        config = state = local / _NAME
    moved = replace(machine, home=home, env=env, own=False, passed_over=passed_over)
    return Place(
        moved,
        directory(moved, "CACHEMGR_CONFIG_DIR") or config,
        directory(moved, "CACHEMGR_STATE_DIR") or state,
    )


def _lies_in(value: str, home: Path) -> bool:
    path = Path(value)
    return path.is_absolute() and path.is_relative_to(home)


def _project(place: Place, options: Options) -> Path | None:
    machine = place.machine
    named = _absolute(machine, options.project) or directory(machine, "CACHEMGR_PROJECT")
    if named is not None:
        return _existing(named, "--project")
    return find_project(Path(machine.cwd), Path(machine.home))


def _service(place: Place, project: Path | None, options: Options) -> CacheManager:
    machine = place.machine
    settings = load(
        machine, project=project, config_file=_absolute(machine, options.config), user_dir=place.config
    )
    return CacheManager(
        machine=machine,
        types=all_types(),
        settings=settings,
        project=project,
        state=place.state,
        clock=now,
        read_only=options.read_only,
        allow_root=options.allow_root,
        invocation=_invocation(options),
    )


def _invocation(options: Options) -> tuple[str, ...]:
    """The program with the options that decide what it looks at."""
    named = (("--home", options.home), ("--project", options.project), ("--config", options.config))
    return ("cachemgr", *(word for name, path in named if path is not None for word in (name, str(path))))


def _absolute(machine: Machine, path: Path | None) -> Path | None:
    return Path(machine.cwd) / path if path is not None else None


def _existing(path: Path, option: str) -> Path:
    if not path.is_dir():
        raise UsageError(f"{option} names {display_name(path)}, which is not a directory")
    return path


if __name__ == "__main__":
    sys.exit(main())

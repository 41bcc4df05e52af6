"""The verbs about response caches: find the one that is meant, look into it, keep it in shape."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import CacheMgrError, Damaged, Refused, Unavailable, UnknownTarget
from cachemgr.responses.admission import admit
from cachemgr.responses.config_file import ConfigFile
from cachemgr.responses.config_reading import USUAL_FILE, read
from cachemgr.responses.config_sources import said_by_variables
from cachemgr.responses.errors import Corrupt, MissingPackage, ReadOnly, StoreError
from cachemgr.responses.files import create, remove
from cachemgr.responses.files import read as read_file
from cachemgr.responses.format import DIGEST, INDEX, MANIFEST, OWN_SHARD, PACKED, SHARD, UNFINISHED, own_keys
from cachemgr.responses.manifest import Manifest
from cachemgr.responses.opening import open_cache
from cachemgr.responses.places import places
from cachemgr.responses.reconcile import read_row

if TYPE_CHECKING:
    from cachemgr.domain.machine import Machine
    from cachemgr.responses.cache import Cache
    from cachemgr.responses.config import Backend, CacheConfig
    from cachemgr.responses.config_origins import Setting
    from cachemgr.responses.transfer import TransferReport

_ON_DISK = ("file", "sqlite")


@dataclass(frozen=True, slots=True)
class ResponseCaches:
    """Response caches as one user on one machine sees them."""

    machine: Machine
    project: Path | None
    read_only: bool = False
    allow_root: bool = False

    @contextmanager
    def looking(self, named: Path | None = None) -> Iterator[Cache]:
        """The cache in a directory, or the project's. Nothing is written to it, but an index that is there.

        Raises UnknownTarget where there is none, Damaged, Unavailable, Refused, ConfigError.
        """
        config = self._config(named)
        only_reading = self.read_only or not os.path.exists(config.directory / INDEX)
        with _sentences(), open_cache(config, read_only=only_reading) as cache:
            yield cache

    @contextmanager
    def changing(self, named: Path | None = None) -> Iterator[Cache]:
        """The same, to sweep or to mend it. Raises Refused where nothing may be changed."""
        config = self._config(named)
        self.admit()
        with _sentences(), open_cache(config) as cache:
            yield cache

    def refusal(self, named: Path | None = None) -> str:
        """Why `changing` would refuse to change it, as far as can be told beforehand; nothing otherwise."""
        try:
            self.admit()
        except Refused as error:
            return str(error)
        config = self._config(named)
        if config.backend != "file":
            return ""
        with _sentences():
            return Manifest(places(config.directory)).refusal()

    def convert(self, source: Cache, named: Path, backend: Backend) -> tuple[Cache, TransferReport]:
        """Copy into a cache that need not be there yet. Raises Refused for a directory that is somebody
        else's, and for the home and what it lies in.

        Until everything is there a mark keeps a new database from hiding the pairs beside it: interrupted,
        the same request again goes on.
        """
        from cachemgr.responses.transfer import transfer

        self.admit()
        config = replace(self._lookup(named), backend=backend, cleanup_interval_seconds=0)
        place = os.path.realpath(config.directory)
        if Path(os.path.realpath(self.machine.home)).is_relative_to(place):
            raise Refused(
                f"{display_name(place)} is no place for a response cache; name a directory of its own"
            )
        with _sentences():
            admit(place)
            unfinished = os.path.join(place, UNFINISHED)
            origin = b"" if os.path.realpath(source.place) == place else os.fsencode(source.place)
            if (
                backend == "sqlite"
                and not os.path.lexists(config.directory / PACKED)
                and is_cache(Path(place))
            ):
                with suppress(FileExistsError):
                    create(unfinished, origin)
            with open_cache(config) as target:
                report = transfer(source, target)
            if not report.troubles and backend == "sqlite" and origin in (b"", _marked(unfinished)):
                remove(unfinished)
        return target, report

    def directory(self, named: Path | None = None) -> Path:
        """Where the cache is that is meant, or would be."""
        return self._lookup(named).directory

    def settings(self) -> Iterator[Setting]:
        """What is configured for the project's cache, and where each value came from. Raises ConfigError."""
        from cachemgr.responses.config_origins import settings

        file = (self.project or Path(self.machine.cwd)) / USUAL_FILE
        return settings(file, self.machine.env, Path(self.machine.cwd))

    def check(self) -> str:
        """Open what a program of the project would open, without a look at what is in it. Raises ConfigError
        as that program would; returns what has to be installed first, or nothing."""
        config = replace(
            self._configured(said_by_variables(self.machine.env, strict=True)), cleanup_interval_seconds=0
        )
        try:
            with open_cache(config, read_only=True):
                return ""
        except MissingPackage as error:
            return str(error)

    def admit(self) -> None:
        """Raises Refused where nothing may be changed: by the options, or for a home of somebody else's."""
        from cachemgr.execute.guard import refuse_foreign_home

        if self.read_only:
            raise Refused("cachemgr runs with --read-only, so nothing is changed")
        refuse_foreign_home(self.machine, allow_root=self.allow_root)

    def _config(self, named: Path | None) -> CacheConfig:
        config = self._lookup(named)
        place = display_name(str(config.directory))
        if config.backend == "memory":
            raise UnknownTarget("the configured backend is `memory`, which ends with its process")
        if config.backend in _ON_DISK and not is_cache(config.directory):
            other = "" if named is not None else "; --dir names another"
            raise UnknownTarget(f"there is no response cache in {place}{other}")
        return replace(config, cleanup_interval_seconds=0)

    def _lookup(self, named: Path | None) -> CacheConfig:
        """With `named`, the project's settings for a directory of that name, and whatever is kept in it."""
        project = self.project or Path(self.machine.cwd)
        said = said_by_variables(self.machine.env, strict=True)
        config = self._configured(said)
        if named is None:
            directory = project / config.directory
            if said.get("cache_dir") is not None:
                return replace(config, cache_dir=Path(self.machine.cwd) / said["cache_dir"])
            inside = os.path.realpath(directory).startswith(os.path.realpath(project) + os.sep)
            if config.backend in _ON_DISK and not inside:
                where = display_name(str(directory))
                raise Refused(f"{USUAL_FILE.name} leads out of the project, to {where}; name it with --dir")
            return replace(config, cache_dir=directory)
        directory = Path(os.path.abspath(Path(self.machine.cwd) / named))
        return replace(config, cache_dir=directory, backend=_kept_as(directory))

    def _configured(self, said: Mapping[str, Any]) -> CacheConfig:
        """By the project's file, below what variables say."""
        file = (self.project or Path(self.machine.cwd)) / USUAL_FILE
        own = ConfigFile.read(file, USUAL_FILE.as_posix())
        return read(said) if own is None else own.config(said, strict=True)


def is_cache(directory: Path) -> bool:
    """Whether a directory holds a response cache: by its manifest, its database, or a pair of old."""
    if any(os.path.lexists(directory / name) for name in (MANIFEST, PACKED)):
        return True
    try:
        shards = [name for name in os.listdir(directory) if OWN_SHARD.fullmatch(name)]
        return any(_has_an_entry(directory / shard) for shard in shards if (directory / shard).is_dir())
    except OSError:
        return False


def _has_an_entry(shard: Path) -> bool:
    names = os.listdir(shard)
    if any(DIGEST.fullmatch(name.removeprefix("cache:")[:64]) for name in names):
        return bool(SHARD.fullmatch(shard.name))
    return any(read_row(str(shard / key), key) for key in own_keys(shard.name, names))


def _marked(unfinished: str) -> bytes | None:
    """Which cache an unfinished conversion into this directory copies; b"" for the pairs beside it."""
    try:
        return read_file(unfinished)
    except OSError:
        return None


def _kept_as(directory: Path) -> Backend:
    packed = os.path.lexists(directory / PACKED) and not os.path.lexists(directory / UNFINISHED)
    return "sqlite" if packed else "file"


@contextmanager
def _sentences() -> Iterator[None]:
    """Faults of a store as errors of a request."""
    try:
        yield
    except CacheMgrError:
        raise
    except ReadOnly as error:
        raise Refused(f"the response cache cannot be changed: {display_name(str(error))}") from error
    except Corrupt as error:
        raise Damaged(f"the response cache cannot be read: {display_name(str(error))}") from error
    except StoreError as error:
        raise Unavailable(f"the response cache cannot be used: {display_name(str(error))}") from error
    except OSError as error:
        what = display_name(str(error.filename or ""))
        raise Unavailable(f"the response cache cannot be used: {error.strerror}: {what}") from error

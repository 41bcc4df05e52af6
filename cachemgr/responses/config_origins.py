"""Every setting of the `caching` section with its value and where that came from."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from cachemgr.domain.inventory import Origin
from cachemgr.responses.config import SECTION
from cachemgr.responses.config_file import ConfigFile, says
from cachemgr.responses.config_reading import USUAL_FILE, read
from cachemgr.responses.config_sources import said_by_variables
from cachemgr.responses.config_variables import variable

_DEFAULT = Origin("default", "")
_SECRET = re.compile(r"(?<=://)(?P<user>[^:@/]*:).*(?=@)|(?P<option>[?&]password=)[^&]*")
"""The password of a server's URL, wherever it may stand in it."""
_HIDDEN = r"\g<user>\g<option>***"


@dataclass(frozen=True, slots=True)
class Setting:
    """One leaf of a CacheConfig."""

    keys: tuple[str, ...]
    """The names that lead to it in the section."""
    value: object
    """As it holds; a URL without its password."""
    origin: Origin


def settings(file: Path, environment: Mapping[str, str], cwd: Path) -> Iterator[Setting]:
    """In the order of the section. `file` is the project's, and need not be there; what is relative in it
    counts from its project, and a `cache_dir` of a variable from `cwd`. Raises ConfigError."""
    said, project = said_by_variables(environment, strict=True), file.parent.parent
    own = ConfigFile.read(file, USUAL_FILE.as_posix())
    config = read(said) if own is None else own.config(said, strict=True)
    for keys, value in leaves(config):
        if keys == ("cache_dir",):
            place = said.get("cache_dir")
            value = Path(os.path.abspath(cwd / place if place is not None else project / config.directory))
        yield Setting(keys, _shown(value), _origin(keys, said, environment, own))


def leaves(config: object, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each value that is no section, with the names that lead to it."""
    for one in fields(config):  # type: ignore[arg-type]
        value, keys = getattr(config, one.name), (*above, one.name)
        if is_dataclass(value):
            yield from leaves(value, keys)
        else:
            yield keys, value


def _origin(
    keys: tuple[str, ...],
    said: Mapping[str, object],
    environment: Mapping[str, str],
    file: ConfigFile | None,
) -> Origin:
    if says(said, keys):
        return Origin("environment", variable(keys, environment))
    if file is not None and says(file.section.value, keys):
        return Origin(file.name, ".".join((SECTION, *keys)), file.section.line(*keys))
    return _DEFAULT


def _shown(value: object) -> object:
    return _SECRET.sub(_HIDDEN, value) if isinstance(value, str) else value

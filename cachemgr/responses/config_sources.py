"""Where a configuration comes from: a program, the variables of its environment, a file. What is named first
beats the others."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.responses import config_variables
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.config_file import ConfigFile, refuse
from cachemgr.responses.config_mistakes import Mistake, warn_caller
from cachemgr.responses.config_reading import USUAL_FILE, checked, merged, read, rules, section_of
from cachemgr.responses.config_variables import variable


def load(source: CacheConfig | Mapping[str, Any] | str | PathLike[str] | None) -> CacheConfig:
    """Whatever `open_cache` takes, as a configuration. What a program says itself (a CacheConfig, the names
    in a mapping, a directory) beats the variables of `config_variables`, and those a file. Raises
    ConfigError."""
    if isinstance(source, CacheConfig):
        return checked(replace(source, per_provider=rules(source.per_provider)))
    variables = said_by_variables()
    if isinstance(source, Mapping):
        section = section_of(source)
        return read(merged(variables, section) if isinstance(section, Mapping) else section)
    if source is None:
        usual = ConfigFile.read(USUAL_FILE)
        return read(variables) if usual is None else usual.config(variables)
    if not isinstance(source, str | PathLike):
        raise ConfigError(
            "a cache is opened by a CacheConfig, a mapping, a YAML file or a directory; not by"
            f" {type(source).__name__}"
        )
    path = Path(source)
    if path.suffix in (".yml", ".yaml") and not path.is_dir():
        found = ConfigFile.read(path)
        if found is None:
            raise ConfigError(f"{display_name(str(path))} does not exist")
        return found.config(variables)
    if path.is_file():
        raise ConfigError(
            f"{display_name(str(path))} is a file; a cache is opened by its directory, or by a configuration"
            " that ends in .yml or .yaml"
        )
    return read(merged(variables, {"cache_dir": directory(source)}))


def directory(named: str | PathLike[str]) -> Path:
    """Where a program wants a cache. The working directory itself is one only where it could become one:
    elsewhere every answer would be paid for again, and an empty text leads there, too. Raises ConfigError."""
    if not os.fspath(named).strip():
        raise ConfigError("an empty text names no directory for a cache; write its path")
    if os.path.normpath(named) != os.curdir:
        return Path(named)
    from cachemgr.responses.admission import admit
    from cachemgr.responses.errors import ReadOnly

    try:
        with suppress(OSError):
            admit(os.path.realpath(named))
    except ReadOnly as error:
        raise ConfigError(f"the working directory is no place for a cache: {error}") from None
    return Path(os.path.abspath(named))


def said_by_variables(
    environment: Mapping[str, str] | None = None, *, strict: bool = False
) -> dict[str, Any]:
    """What the variables of this process say, or of another's environment. Raises ConfigError; where it is
    not `strict`, a name nobody knows is warned about."""
    found = config_variables.values(environment)
    tell = refuse if strict else warn_caller
    try:
        read(found, lambda sentence, keys: tell(f"{variable(keys, environment)}: {sentence}"))
    except Mistake as error:
        raise ConfigError(f"{variable(error.keys, environment)}: {error}") from None
    return found

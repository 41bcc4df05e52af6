"""A YAML file with a `caching` section: what it says, and where in it what is wrong stands."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cachemgr.disk.small_file import LIMIT, read_text
from cachemgr.disk.yaml_section import NotYaml, YamlSection, read_section
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.responses.config import BACKENDS, FIELDS, SECTION, CacheConfig
from cachemgr.responses.config_mistakes import Mistake, warn_caller
from cachemgr.responses.config_reading import USUAL_FILE, merged, read
from cachemgr.responses.config_variables import variable

_OTHERS_MAY_HAVE = frozenset(
    ("enabled", "backend", "compression", "index", "fsync", "analytics", "key", "redis")
)
"""Names of settings that may stand in somebody else's file at top level and mean something else there."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    path: Path
    name: str
    """As sentences call it."""
    section: YamlSection

    @classmethod
    def read(cls, path: Path, name: str = "") -> "ConfigFile | None":
        """None where there is no such file. Raises ConfigError where it cannot be read, or has the settings
        where nobody looks for them."""
        name = name or str(path)
        found = read_text(path, name, LIMIT)
        if found is None:
            return None
        try:
            made = cls(path, name, read_section(found[1], SECTION))
        except NotYaml as error:
            raise _mistake(name, str(error), error.line) from None
        if made.section.value is None and (bare := made._bare()):
            line = made.section.line_beside(bare)
            raise made.mistake(
                f"`{bare}` stands at top level; the settings of the response cache belong below `{SECTION}:`",
                line,
            )
        return made

    def config(self, variables: Mapping[str, Any], *, strict: bool = False) -> CacheConfig:
        """What the section says, below what `variables` do. A relative `cache_dir` of the file counts from
        the project, which is the directory that holds `.questfoundry`; one of a variable from the working
        directory. Raises ConfigError; where it is not `strict`, a name nobody knows is warned about."""
        tell = refuse if strict else warn_caller
        if near := self.section.misspelt:
            sentence = f"unknown section `{display_name(near)}`, which changes nothing"
            line = self.section.line_beside(near)
            tell(str(self.mistake(f"{sentence}; did you mean `{SECTION}`?", line)))

        def unknown(sentence: str, keys: tuple[object, ...]) -> None:
            # What a variable says was told when that was read.
            if says(self.section.value, keys):
                tell(str(self.mistake(sentence, self.section.line(*keys))))

        value = {} if self.section.value is None else self.section.value
        said = merged(value, variables) if isinstance(value, Mapping) else value
        try:
            found = read(said, unknown)
        except Mistake as error:
            if error.keys and says(variables, error.keys):
                raise ConfigError(f"{variable(error.keys)}: {error}") from None
            raise self.mistake(str(error), self.section.line(*error.keys)) from None
        path = self.path
        place = path.parent.parent if path.parent.name == USUAL_FILE.parent.name else path.parent
        place = Path() if "cache_dir" in variables else place
        return replace(found, cache_dir=Path(os.path.abspath(place / found.directory)))

    def mistake(self, sentence: str, line: int | None) -> ConfigError:
        return _mistake(self.name, sentence, line)

    def _bare(self) -> str | None:
        """A setting at top level, where everything there is one, or where nobody else has a name like it."""
        beside = self.section.beside
        names = [name for name in beside if name in FIELDS]
        if names == list(beside) and beside.get("backend") in BACKENDS:
            return names[0]
        return next((name for name in names if name not in _OTHERS_MAY_HAVE), None)


def says(section: object, keys: tuple[object, ...]) -> bool:
    """Whether a section has a value there."""
    for key in keys:
        if not isinstance(section, Mapping) or key not in section:
            return False
        section = section[key]
    return True


def refuse(sentence: str) -> None:
    """Raises ConfigError."""
    raise ConfigError(sentence)


def _mistake(name: str, sentence: str, line: int | None) -> ConfigError:
    where = f", line {line}" if line else ""
    return ConfigError(f"{display_name(name)}{where}: {sentence}")

"""The `caching` section of `.questfoundry/config.yml`. The rest of that file is other programs'."""

from cachemgr.config.convert import convert
from cachemgr.config.layer import Layer
from cachemgr.config.places import Base
from cachemgr.config.schema import Caching
from cachemgr.config.source import Source
from cachemgr.disk.yaml_section import NotYaml, read_section
from cachemgr.domain.inventory import Origin
from cachemgr.domain.settings import RootSetting
from cachemgr.domain.terms import Category, Place

CONVENTION = "questfoundry"
_SECTION = "caching"
_USUAL = ".questfoundry/cache"
_KEPT_IN_FILES = frozenset(("file", "sqlite"))


def read(source: Source, base: Base) -> Layer | None:
    """None where the file has no `caching` section. Raises ConfigError."""
    try:
        found = read_section(source.text, _SECTION).value
    except NotYaml as error:
        raise source.mistake(str(error), line=error.line) from None
    if found is None:
        return None
    said = convert(source, found, Caching, _SECTION)
    if said.backend not in _KEPT_IN_FILES:
        return Layer(source, convention=CONVENTION)
    path = base.path(source, _USUAL if said.cache_dir is None else said.cache_dir, _SECTION, "cache_dir")
    origin = source.origin(_SECTION, "cache_dir")
    if origin.line is None:
        origin = Origin(source.name, _SECTION, source.line(_SECTION))
    root = RootSetting("responses", path, origin, Place.PROJECT, category=Category.RESPONSES)
    return Layer(source, roots=(root,), convention=CONVENTION)

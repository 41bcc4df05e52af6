"""`cachemgr.toml`: our own configuration file, in a project or in the user's directory."""

import tomllib

from cachemgr.config.convert import convert
from cachemgr.config.layer import Layer
from cachemgr.config.places import Base, name
from cachemgr.config.policies import pins, policies
from cachemgr.config.schema import CacheMgrToml
from cachemgr.config.source import Source
from cachemgr.domain.display import display_name
from cachemgr.domain.settings import HomeSetting, RootSetting
from cachemgr.domain.terms import Category, Place

_DOTS = 200
"""Dots on a line. tomllib keeps every prefix of a dotted key: 256 KiB of `a.a.a…` take all memory."""
HOMES = ("hf_home", "torch_home", "mlx_home")


def read(source: Source, base: Base, place: Place) -> Layer:
    """Raises ConfigError."""
    if any(line.count(".") > _DOTS for line in source.text.split("\n")):
        raise source.mistake("a line with more dots than any key or path has")
    try:
        document = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise source.mistake(f"not TOML: {display_name(str(error))}") from None
    except (RecursionError, ValueError):
        # A number of thousands of digits is a ValueError, not a mistake of syntax.
        raise source.mistake("cannot be read as TOML") from None
    if "caching" in document:
        where = "the settings of the response cache are read from .questfoundry/config.yml"
        raise source.mistake(f"`caching` is no section of this file; {where}", "caching")
    said = convert(source, document, CacheMgrToml)
    values = {
        key: (value, source.origin(key))
        for key in ("disposal", "retention_days", "si")
        if (value := getattr(said, key)) is not None
    }
    return Layer(
        source,
        values,
        _homes(source, base, place, said),
        _roots(source, base, place, said),
        policies=policies(source, said) if said.policies else (),
        pins=pins(source, said) if said.pins else (),
    )


def _homes(source: Source, base: Base, place: Place, said: CacheMgrToml) -> tuple[HomeSetting, ...]:
    found: list[HomeSetting] = []
    for key in HOMES:
        if (text := getattr(said.roots, key)) is not None:
            path = base.path(source, text, "roots", key)
            found.append(HomeSetting(key, path, source.origin("roots", key), place))
    return tuple(found)


def _roots(source: Source, base: Base, place: Place, said: CacheMgrToml) -> tuple[RootSetting, ...]:
    found: list[RootSetting] = []
    for key, text in said.roots.applications.items():
        keys = ("roots", "applications", key)
        kind = name(source, key, *keys)
        path = base.path(source, text, *keys)
        found.append(RootSetting(kind, path, source.origin(*keys), place, category=Category.APPS))
    for number, table in enumerate(said.cache):
        kind = name(source, table.name, "cache", number, "name")
        path = base.path(source, table.path, "cache", number, "path")
        origin = source.origin("cache", number, "path")
        found.append(RootSetting(kind, path, origin, place, True, table.title, table.category, table.rebuild))
    return tuple(found)

"""The `cache` section of `config/hardware_cache.json`. The rest of that file is other programs'."""

import msgspec

from cachemgr.config.convert import convert
from cachemgr.config.layer import Layer
from cachemgr.config.places import Base, name
from cachemgr.config.schema import HardwareCache
from cachemgr.config.source import Source
from cachemgr.domain.display import display_name
from cachemgr.domain.settings import HomeSetting, RootSetting
from cachemgr.domain.terms import Place

CONVENTION = "hardware_cache"
_HOMES = ("hf_home", "torch_home", "mlx_home")


def section(source: Source) -> object:
    """What stands under `cache`; None where nothing does. Raises ConfigError where the file is no JSON."""
    try:
        document = msgspec.json.decode(source.text)
    except msgspec.DecodeError as error:
        raise source.mistake(f"not JSON: {display_name(str(error))}") from None
    except RecursionError:
        raise source.mistake("nested too deeply") from None
    return document.get("cache") if isinstance(document, dict) else None


def read(source: Source, base: Base) -> Layer | None:
    """None where the file has no `cache` section. Raises ConfigError."""
    found = section(source)
    if found is None:
        return None
    said = convert(source, found, HardwareCache, "cache")
    homes: list[HomeSetting] = []
    for key in _HOMES:
        if (text := getattr(said, key)) is not None:
            path = base.path(source, text, "cache", key)
            homes.append(HomeSetting(key, path, source.origin("cache", key)))
    roots: list[RootSetting] = []
    for key, text in said.application_caches.items():
        keys = ("cache", "application_caches", key)
        kind = name(source, key, *keys)
        path = base.path(source, text, *keys)
        roots.append(RootSetting(kind, path, source.origin(*keys), Place.PROJECT))
    return Layer(source, {}, tuple(homes), tuple(roots), CONVENTION)

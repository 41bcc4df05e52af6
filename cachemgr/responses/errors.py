"""What can go wrong with a cache. An application never sees a StoreError: `Cache` turns it into a miss."""

from cachemgr.domain.errors import ConfigError, Refused


class KeyRefused(ValueError):
    """A request that cannot be a key: NaN, an object without a JSON form, names that are not text."""


class MissingPackage(ConfigError):
    """What is configured needs a package that is not installed here."""


class StoreError(Exception):
    """A backend could not do what it was asked. Backends raise this or OSError, and nothing else."""


class Unreachable(StoreError):
    """The store does not answer at all: a server that is gone, a circuit breaker that is open."""


class Silent(Unreachable):
    """It did not answer in time."""


class Full(StoreError):
    """No room on the device; evicting may make some."""


class Corrupt(StoreError):
    """An entry is there and is not what was written."""


class Newer(Corrupt):
    """An entry that a newer version wrote: nothing of it is believed here, and nothing removed."""


class ReadOnly(StoreError):
    """Nothing can be written here: media, rights, or a newer version's cache."""


__all__ = [
    "ConfigError",
    "Corrupt",
    "Full",
    "KeyRefused",
    "MissingPackage",
    "Newer",
    "ReadOnly",
    "Refused",
    "StoreError",
    "Unreachable",
]

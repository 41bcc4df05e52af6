"""Which configuration files there are. What reads one is loaded only when the file is there: the parsers
and their schemas cost as much as the rest of a `status`."""

TOML = "cachemgr.toml"
HARDWARE_CACHE = "config/hardware_cache.json"
HARDWARE_CACHE_LIMIT = 4 * 1024 * 1024
"""Bytes; that file holds more than its `cache` section."""
QUESTFOUNDRY = ".questfoundry/config.yml"
OF_PROJECT = (TOML, HARDWARE_CACHE, QUESTFOUNDRY)
"""Those of a project, strongest first, as they lie below it."""
FOREVER = 36_500
"""Days; more would not be a date any more."""

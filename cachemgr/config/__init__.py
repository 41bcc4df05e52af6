"""Where caches should be: configuration files read into Settings, each value with its origin."""

from cachemgr.config.effective import load
from cachemgr.config.project import find_project
from cachemgr.config.schema import schema
from cachemgr.config.trust import distrust, is_trusted, trust
from cachemgr.config.variables import NAMES, directory

__all__ = ["NAMES", "directory", "distrust", "find_project", "is_trusted", "load", "schema", "trust"]

"""Where caches should be: configuration files read into Settings, each value with its origin."""

from cachemgr.config.effective import load
from cachemgr.config.project import find_project
from cachemgr.config.variables import NAMES, directory

__all__ = ["NAMES", "directory", "find_project", "load"]

"""Find, explain and safely clear the caches of ML tools, applications and package managers."""

__version__ = "0.1.0"

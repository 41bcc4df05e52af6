"""Python's package managers."""

from cachemgr.catalogue.layouts.buckets import Buckets
from cachemgr.domain.cache_type import CacheType, Default, Empty, Expand, Variable
from cachemgr.domain.machine import Platform
from cachemgr.domain.terms import Category, Rebuild

_UNIX = (Platform.LINUX, Platform.MACOS)

CACHES = (
    CacheType(
        id="pip",
        title="pip",
        category=Category.PACKAGES,
        rebuild=Rebuild.DOWNLOADS,
        layout=Buckets(("http-v2", "http", "wheels", "selfcheck"), telling=("http-v2", "selfcheck")),
        variables=(
            Variable("PIP_CACHE_DIR", empty=Empty.UNSET, expands=Expand.HOME),
            Variable("XDG_CACHE_HOME", "pip", empty=Empty.UNSET, absolute_only=True, platforms=_UNIX),
        ),
        defaults=(
            Default("~/.cache/pip", platforms=(Platform.LINUX,)),
            Default("~/Library/Caches/pip", platforms=(Platform.MACOS,)),
            Default("%LOCALAPPDATA%/pip/Cache", platforms=(Platform.WINDOWS,)),
        ),
        third_party=True,
        sources=(
            "pip 26.3 _internal/commands/cache.py, cli/parser.py, utils/appdirs.py",
            "platformdirs 4.12.4 _xdg.py",
        ),
    ),
    CacheType(
        id="uv",
        title="uv",
        category=Category.PACKAGES,
        rebuild=Rebuild.DOWNLOADS,
        # `environments-v*` can hold the live environment of a project and leads into `archive-v*`, so where
        # there is one, the archive and what else points into it is left to uv.
        layout=Buckets(
            (
                "simple-v[0-9]*",
                "git-v[0-9]*",
                "interpreter-v[0-9]*",
                "builds-v[0-9]*",
                "flat-index-v[0-9]*",
                "python-v[0-9]*",
                "binaries-v[0-9]*",
                "osv-v[0-9]*",
            ),
            telling=("archive-v[0-9]*", "simple-v[0-9]*", "wheels-v[0-9]*", "interpreter-v[0-9]*"),
            pointing=("wheels-v[0-9]*", "sdists-v[0-9]*"),
            store="archive-v[0-9]*",
            support=(".gitignore", ".lock", "CACHEDIR.TAG"),
            lock=".lock",
        ),
        variables=(
            Variable("UV_CACHE_DIR"),
            Variable("XDG_CACHE_HOME", "uv", empty=Empty.UNSET, absolute_only=True, platforms=_UNIX),
        ),
        defaults=(
            Default("~/Library/Caches/uv", platforms=(Platform.MACOS,), if_exists=True),
            Default("~/.cache/uv", platforms=_UNIX),
            Default("%LOCALAPPDATA%/uv/cache", platforms=(Platform.WINDOWS,)),
        ),
        third_party=True,
        sources=(
            "uv crates/uv-cache/src/cli.rs, lib.rs @26a9dd4",
            "uv crates/uv-dirs/src/lib.rs",
            "uv docs/concepts/cache.md",
        ),
    ),
)

"""Whose a directory is. One that is not empty and never was a response cache is not taken over.

What would become of it otherwise: a CACHEDIR.TAG, for which backups leave all of it out, and sweeps that take
files for halves of entries because of their names.
"""

import os

from cachemgr.domain.display import display_name
from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt, ReadOnly
from cachemgr.responses.format import DISCARDED, LOCKS, MANIFEST, METADATA, OWN, OWN_SHARD, PACKED, SHARD
from cachemgr.responses.members import is_old, listed, members
from cachemgr.responses.pair import understand, understand_own

_HARMLESS = frozenset(
    (".gitignore", ".gitkeep", ".keep", ".DS_Store", "Thumbs.db", "desktop.ini", "lost+found")
)
"""What people and systems put into an empty directory."""


def admit(root: str) -> None:
    """Raises ReadOnly for a directory that is somebody else's."""
    if not root or os.path.dirname(root) == root:
        raise ReadOnly("the root of a file system is no place for a response cache")
    names = listed(root)
    if MANIFEST in names:
        return
    strange = sorted(name for name in names if not _is_ours(root, name))
    if strange and not any(_holds_entries(root, name) for name in names):
        raise ReadOnly(
            f"{display_name(root)} never was a response cache and holds {display_name(strange[0])};"
            " name an empty directory for one"
        )


def _is_ours(root: str, name: str) -> bool:
    """Or nobody's."""
    if SHARD.fullmatch(name) or name == DISCARDED:
        return not listed(f"{root}/{name}") and not os.path.islink(f"{root}/{name}")
    if name == PACKED:
        return _is_store(root) is not False
    return name in OWN or name in _HARMLESS or name.startswith((MANIFEST, PACKED, LOCKS))


def _is_store(root: str) -> bool | None:
    from cachemgr.responses.connections import is_ours  # most directories have no database

    return is_ours(f"{root}/{PACKED}")


def _holds_entries(root: str, name: str) -> bool:
    """Whether it is a database of ours, or a shard with a pair that can be understood, or with a name that
    only the old code gave."""
    if name == PACKED:
        return bool(_is_store(root))
    return OWN_SHARD.fullmatch(name) is not None and _is_shard(root, name)


def _is_shard(root: str, shard: str) -> bool:
    directory = f"{root}/{shard}"
    there = members(shard, listed(directory))
    if any(is_old(key) for key in there.keys):
        return True
    whole = {*(there.described & there.values.keys()), *there.own}
    return any(_is_described(f"{directory}/{key}", own=key in there.own) for key in whole)


def _is_described(stem: str, *, own: bool) -> bool:
    try:
        text = files.read(stem + METADATA)
        understand_own(text) if own else understand(text)
    except (OSError, Corrupt):
        return False
    return True

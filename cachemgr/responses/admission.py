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
    if strange and not any(_holds_entries(root, name) for name in names if OWN_SHARD.fullmatch(name)):
        raise ReadOnly(
            f"{display_name(root)} never was a response cache and holds {display_name(strange[0])};"
            " name an empty directory for one"
        )


def _is_ours(root: str, name: str) -> bool:
    """Or nobody's."""
    if SHARD.fullmatch(name) or name == DISCARDED:
        return not listed(f"{root}/{name}") and not os.path.islink(f"{root}/{name}")
    if name == PACKED:
        from cachemgr.responses.connections import is_ours  # most directories have no database

        return is_ours(f"{root}/{name}")
    return name in OWN or name in _HARMLESS or name.startswith((MANIFEST, PACKED, LOCKS))


def _holds_entries(root: str, shard: str) -> bool:
    """Whether a pair is there that can be understood, or a name that only the old code gave."""
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

"""May a cache go there at all? Decided from what was looked at, before anything is planned; each refusal is a
sentence with its numbers and a way out."""

from collections.abc import Collection, Sequence

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused
from cachemgr.domain.inventory import Cache, Inventory
from cachemgr.domain.migration import Ground, Load, Route, There
from cachemgr.domain.terms import Rule

MARGIN, RESERVE = 1.02, 64 * 2**20
"""What a copy needs beyond its bytes: directories and rounding, and room for everybody else."""
_SPARE = 16
"""Files of our own in a destination."""


def refuse_grounds(
    cache: Cache, inventory: Inventory, source: Ground, to: Ground, forced: Collection[Rule] = ()
) -> None:
    """Raise Refused where one directory is in the other or is the same, or cannot be written to."""
    name, place = cache.id, display_name(to.path)
    if not to.below and to.identity.inode == source.identity.inode:
        raise Refused(f"{place} is {name} itself under another name; name another directory with --to")
    if source.identity.inode in to.above or _shown_in(to, source):
        raise Refused(
            f"{place} lies inside {name}, which cannot go into itself; name a directory outside of it"
        )
    if not to.below and (to.identity.inode in source.above or _shown_in(source, to)):
        raise Refused(f"{name} lies inside {place}; name a directory of its own with --to")
    for other in inventory.caches:
        around = other.identity is not None and other.identity.inode in to.above
        itself = not to.below and other.identity is not None and other.identity.inode == to.identity.inode
        if around and not itself and other.type != "other":
            raise Refused(
                f"{place} lies inside {other.id}, another tool's cache; name a directory outside of it"
            )
        if itself and other.type not in (cache.type, cache.replaced_by):
            raise Refused(
                f"{place} is {other.id}, another tool's cache; name a directory of its own with --to"
            )
    if not to.writable:
        raise Refused(
            f"{display_name(to.anchor)} cannot be written to; change that, or name another with --to"
        )
    if not source.writable:
        where = display_name(source.anchor)
        raise Refused(f"{where} cannot be written to, so that {name} could be copied, but not moved away")
    if to.taken_up_by is not None and Rule.TRACKED not in forced:
        line = to.top.relative_to(to.taken_up_by).parts[0]
        raise Refused(
            f"{place} lies in the git work tree {display_name(to.taken_up_by)}, which does not ignore it, "
            f"so that it would be committed; add {display_name(line)}/ to .gitignore, "
            f"or go on with --force {Rule.TRACKED}"
        )
    if to.volume is not None and to.volume.network and Rule.NETWORK not in forced:
        raise Refused(
            f"{place} is on a network file system ({to.volume.type}), where locks may mean little; "
            f"go on with --force {Rule.NETWORK}, or name another with --to"
        )


def refuse_room(going: Sequence[tuple[Route, Load]]) -> None:
    """Raise Refused where what has to be copied does not fit, or cannot be what it is."""
    needs: dict[int, tuple[Ground, int, int]] = {}
    for route, load in going:
        if load.there is not There.NOTHING or is_rename(route, load):
            continue
        _, size, files = needs.get(route.to.identity.dev, (route.to, 0, 0))
        tally = load.unit.tally
        count = tally.files + tally.directories + tally.links
        needs[route.to.identity.dev] = (route.to, size + tally.size, files + count)
        if not route.to.links and tally.links:
            raise Refused(
                f"{display_name(route.to.path)} is on a file system without symbolic links, which "
                f"{load.title or route.cache} has {tally.links:,} of; name a directory elsewhere with --to"
            )
    for to, size, files in needs.values():
        need = int(size * MARGIN) + RESERVE
        if need > to.free:
            raise Refused(
                f"{display_name(to.path)} needs {_bytes(need)} and has {_bytes(to.free)} free, "
                f"{_bytes(need - to.free)} too little; make room, or name another with --to"
            )
        if to.inodes is not None and files + _SPARE > to.inodes:
            raise Refused(
                f"{display_name(to.path)} needs {files + _SPARE:,} files and its file system has room for "
                f"{to.inodes:,}; make room, or name another with --to"
            )


def is_rename(route: Route, load: Load) -> bool:
    """Whether it only gets another name: both places lie on one file system, seen through the same mount.
    A link that names its own cache has to be written anew."""
    same = route.source.identity.dev == route.to.identity.dev and route.source.mount == route.to.mount
    return same and not load.rewritten


def _shown_in(inner: Ground, outer: Ground) -> bool:
    if inner.shown is None or outer.shown is None:
        return False
    return inner.shown.is_relative_to(outer.shown)


def _bytes(number: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number} B"

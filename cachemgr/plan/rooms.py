"""On which file system entries lie, and how much is free there."""

from collections.abc import Iterable

from cachemgr.domain.inventory import Inventory, Volume
from cachemgr.plan.standing import Found


def rooms(inventory: Inventory, found: Iterable[Found]) -> Iterable[tuple[Volume | None, list[Found]]]:
    """The entries by the file system they lie on, by whichever of its mounts; None where that is unknown."""
    members: dict[object, list[Found]] = {}
    volumes: dict[object, Volume | None] = {}
    for one in found:
        cache = inventory.cache_by_id[one.entry.cache]
        volume = cache.volume
        # A block device is one whatever is mounted of it; several others have one name (tmpfs).
        number = None if cache.identity is None else cache.identity.inode[0]
        of = None
        if volume is not None:
            of = (volume.device, volume.device if volume.device.startswith("/") else number)
        members.setdefault(of, []).append(one)
        # Each was looked at in its own moment: what was freed meanwhile need not be freed again.
        if of not in volumes or (volume and (seen := volumes[of]) and volume.free > seen.free):
            volumes[of] = volume
    return [(volumes[of], inside) for of, inside in members.items()]

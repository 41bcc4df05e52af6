"""Where no cache may go, whether anything is there yet or not: decided by the path, because what does not
exist has no inode."""

import os
from collections.abc import Iterable, Set
from pathlib import Path

from cachemgr.disk.places import home_trash
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused
from cachemgr.domain.machine import Machine
from cachemgr.scan.candidate import Candidate

_SECRET = frozenset((".ssh", ".gnupg", ".aws", ".azure", ".kube", ".password-store", "keychains"))
"""Directories that hold keys: OpenSSH, GnuPG, the clouds' command lines, pass, macOS."""
_TRASH = frozenset((".trash", ".trashes", "$recycle.bin"))


def refuse_place(
    place: Path, shown: Path, kinds: Set[str], candidates: Iterable[Candidate], machine: Machine, own: Path
) -> None:
    """Raise Refused for a `place`, with its links resolved, that is for something else. `kinds` of caches may
    be in their own places; nothing may be in another tool's."""
    named = display_name(shown)
    for part in map(str.lower, place.parts):
        if part in _SECRET:
            raise Refused(f"{named} lies among credentials ({part}); name another with --to")
        if part in _TRASH or part.startswith(".trash-"):
            raise Refused(f"{named} lies in a trash, which is emptied; name another with --to")
    trash = home_trash(machine)
    if trash is not None and _is_in(place, trash):
        raise Refused(f"{named} lies in the trash, which is emptied; name another with --to")
    if _is_in(place, own):
        raise Refused(f"{named} lies in cachemgr's own directory; name another with --to")
    around = [(path, one.type.id) for one in candidates if one.path is not None and not one.problems
              and place.is_relative_to(path := _real(Path(one.path)))]  # fmt: skip
    # One tool's cache may be meant to be in another's, so that the innermost decides.
    innermost = max((len(path.parts) for path, _ in around), default=0)
    owners = {kind for path, kind in around if len(path.parts) == innermost}
    if owners and not owners & kinds:
        raise Refused(
            f"{named} is where {' and '.join(sorted(owners))} keeps its own; name another with --to"
        )


def _is_in(place: Path, directory: Path) -> bool:
    return place.is_relative_to(_real(directory))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))

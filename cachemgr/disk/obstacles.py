"""What keeps a unit at its place, whatever it is to its cache: its name, owner, the directory around it."""

import os

from cachemgr.disk.scope import Scope
from cachemgr.domain.credentials import first_credential
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Obstacle

Names = tuple[str, ...]
Obstacles = tuple[Obstacle, ...]


def obstacles_of(
    names: Names, status: os.stat_result, inside: Obstacles, scope: Scope, closed: str | None
) -> Obstacles:
    """Those that were met `inside` of a unit, and its own. `closed` is the directory on the way that nothing
    can be taken out of."""
    place = "/".join(names)
    # Other people's packages may hold such names; something of that name by itself is what it says.
    told = names[-1:] if scope.third_party else names
    if first_credential(told) is not None:
        inside = (*inside, Obstacle(Reason.PROTECTED, place))
    if closed is not None:
        inside = (*_without(inside, Reason.NOT_WRITABLE), Obstacle(Reason.NOT_WRITABLE, closed))
    if scope.owner is not None and status.st_uid != scope.owner:
        inside = (*_without(inside, Reason.FOREIGN_OWNER), Obstacle(Reason.FOREIGN_OWNER, place))
    return inside


def _without(obstacles: Obstacles, reason: Reason) -> Obstacles:
    return tuple(obstacle for obstacle in obstacles if obstacle.reason is not reason)

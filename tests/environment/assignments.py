"""An environment of made-up variables, for the ways to write them."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from cachemgr.domain.environment import Assignment, Environment
from cachemgr.domain.inventory import Origin

ORIGIN = Origin("cachemgr.toml", "test")


def environment(values: Sequence[str], removals: tuple[str, ...] = ()) -> Environment:
    """`V0`, `V1` … with those values."""
    made = (Assignment(f"V{number}", PurePosixPath(value), {}, ORIGIN) for number, value in enumerate(values))
    return Environment(tuple(made), removals)

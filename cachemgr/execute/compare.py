"""Whether two trees hold the same: kinds, sizes, bytes and where links lead."""

import os
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.leads import Move, lead
from cachemgr.domain.unit import Kind

Names = tuple[str, ...]


class Likeness(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    likeness: Likeness
    detail: str = ""
    errno: int | None = None


def compare(
    root: Handle, names: Names, other: Handle, other_names: Names, moves: tuple[Move, ...] = ()
) -> Generator[int, None, Compared]:
    pending: list[Names] = [()]
    try:
        while pending:
            below = pending.pop()
            one, two = (*names, *below), (*other_names, *below)
            a, b = handles.open_below(root, one[:-1]), handles.open_below(other, two[:-1])
            try:
                first, second = handles.lstat(a, one[-1]), handles.lstat(b, two[-1])
                kind = handles.kind(first)
                same = kind is handles.kind(second)
                if same and kind is Kind.LINK:
                    _, text = lead(one, handles.read_link(a, one[-1]), moves)
                    same = text == handles.read_link(b, two[-1])
                elif same and kind is Kind.FILE:
                    same = first.st_size == second.st_size and _same(a, one[-1], b, two[-1])
                    yield first.st_size
                elif same and kind is Kind.DIRECTORY:
                    x, y = handles.open_child(a, one[-1]), handles.open_child(b, two[-1])
                    try:
                        inner = sorted(handles.names(x))
                        same = inner == sorted(handles.names(y))
                    finally:
                        handles.close(x)
                        handles.close(y)
                    pending += [(*below, name) for name in inner]
            finally:
                handles.close(a)
                handles.close(b)
            if not same:
                return Compared(Likeness.DIFFERENT, "/".join(two))
    except OSError as error:
        return Compared(Likeness.UNKNOWN, "", error.errno)
    return Compared(Likeness.SAME)


def _same(a: Handle, name: str, b: Handle, other: str) -> bool:
    one = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=a)
    two = os.open(other, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=b)
    try:
        while True:
            x, y = os.read(one, 1 << 20), os.read(two, 1 << 20)
            if x != y:
                return False
            if not x:
                return True
    finally:
        os.close(one)
        os.close(two)

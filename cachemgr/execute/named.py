"""Files that are called after their content."""

import hashlib

Names = tuple[str, ...]

_HEX = frozenset("0123456789abcdef")


def named(names: Names, size: int) -> "hashlib._Hash | None":
    """The hash, begun, that gives a blob of a Hugging Face cache its name; None for everything else.

    `blobs/<sha256>` of large files and `blobs/<git's id>` of the others, which is a sha1 over a header and
    the content; in the store that repositories share, `blobs/<two digits>/<sha256>`.
    """
    name = names[-1]
    shared = len(names) > 2 and names[-3] == "blobs" and names[-2] == name[:2]
    if len(names) < 2 or not (names[-2] == "blobs" or shared) or not _HEX.issuperset(name):
        return None
    if len(name) == 64:
        return hashlib.sha256()
    if len(name) == 40:
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return None

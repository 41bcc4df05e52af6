"""What a cache's directory says about itself: whose it is, and which versions may read it."""

import os
import uuid
from contextlib import suppress

import msgspec

from cachemgr.responses import files
from cachemgr.responses.errors import ReadOnly, StoreError
from cachemgr.responses.format import KEY_SCHEME, READABLE, TAG_CONTENT, VERSION
from cachemgr.responses.places import Places

_NAME = "cachemgr.responses"


class _Manifest(msgspec.Struct):
    format: str = _NAME
    version: int = VERSION
    min_reader: int = 1
    key_scheme: int = KEY_SCHEME
    instance: str = ""
    encodings: tuple[str, ...] = ("identity",)
    """Of values that somebody may have stored."""


class Manifest:
    """Looked at once in a process, on the first read or write."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._readable = False
        self._writable = False
        self._compressed = False

    def allow_reading(self) -> None:
        """Raises StoreError where a newer version wrote what this one would misread."""
        if not self._readable:
            found = self._read()
            if found is not None and found.min_reader > READABLE:
                raise StoreError(f"written by a newer version (format {found.version})")
            self._readable = True

    def allow_writing(self, encoding: str = "identity") -> bool:
        """Makes the directory and its marks where there are none. Whether there may be compressed values.

        Raises ReadOnly for a newer version's.
        """
        if self._writable:
            return self._compressed
        self.allow_reading()
        found = self._read()
        if found is not None and found.version > VERSION:
            raise ReadOnly(f"written by a newer version (format {found.version}); it is only read here")
        known = found or _Manifest(instance=uuid.uuid4().hex)
        if found is None or encoding not in found.encodings:
            known.encodings = tuple(sorted({*known.encodings, encoding}))
            files.make_directory(self._places.root)
            self._write(known)
        self._compressed = known.encodings != ("identity",)
        self._writable = True
        return self._compressed

    def forget(self) -> None:
        """Look again at the next use."""
        self._readable = self._writable = False

    def _read(self) -> _Manifest | None:
        """None where there is none, or one that says nothing: then it is written again."""
        try:
            found = msgspec.json.decode(files.read(self._places.manifest), type=_Manifest)
        except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
            return None
        return found if found.format == _NAME else None

    def _write(self, manifest: _Manifest) -> None:
        _put(self._places.manifest, msgspec.json.encode(manifest))
        with suppress(FileExistsError):
            files.create(self._places.tag, TAG_CONTENT)


def _put(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    files.create(temporary, content)
    try:
        files.replace(temporary, path)
    except BaseException:
        files.remove(temporary)
        raise

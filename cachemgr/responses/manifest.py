"""What a cache's directory says about itself: whose it is, and which versions may read it."""

import os
import uuid
from contextlib import suppress

import msgspec

from cachemgr.responses import files
from cachemgr.responses.admission import admit
from cachemgr.responses.errors import ReadOnly, StoreError
from cachemgr.responses.format import KEY_SCHEME, MANIFEST, READABLE, TAG_CONTENT, VERSION
from cachemgr.responses.places import Places

_NAME = "cachemgr.responses"
_UNKNOWN = -1
"""The version of a manifest that has another shape than any we know."""
_NOT_UNDERSTOOD = (
    f"its {MANIFEST} cannot be understood, so it may be a newer version's: it is only read here; "
    "remove that file if the cache is yours"
)


class _Manifest(msgspec.Struct):
    format: str
    version: int
    min_reader: int = 1
    key_scheme: int = KEY_SCHEME
    instance: str = ""
    encodings: tuple[str, ...] = ("identity",)
    """Of values that somebody may have stored."""


class _Foreign(msgspec.Struct):
    """What may be asked of a manifest that has another shape than ours."""

    min_reader: int = 1


class Manifest:
    """Looked at once in a process, on the first read or write."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.readable = False
        self._writable = False
        self._encodings: tuple[str, ...] = ()

    def allow_reading(self) -> None:
        """Raises StoreError where a newer version wrote what this one would misread, and where the directory
        is somebody else's."""
        if not self.readable:
            found = self._read()
            if found is None:
                admit(self._places.root)
            elif found.min_reader > READABLE:
                raise StoreError(f"written by a newer version (format {found.version})")
            self.readable = True

    def allow_writing(self, encoding: str = "identity") -> bool:
        """Makes the directory and its marks where there are none. Whether there may be compressed values.

        Raises ReadOnly for a newer version's, and for one that cannot be understood, which may be such.
        """
        if self._writable and encoding in self._encodings:
            return self._encodings != ("identity",)
        self.allow_reading()
        found = self._read()
        if found is None:
            admit(self._places.root)
        elif reason := _refusal(found):
            raise ReadOnly(reason)
        known = found or _Manifest(_NAME, VERSION, instance=uuid.uuid4().hex)
        if found is None or encoding not in found.encodings:
            known.encodings = tuple(sorted({*known.encodings, encoding}))
            files.make_directory(self._places.root)
            self._write(known)
        self._encodings = known.encodings
        self._writable = True
        return self._encodings != ("identity",)

    def refusal(self) -> str:
        """Why nothing may be changed here, by what the manifest says, if so. Raises OSError."""
        found = self._read()
        return "" if found is None else _refusal(found)

    def forget(self) -> None:
        """Look again at the next use."""
        self.readable = self._writable = False

    def _read(self) -> _Manifest | None:
        """None where there is none, or an empty one, as a power cut leaves it: then it is written again."""
        try:
            content = files.read(self._places.manifest)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not content.strip(b"\0 \r\n\t"):
            return None
        try:
            found = msgspec.json.decode(content, type=_Manifest)
            if found.format == _NAME:
                return found
        except msgspec.MsgspecError:
            pass
        return _Manifest("", _UNKNOWN, min_reader=_least_reader(content))

    def _write(self, manifest: _Manifest) -> None:
        _put(self._places.manifest, msgspec.json.encode(manifest))
        with suppress(FileExistsError):
            files.create(self._places.tag, TAG_CONTENT)


def _refusal(found: _Manifest) -> str:
    if found.version == _UNKNOWN:
        return _NOT_UNDERSTOOD
    if found.version > VERSION:
        return f"written by a newer version (format {found.version}); it is only read here"
    return ""


def _least_reader(content: bytes) -> int:
    try:
        return msgspec.json.decode(content, type=_Foreign).min_reader
    except msgspec.MsgspecError:
        return 1


def _put(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    files.create(temporary, content)
    try:
        files.replace(temporary, path)
    except BaseException:
        files.remove(temporary)
        raise

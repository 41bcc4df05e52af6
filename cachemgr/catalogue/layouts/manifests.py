"""Ollama's store: manifests name the blobs that a model needs, and models share blobs.

Facts: ollama `manifest/paths.go`, `server/images.go`, `server/download.go`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cachemgr.catalogue.layouts.evidence import ABANDONED, tagged_or_empty
from cachemgr.domain.layout import Names, Reader
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Draft, Kind, Obstacle, Unit

_MANIFESTS, _BLOBS = "manifests", "blobs"
_DEPTH = 4
"""registry / namespace / model / tag"""
_HOME_REGISTRY = ("registry.ollama.ai", "library")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)
_BLOB = re.compile(r"sha256[-:]([0-9a-f]{64})(-partial(?:-[0-9]+)?)?", re.ASCII)
_MANIFEST_LIMIT = 1 << 20
_SETTLED = 3600
"""Seconds: a pull writes the manifest after the blobs, and the server itself prunes what is older."""

LOCAL = "made on this machine"
UNREFERENCED = "unreferenced"
UNFINISHED = "incomplete"


@dataclass(frozen=True, slots=True)
class Manifests:
    """Each model is an entry, and so is each unfinished download and each blob that no model needs.

    One manifest that cannot be read, or an index of another kind, and nobody can tell what is needed: then
    every model is held back, and no blob counts as unneeded.
    """

    def read(self, reader: Reader) -> Iterator[Draft]:
        store = _Store.of(reader)
        before = reader.unread
        leaves = tuple(_leaves(reader, (_MANIFESTS,)))
        models = [
            (names, manifest, _parsed(reader.text(*names, limit=_MANIFEST_LIMIT)))
            for names, kind in leaves
            if kind is Kind.FILE and (manifest := reader.unit(*names))
        ]
        blind = _other_indexes(reader)
        if reader.unread > before:
            blind.append(_MANIFESTS)
        blind += ["/".join(names) for names, kind in leaves if kind is Kind.LINK]
        blind += ["/".join(names) for names, _, model in models if model is None]
        held = tuple(Obstacle(Reason.SHARED, name) for name in blind)
        needed: set[str] = set()
        for names, manifest, model in models:
            if model is None:
                unread = Obstacle(Reason.NOT_RECOGNISED, "/".join(names))
                yield Draft(_title(names), pointers=(manifest,), obstacles=(unread,))
                continue
            needed |= model.digests
            own = (Obstacle(Reason.PROTECTED, LOCAL),) if model.local else ()
            yield Draft(
                _title(names),
                pointers=(manifest,),
                payload=store.units(reader, model.digests),
                notes=(LOCAL,) if model.local else (),
                obstacles=own + held,
            )
        yield from store.unfinished(reader)
        if models and not blind:
            yield from store.unneeded(reader, needed)

    def evidence(self, reader: Reader) -> bool:
        if tagged_or_empty(reader):
            return True
        blobs = reader.list(_BLOBS)
        return any(True for _ in _leaves(reader, (_MANIFESTS,))) and (
            not blobs or any(_BLOB.fullmatch(item.name) for item in blobs)
        )


@dataclass(frozen=True, slots=True)
class _Model:
    digests: frozenset[str]
    local: bool
    """Some layer was made here out of another model: no registry has it."""


@dataclass(frozen=True, slots=True)
class _Store:
    """The blobs directory: file names by digest."""

    whole: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: Reader) -> "_Store":
        store = cls()
        for item in reader.list(_BLOBS):
            if item.kind is Kind.FILE and (match := _BLOB.fullmatch(item.name)):
                files = store.parts if match[2] else store.whole
                files.setdefault(match[1], []).append(item.name)
        return store

    def units(self, reader: Reader, digests: frozenset[str]) -> tuple[Unit, ...]:
        files = (file for digest in sorted(digests) for file in self.whole.get(digest, ()))
        return tuple(unit for file in files if (unit := reader.unit(_BLOBS, file)))

    def unfinished(self, reader: Reader) -> Iterator[Draft]:
        for digest, files in self.parts.items():
            units = tuple(unit for file in files if (unit := reader.unit(_BLOBS, file)))
            yield Draft(f"sha256-{digest}-partial", payload=units, notes=(UNFINISHED,), idle=ABANDONED)

    def unneeded(self, reader: Reader, needed: set[str]) -> Iterator[Draft]:
        for digest in self.whole.keys() - needed:
            units = self.units(reader, frozenset((digest,)))
            yield Draft(
                f"sha256-{digest}", payload=units, notes=(UNREFERENCED,), detached=True, idle=_SETTLED
            )


def _leaves(reader: Reader, above: Names) -> Iterator[tuple[Names, Kind]]:
    """What lies in the index: manifests, and links that may lead to more of them."""
    for item in reader.list(*above):
        names = (*above, item.name)
        if item.kind is Kind.LINK:
            yield names, item.kind
        elif item.kind is Kind.DIRECTORY and len(names) <= _DEPTH:
            yield from _leaves(reader, names)
        elif item.kind is Kind.FILE and len(names) == _DEPTH + 1 and not item.name.startswith("."):
            yield names, item.kind


def _other_indexes(reader: Reader) -> list[str]:
    """What may name blobs in a way that this layout does not know."""
    return [
        item.name
        for item in reader.list()
        if item.name.startswith(_MANIFESTS) and (item.name != _MANIFESTS or item.kind is not Kind.DIRECTORY)
    ]


def _parsed(text: bytes | None) -> _Model | None:
    """What a manifest says; None where any of it cannot be understood."""
    try:
        manifest = json.loads((text or b"").decode())
        layers = [*(manifest.get("layers") or ()), *([manifest["config"]] if manifest.get("config") else ())]
        matches = [_DIGEST.fullmatch(layer["digest"]) for layer in layers]
        local = any(layer.get("from") for layer in layers)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    digests = [match[1] for match in matches if match]
    if not layers or len(digests) != len(layers):
        return None
    return _Model(frozenset(digests), local)


def _title(names: Names) -> str:
    """As `ollama list` writes it: the registry and its library are left out."""
    *where, model, tag = names[1:]
    if tuple(where) == _HOME_REGISTRY:
        where = []
    elif where[0] == _HOME_REGISTRY[0]:
        where = where[1:]
    return "/".join((*where, model)) + f":{tag}"

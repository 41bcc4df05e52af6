"""Hugging Face's hub cache: refs → snapshots → blobs, and the blob store its repositories share.

Facts: huggingface_hub 2.4.0 file_download.py, utils/_cache_manager.py, utils/_shared_blobs.py and
_tree_cache.py. Read here without that library: nothing in a cache decides which code runs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cachemgr.catalogue.layouts.tag import has_cachedir_tag
from cachemgr.domain.layout import Leaf, Names, Reader
from cachemgr.domain.unit import Draft, Item, Kind, Unit

REPOSITORY = re.compile(r"(models|datasets|spaces|kernels)--(.+)", re.DOTALL)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_INCOMPLETE = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})(\.[0-9a-f]{8})?\.incomplete")
_STORED = re.compile(r"[0-9a-f]{64}")
BOUND = ("snapshots",)
"""A repository without this directory counts as corrupt: it leaves only together with the repository."""
_STORE, _MARKER, _VERSION = "blobs", ".huggingface-shared-blobs", b"1\n"
_SUPPORT = frozenset((".locks", "CACHEDIR.TAG", "version.txt"))
_ABANDONED = 24 * 3600
"""A partial download that nobody wrote to for a day; 2.x never resumes one."""
_SETTLED = 3600
"""A blob is linked right after it was completed; an hour later it is referenced by nothing for good."""


@dataclass(frozen=True, slots=True)
class _Revision:
    commit: str
    leaves: tuple[Leaf, ...]
    held: frozenset[str]
    """The repository's blobs that its snapshot links."""


@dataclass(frozen=True, slots=True)
class _Repository:
    folder: str
    name: str
    blobs: Mapping[str, Item]
    refs: Mapping[str, tuple[str, ...]]
    """Commit → the names of the refs that point to it."""
    extras: Mapping[str, frozenset[str]]
    """What `.no_exist` and `trees` hold."""
    revisions: tuple[_Revision, ...]
    whole: bool
    """Everything in it could be read and every link understood, so that holders are known."""


class Hub:
    """Entries are revisions; what no revision links, and partial downloads, are entries of their own."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        store = self._store(reader)
        repositories: list[_Repository] = []
        before = reader.unread
        for item in reader.list():
            if item.kind is Kind.DIRECTORY and (match := REPOSITORY.fullmatch(item.name)):
                name = f"{match[1]}/{match[2].replace('--', '/')}"
                repositories.append(self._repository(reader, item.name, name))
            elif item.name in _SUPPORT:
                reader.keep(item.name)
        if reader.unread > before or not all(repository.whole for repository in repositories):
            # Somebody unseen may hold a shared payload: rather leak than break.
            store = frozenset()
        for repository in repositories:
            yield from self._drafts(reader, repository, store)

    def evidence(self, reader: Reader) -> bool:
        items = reader.list()
        repositories = (item for item in items if REPOSITORY.fullmatch(item.name))
        return (
            not items
            or any(item.kind is Kind.DIRECTORY for item in repositories)
            or has_cachedir_tag(reader)
            or {item.name for item in items} <= _SUPPORT
        )

    def _repository(self, reader: Reader, folder: str, name: str) -> _Repository:
        before = reader.unread
        items = {item.name for item in reader.list(folder)}

        def inside(name: str) -> tuple[Item, ...]:
            return reader.list(folder, name) if name in items else ()

        blobs = {item.name: item for item in inside("blobs")}
        refs = self._refs(reader, folder) if "refs" in items else {}
        extras = {name: frozenset(item.name for item in inside(name)) for name in (".no_exist", "trees")}
        revisions: list[_Revision] = []
        understood = True
        for item in inside("snapshots"):
            if item.kind is Kind.DIRECTORY:
                leaves = reader.leaves(folder, "snapshots", item.name)
                held, certain = self._held(folder, item.name, leaves, blobs)
                understood = understood and certain
                revisions.append(_Revision(item.name, leaves, held))
        whole = understood and reader.unread == before
        return _Repository(folder, name, blobs, refs, extras, tuple(revisions), whole)

    def _drafts(self, reader: Reader, repository: _Repository, store: frozenset[str]) -> Iterator[Draft]:
        commits = [revision.commit for revision in repository.revisions]
        for revision in repository.revisions:
            name = f"{repository.name}@{_short(revision.commit, commits)}"
            yield self._revision(reader, repository, revision, name, store)
        if repository.whole:
            yield from self._unreferenced(reader, repository, store)
        yield from self._incomplete(reader, repository)

    def _revision(
        self, reader: Reader, repository: _Repository, revision: _Revision, name: str, store: frozenset[str]
    ) -> Draft:
        folder, commit = repository.folder, revision.commit
        refs = repository.refs.get(commit, ())
        places = [(folder, "refs", *ref.split("/")) for ref in refs]
        places.append((folder, "snapshots", commit))
        if commit in repository.extras[".no_exist"]:
            places.append((folder, ".no_exist", commit))
        if f"{commit}.json" in repository.extras["trees"]:
            places.append((folder, "trees", f"{commit}.json"))
        pointers = (reader.unit(*place) for place in places)
        # With a link that leads elsewhere, or an unreadable revision, blobs may have holders unseen.
        held = revision.held if repository.whole else frozenset()
        payload = tuple(self._payload(reader, repository, held, store))
        plain = sum(leaf.size for leaf in revision.leaves if leaf.kind is Kind.FILE)
        return Draft(
            name=name,
            pointers=tuple(unit for unit in pointers if unit is not None),
            payload=payload,
            group=repository.name,
            notes=refs,
            detached=not refs,
            apparent=plain + sum(unit.tally.apparent for unit in payload if unit.identity.kind is Kind.FILE),
        )

    def _payload(
        self, reader: Reader, repository: _Repository, blobs: frozenset[str], store: frozenset[str]
    ) -> Iterator[Unit]:
        """The repository's own blobs, and behind each link into the shared store what it leads to."""
        for blob in sorted(blobs):
            unit = reader.unit(repository.folder, "blobs", blob)
            if unit is None:
                continue
            yield replace(unit, lock=(".locks", repository.folder, f"{blob}.lock"))
            if unit.identity.kind is Kind.LINK:
                target = reader.link(repository.folder, "blobs", blob)
                place = _resolve((repository.folder, "blobs"), target)
                if place is not None and "/".join(place) in store:
                    yield from self._stored(reader, place)

    def _stored(self, reader: Reader, place: Names) -> Iterator[Unit]:
        *folder, payload = place
        lock = (*folder, f"{payload}.lock")
        for name in (f"{payload}.refs", payload):
            if (unit := reader.unit(*folder, name)) is not None:
                yield replace(unit, lock=lock)

    def _unreferenced(
        self, reader: Reader, repository: _Repository, store: frozenset[str]
    ) -> Iterator[Draft]:
        linked = frozenset[str]().union(*(revision.held for revision in repository.revisions))
        left = frozenset(name for name in repository.blobs if _BLOB.fullmatch(name)) - linked
        if left:
            payload = tuple(self._payload(reader, repository, left, store))
            name = f"{repository.name}@unreferenced"
            yield Draft(name, (), payload, repository.name, ("unreferenced",), True, idle=_SETTLED)

    def _incomplete(self, reader: Reader, repository: _Repository) -> Iterator[Draft]:
        partial = [match for blob in sorted(repository.blobs) if (match := _INCOMPLETE.fullmatch(blob))]
        units = [
            replace(unit, lock=(".locks", repository.folder, f"{match[1]}.lock"))
            for match in partial
            if (unit := reader.unit(repository.folder, "blobs", match[0])) is not None
        ]
        if units:
            name = f"{repository.name}@incomplete"
            yield Draft(name, (), tuple(units), repository.name, ("incomplete",), True, idle=_ABANDONED)

    @staticmethod
    def _held(
        folder: str, commit: str, leaves: tuple[Leaf, ...], blobs: Mapping[str, Item]
    ) -> tuple[frozenset[str], bool]:
        """The blobs of this repository that a snapshot links, and whether every link was understood."""
        held: set[str] = set()
        certain = True
        for leaf in leaves:
            if leaf.kind is not Kind.LINK:
                continue
            place = _resolve((folder, "snapshots", commit, *leaf.names[:-1]), leaf.target)
            if place is not None and place[:2] == (folder, "blobs") and len(place) == 3:
                if place[2] in blobs:
                    held.add(place[2])
            else:
                certain = False
        return frozenset(held), certain

    def _refs(self, reader: Reader, folder: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        pending: list[Names] = [()]
        while pending:
            below = pending.pop()
            for item in reader.list(folder, "refs", *below):
                if item.kind is Kind.DIRECTORY:
                    pending.append((*below, item.name))
                elif item.kind is Kind.FILE:
                    text = (reader.text(folder, "refs", *below, item.name, limit=256) or b"").decode(
                        "latin-1"
                    )
                    if _COMMIT.fullmatch(text):
                        found.setdefault(text, []).append("/".join((*below, item.name)))
        return {commit: tuple(sorted(refs)) for commit, refs in found.items()}

    def _store(self, reader: Reader) -> frozenset[str]:
        """The shared payloads, as paths below the root; empty unless the store is marked and whole."""
        if not any(item.name == _STORE and item.kind is Kind.DIRECTORY for item in reader.list()):
            return frozenset()
        if reader.text(_STORE, _MARKER) != _VERSION:
            return frozenset()
        reader.keep(_STORE, _MARKER)
        found: set[str] = set()
        for shard in reader.list(_STORE):
            if shard.kind is not Kind.DIRECTORY or len(shard.name) != 2:
                continue
            names = {item.name: item.kind for item in reader.list(_STORE, shard.name)}
            for name, kind in names.items():
                if kind is not Kind.FILE:
                    continue
                if name.endswith(".lock"):
                    reader.keep(_STORE, shard.name, name)
                # Without a readable manifest the payload is left to the owning tool: rather leak than break.
                if (
                    _STORED.fullmatch(name)
                    and name[:2] == shard.name
                    and names.get(f"{name}.refs") is Kind.FILE
                ):
                    found.add(f"{_STORE}/{shard.name}/{name}")
        return frozenset(found)


def _short(commit: str, commits: list[str]) -> str:
    """Seven characters, or the whole name where two revisions begin alike."""
    return commit[:7] if sum(other[:7] == commit[:7] for other in commits) == 1 else commit


def _resolve(folder: Names, target: str | None) -> Names | None:
    """Where a relative link leads, by its text alone; None where it leaves the root or is absolute."""
    if not target or target.startswith(("/", "\\")) or ":" in target[:3]:
        return None
    place = list(folder)
    for part in target.replace("\\", "/").split("/"):
        if part == "..":
            if not place:
                return None
            place.pop()
        elif part not in ("", "."):
            place.append(part)
    return tuple(place)

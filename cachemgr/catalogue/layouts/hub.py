"""Hugging Face's hub cache: refs → snapshots → blobs, and the blob store its repositories share.

Facts: huggingface_hub 2.4.0 file_download.py, utils/_cache_manager.py, utils/_shared_blobs.py and
_tree_cache.py. Read here without that library: nothing in a cache decides which code runs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from cachemgr.catalogue.layouts import hub_downloads as downloads
from cachemgr.catalogue.layouts.hub_repository import (
    BLOB,
    COMMIT,
    HARMLESS,
    Repository,
    Revision,
)
from cachemgr.catalogue.layouts.hub_store import Store, is_stored, read_store
from cachemgr.catalogue.layouts.tag import has_cachedir_tag
from cachemgr.domain.layout import Leaf, Names, Reader
from cachemgr.domain.leads import straight_end
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Draft, Item, Kind, Obstacle, Unit

REPOSITORY = re.compile(r"(models|datasets|spaces|kernels)--(.+)", re.DOTALL)
BOUND = ("snapshots",)
"""A repository without this directory counts as corrupt: it leaves only together with the repository."""
_SUPPORT = frozenset((downloads.LOCKS, "CACHEDIR.TAG", "version.txt"))


class Hub:
    """Entries are revisions; what no revision links, and partial downloads, are entries of their own."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        store = read_store(reader)
        repositories: list[Repository] = []
        before, elsewhere = reader.unread, False
        for item in reader.list():
            match = REPOSITORY.fullmatch(item.name)
            elsewhere = elsewhere or (match is not None and item.kind is Kind.LINK)
            if match is not None and item.kind is Kind.DIRECTORY:
                name = f"{match[1]}/{match[2].replace('--', '/')}"
                repositories.append(self._repository(reader, item.name, name))
            elif item.name in _SUPPORT:
                reader.keep(item.name)
        # A link out of one repository may hold what lies in another.
        foreign = frozenset[str]().union(*(repository.foreign for repository in repositories))
        repositories = [
            replace(repository, whole=repository.whole and repository.folder not in foreign)
            for repository in repositories
        ]
        unread = reader.unread > before or elsewhere
        if unread or not all(repository.whole for repository in repositories):
            # Somebody unseen may hold a shared payload: rather leak than break.
            store = replace(store, removable=frozenset())
        for repository in repositories:
            store = replace(store, removable=store.removable - repository.held_unnamed)
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

    def _repository(self, reader: Reader, folder: str, name: str) -> Repository:
        before = reader.unread
        kinds = {item.name: item.kind for item in reader.list(folder)}

        def inside(name: str) -> tuple[Item, ...]:
            return reader.list(folder, name) if kinds.get(name) is Kind.DIRECTORY else ()

        # A link in the place of one of these directories hides holders and blobs.
        understood = all(kinds.get(name) in (None, Kind.DIRECTORY) for name in ("snapshots", "blobs"))
        blobs = {item.name: item for item in inside("blobs")}
        stored: dict[str, Names] = {}
        foreign: set[str] = set()
        for blob in blobs.values():
            if blob.kind is Kind.LINK:
                target = reader.link(folder, "blobs", blob.name) or ""
                place = straight_end((folder, "blobs"), target)
                if place is not None and is_stored(place):
                    stored[blob.name] = place
                else:
                    foreign.update(target.split("/"))
        for part in ("snapshots", "blobs"):
            if kinds.get(part) is Kind.LINK:
                # The blobs of the repository that it leads to have holders here.
                foreign.update((reader.link(folder, part) or "").split("/"))
        refs, alias = self._refs(reader, folder)
        extras = {
            name: frozenset(item.name for item in inside(name) if item.kind is kind)
            for name, kind in ((".no_exist", Kind.DIRECTORY), ("trees", Kind.FILE))
        }
        revisions: list[Revision] = []
        for item in inside("snapshots"):
            if item.kind is Kind.DIRECTORY:
                leaves = reader.leaves(folder, "snapshots", item.name)
                held, beyond = self._held(folder, item.name, leaves, blobs)
                foreign |= beyond
                if COMMIT.fullmatch(item.name):
                    revisions.append(Revision(item.name, leaves, held))
                    continue
            # Whatever else is here may hold blobs, too.
            understood = understood and item.name == HARMLESS
            alias = f"snapshots/{item.name}" if item.kind is Kind.LINK else alias
        alias = next((f"snapshots/{one.commit}" for one in revisions if one.commit in foreign), alias)
        whole = understood and not foreign and reader.unread == before
        return Repository(
            folder, name, blobs, stored, refs, extras, tuple(revisions), frozenset(foreign), whole, alias
        )

    def _drafts(self, reader: Reader, repository: Repository, store: Store) -> Iterator[Draft]:
        commits = [revision.commit for revision in repository.revisions]
        for revision in repository.revisions:
            name = f"{repository.name}@{_short(revision.commit, commits)}"
            yield self._revision(reader, repository, revision, name, store)
        if repository.whole:
            yield from self._unreferenced(reader, repository, store)
        yield from self._incomplete(reader, repository)

    def _revision(
        self, reader: Reader, repository: Repository, revision: Revision, name: str, store: Store
    ) -> Draft:
        folder, commit = repository.folder, revision.commit
        refs = repository.refs.get(commit, ())
        places = [(folder, "refs", *ref.split("/")) for ref in refs]
        places.append((folder, "snapshots", commit))
        if commit in repository.extras[".no_exist"]:
            places.append((folder, ".no_exist", commit))
        if f"{commit}.json" in repository.extras["trees"]:
            places.append((folder, "trees", f"{commit}.json"))
        pointers = downloads.locked(repository.folder, (reader.unit(*place) for place in places))
        # With a link that leads elsewhere, or an unreadable revision, blobs may have holders unseen.
        held = revision.held if repository.whole else frozenset()
        payload = tuple(self._payload(reader, repository, held, store))
        plain = sum(leaf.size for leaf in revision.plain)
        linked = sum(repository.size(blob, store) for blob in revision.held)
        return Draft(
            name=name,
            pointers=pointers,
            payload=payload,
            group=repository.name,
            notes=refs,
            version=commit,
            detached=not refs,
            apparent=plain + linked,
            obstacles=tuple(_obstacles(repository, revision)),
            busy_until=downloads.busy_until(repository.blobs),
        )

    def _payload(
        self, reader: Reader, repository: Repository, blobs: frozenset[str], store: Store
    ) -> Iterator[Unit]:
        """The repository's own blobs, and behind each link into the shared store what it leads to."""
        for blob in sorted(blobs):
            unit = reader.unit(repository.folder, "blobs", blob)
            if unit is None:
                continue
            yield replace(unit, lock=downloads.lock_of(repository.folder, blob))
            if blob in repository.stored:
                yield from store.units(reader, repository.stored[blob])

    def _unreferenced(self, reader: Reader, repository: Repository, store: Store) -> Iterator[Draft]:
        """Blobs that no snapshot links, and what is noted about commits that have no snapshot."""
        left = (
            frozenset(
                name
                for name, item in repository.blobs.items()
                if BLOB.fullmatch(name) and item.kind in (Kind.FILE, Kind.LINK)
            )
            - repository.linked
        )
        payload = tuple(self._payload(reader, repository, left, store))
        notes = (reader.unit(repository.folder, *place) for place in repository.orphans())
        pointers = downloads.locked(repository.folder, notes)
        if pointers or payload:
            yield Draft(
                f"{repository.name}@unreferenced",
                pointers,
                payload,
                repository.name,
                ("unreferenced",),
                detached=True,
                idle=downloads.SETTLED,
                busy_until=downloads.busy_until(repository.blobs),
            )

    def _incomplete(self, reader: Reader, repository: Repository) -> Iterator[Draft]:
        units = [
            replace(unit, lock=downloads.lock_of(repository.folder, blob))
            for name, blob in downloads.partial(repository.blobs)
            if (unit := reader.unit(repository.folder, "blobs", name)) is not None
        ]
        if units:
            name = f"{repository.name}@incomplete"
            yield Draft(
                name, (), tuple(units), repository.name, ("incomplete",), True, idle=downloads.ABANDONED
            )

    @staticmethod
    def _held(
        folder: str, commit: str, leaves: tuple[Leaf, ...], blobs: Mapping[str, Item]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The blobs of this repository that a snapshot links, and the names on the way of its other
        links: never empty where there is one."""
        held: set[str] = set()
        foreign: set[str] = set()
        for leaf in leaves:
            if leaf.kind is not Kind.LINK:
                continue
            place = straight_end((folder, "snapshots", commit, *leaf.names[:-1]), leaf.target)
            if place is None or place[:2] != (folder, "blobs") or len(place) != 3:
                foreign.update((leaf.target or "").split("/"))
                continue
            blob = blobs.get(place[2])
            if blob is not None and blob.kind in (Kind.FILE, Kind.LINK):
                held.add(blob.name)
            elif blob is not None:
                foreign.add(blob.name)
        return frozenset(held), frozenset(foreign)

    def _refs(self, reader: Reader, folder: str) -> tuple[dict[str, tuple[str, ...]], str]:
        """Commit → refs, and a ref that is a link, if there is one."""
        found: dict[str, list[str]] = {}
        alias = ""
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
                    if COMMIT.fullmatch(text):
                        found.setdefault(text, []).append("/".join((*below, item.name)))
                elif item.kind is Kind.LINK:
                    alias = "/".join(("refs", *below, item.name))
        return {commit: tuple(sorted(refs)) for commit, refs in found.items()}, alias


def _obstacles(repository: Repository, revision: Revision) -> Iterator[Obstacle]:
    if repository.alias:
        yield Obstacle(Reason.SHARED, repository.alias)
    if (strange := revision.strange) is not None:
        place = (repository.folder, "snapshots", revision.commit, *strange.names)
        yield Obstacle(Reason.NOT_RECOGNISED, "/".join(place))


def _short(commit: str, commits: list[str]) -> str:
    """Seven characters, or the whole name where two revisions begin alike."""
    return commit[:7] if sum(other[:7] == commit[:7] for other in commits) == 1 else commit

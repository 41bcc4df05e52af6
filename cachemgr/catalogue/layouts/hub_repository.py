"""What was read of one repository of the hub cache, and what follows from it alone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cachemgr.catalogue.layouts.hub_store import Store
from cachemgr.domain.layout import Leaf, Names
from cachemgr.domain.unit import Item, Kind

COMMIT = re.compile(r"[0-9a-f]{40}")
BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
HARMLESS = ".DS_Store"


@dataclass(frozen=True, slots=True)
class Revision:
    commit: str
    leaves: tuple[Leaf, ...]
    held: frozenset[str]
    """The repository's blobs that its snapshot links."""

    @property
    def plain(self) -> tuple[Leaf, ...]:
        """The files of its snapshot that are no links: all of them where a system has none."""
        return tuple(leaf for leaf in self.leaves if leaf.kind is Kind.FILE)

    @property
    def strange(self) -> Leaf | None:
        """A file among links: the library links where it can, so that somebody else put it there
        (`save_pretrained` into the directory that a model was loaded from)."""
        if len(self.plain) == len(self.leaves):
            return None
        return next((leaf for leaf in self.plain if leaf.names[-1] != HARMLESS), None)


@dataclass(frozen=True, slots=True)
class Repository:
    folder: str
    name: str
    blobs: Mapping[str, Item]
    stored: Mapping[str, Names]
    """Where in the shared store a blob that is a link leads."""
    refs: Mapping[str, tuple[str, ...]]
    """Commit → the names of the refs that point to it."""
    extras: Mapping[str, frozenset[str]]
    """What `.no_exist` and `trees` hold."""
    revisions: tuple[Revision, ...]
    foreign: frozenset[str]
    """Names on the way of links that lead neither to a blob of its own nor into the shared store."""
    whole: bool
    """Everything in it could be read and every link understood, so that holders are known."""
    alias: str
    """A link that stands for a ref or a snapshot, and would lead to nothing; empty where there is none."""

    @property
    def linked(self) -> frozenset[str]:
        """The blobs that any snapshot links."""
        return frozenset[str]().union(*(revision.held for revision in self.revisions))

    @property
    def held_unnamed(self) -> frozenset[Names]:
        """The shared payloads behind links that belong to no entry, and so would be left leading nowhere."""
        linked = self.linked
        return frozenset(
            place for blob, place in self.stored.items() if blob not in linked and not BLOB.fullmatch(blob)
        )

    def orphans(self) -> Iterator[Names]:
        """Refs, markers of absent files and tree listings whose commit has no snapshot."""
        commits = {revision.commit for revision in self.revisions}
        for commit in sorted(self.refs.keys() - commits):
            yield from (("refs", *ref.split("/")) for ref in self.refs[commit])
        for folder, ending in ((".no_exist", ""), ("trees", ".json")):
            for name in sorted(self.extras[folder]):
                commit = name.removesuffix(ending)
                if name == commit + ending and COMMIT.fullmatch(commit) and commit not in commits:
                    yield (folder, name)

    def size(self, blob: str, store: Store) -> int:
        """What the owning tool counts for a blob: the file behind the link."""
        if blob in self.stored:
            return store.sizes.get(self.stored[blob], 0)
        return self.blobs[blob].identity.size

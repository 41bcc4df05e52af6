"""Words that name caches and entries: `all`, a category, `legacy`, a type, an id, a group, a glob over ids.

A word is taken literally wherever it names something, and as a glob only where it does not, so that an
entry called `[x]*` can be named.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from re import compile as compile_pattern

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.errors import UnknownTarget, UsageError
from cachemgr.domain.inventory import CacheId, Entry, EntryId, Inventory
from cachemgr.domain.terms import Category

_GLOB = frozenset("*?[")
_ELLIPSES = ("…", "...")
"""What a table writes for the part of a name that it has no room for."""
_LISTED = 5
"""How many ids are named that a word could mean."""
_CANDIDATES = 2000
"""How many ids a misspelled one is compared with; more would take seconds."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What targets named."""

    entries: frozenset[EntryId]
    caches: tuple[CacheId, ...]
    """Every cache that was named, or holds an entry that was; in the inventory's order."""
    named: frozenset[CacheId] = frozenset()
    """The caches that were named by type or id, and not merely met through a wider word."""


def strange(target: str, types: Iterable[str]) -> str | None:
    """What is meant instead by a word that cannot name anything where there are those types of caches: the
    nearest that can, or an empty text; None for a word that can, as far as is known without looking."""
    from difflib import get_close_matches  # only a mistake needs it

    kind = target.partition(":")[0].partition("@")[0]
    words = ("all", "legacy", *(category.value for category in Category), *types)
    if kind in words or _GLOB.intersection(target):
        return None
    return next(iter(get_close_matches(kind.lower(), words, 1, 0.75)), "")


def select(
    inventory: Inventory,
    targets: Sequence[str],
    types: Iterable[CacheType] = (),
    shown: Callable[[str], str] = str,
) -> Selection:
    """What the targets name together; no targets name everything.

    `shown` is how ids appear on a screen: an id that cannot be typed is found by that spelling. Raises
    UnknownTarget for the first word that names nothing (`all` always names something).
    """
    known_types = frozenset(kind.id for kind in types)
    entries: set[EntryId] = set()
    caches: set[CacheId] = set()
    named: set[CacheId] = set()
    for target in targets or ("all",):
        by_id, wide = _caches(inventory, target)
        found = _entries(inventory, target, by_id | wide, shown)
        if target != "all" and not (found or by_id or wide):
            raise UnknownTarget(_unknown(inventory, target, known_types))
        entries.update(entry.id for entry in found)
        caches |= by_id | wide | {entry.cache for entry in found}
        named |= by_id
    order = tuple(cache.id for cache in inventory.caches if cache.id in caches)
    return Selection(frozenset(entries), order, frozenset(named))


def written_out(
    inventory: Inventory, word: str, about: Collection[EntryId], shown: Callable[[str], str] = str
) -> str:
    """The id that a table shows as `word`, with an ellipsis for what it had no room for; `word` where there
    is none. Looks among the entries that the table is `about` before all others. Raises UsageError with the
    candidates where several look like that."""
    if word in inventory.entry_by_id:
        return word
    found = sorted(_cut(word, about, shown) or _cut(word, inventory.entry_by_id, shown))
    if len(found) > 1:
        names = ", ".join(map(shown, found[:_LISTED]))
        more = f" and {len(found) - _LISTED:,} more" if found[_LISTED:] else ""
        raise UsageError(
            f"{word!r} is how {len(found):,} entries look on a screen; name one of {names}{more}"
        )
    return found[0] if found else word


def _cut(word: str, ids: Iterable[EntryId], shown: Callable[[str], str]) -> list[EntryId]:
    """The ids that begin and end as a word with an ellipsis does."""
    for ellipsis in _ELLIPSES:
        head, there, tail = word.partition(ellipsis)
        if there:
            least = len(head) + len(tail)
            looks = ((one, shown(one)) for one in ids)
            return [
                one
                for one, look in looks
                if look.startswith(head) and look.endswith(tail) and len(look) > least
            ]
    return []


def _caches(inventory: Inventory, target: str) -> tuple[set[CacheId], set[CacheId]]:
    """The caches a word names by type or id, and those it names by a wider word."""
    by_id = {cache.id for cache in inventory.caches if target in (cache.id, cache.type)}
    if by_id:
        return by_id, set()
    return set(), {
        cache.id
        for cache in inventory.caches
        if target in ("all", cache.category.value) or (target == "legacy" and cache.legacy)
    }


def _entries(
    inventory: Inventory, target: str, caches: set[CacheId], shown: Callable[[str], str]
) -> Sequence[Entry]:
    if caches:
        return [entry for cache in caches for entry in inventory.entries_by_cache.get(cache, ())]
    if (entry := inventory.entry_by_id.get(target)) is not None:
        return [entry]
    return _grouped(inventory, target) or _spelled(inventory, target, shown) or _globbed(inventory, target)


def _grouped(inventory: Inventory, target: str) -> Sequence[Entry]:
    """The entries of a group, or of all groups below a prefix of one."""
    cache, colon, group = target.partition(":")
    if not colon or not group:
        return []
    below = group.rstrip("/") + "/"
    return [
        entry
        for entry in inventory.entries_by_cache.get(cache, ())
        if entry.group and (entry.group == group or entry.group.startswith(below))
    ]


def _spelled(inventory: Inventory, target: str, shown: Callable[[str], str]) -> Sequence[Entry]:
    if "\\" not in target:
        return []
    found = [entry for entry in inventory.entries if shown(entry.id) == target]
    if len(found) > 1:
        raise UsageError(f"{target!r} is how {len(found)} entries look on a screen; name one by a glob")
    return found


def _globbed(inventory: Inventory, target: str) -> Sequence[Entry]:
    if not _GLOB.intersection(target):
        return []
    matches = compile_pattern(translate(target)).match
    caches = {cache.id for cache in inventory.caches if matches(cache.id)}
    return [entry for entry in inventory.entries if entry.cache in caches or matches(entry.id)]


def _unknown(inventory: Inventory, target: str, types: frozenset[str]) -> str:
    if target in types:
        hint = "; `cachemgr responses` looks for one of a program without configuration"
        return f"no {target} cache was found on this machine" + (hint if target == "responses" else "")
    if target == "legacy":
        return "nothing is in a legacy location"
    if target in [category.value for category in Category]:
        return f"no cache of the category {target} was found on this machine"
    from difflib import get_close_matches  # only a mistake needs it

    words = ["all", "legacy", *Category, *types]
    words += [word for cache in inventory.caches for word in (cache.type, cache.id)]
    words += _comparable(inventory, target)
    if target.startswith(("/", "~", "./")) or target[1:3] == ":\\":
        return f"{target!r} is a path; a target is an id, and `cachemgr ls --quiet` prints every id"
    cache, colon, name = target.partition(":")
    if colon and cache in inventory.entries_by_cache:
        near = [word for word in _comparable(inventory, target) if word.startswith(f"{cache}:")]
        # The names alone: what stands before them is the same in all.
        names = {word[len(cache) + 1 :]: word for word in near}
        close = [names[one] for one in get_close_matches(name, names, 1, 0.6)]
        cut = _cut(target, near, str)
        nearest = _containing(name, cache, near) or (cut if len(cut) == 1 else close)
        way_out = (
            f"did you mean {nearest[0]}?" if nearest else f"`cachemgr ls {cache} --quiet` prints its ids"
        )
        return f"{cache} holds no entry {target!r}; {way_out}"
    kind, at, _ = target.partition("@")
    if at:
        # What stands before the place is compared alone: all that lies at home looks alike behind it.
        kinds = get_close_matches(kind.lower(), {cache.type for cache in inventory.caches}, 3, 0.6)
        words = [cache.id for cache in inventory.caches if cache.type in kinds]
    nearest = get_close_matches(target.lower(), words, 1, 0.6) or get_close_matches(target, words, 1, 0.6)
    way_out = f"did you mean {nearest[0]}?" if nearest else "`cachemgr ls --quiet` prints every id"
    return f"{target!r} names no cache and no entry; {way_out}"


def _containing(name: str, cache: str, near: Sequence[str]) -> list[str]:
    """The one id that begins with what was named, or the one that has it in it."""
    begins = [word for word in near if word.startswith(f"{cache}:{name}")]
    holds = begins or [word for word in near if name and name in word[len(cache) + 1 :]]
    return holds[:1]


def _comparable(inventory: Inventory, target: str) -> Iterable[str]:
    cache, colon, _ = target.partition(":")
    near = inventory.entries_by_cache.get(cache, ()) if colon else ()
    groups = dict.fromkeys(f"{entry.cache}:{entry.group}" for entry in near[:_CANDIDATES] if entry.group)
    return [*groups, *(entry.id for entry in (near or inventory.entries)[:_CANDIDATES])]

"""Whether two trees have the same shape: names, kinds, sizes and the texts of links. No file is read."""

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.migration import There
from cachemgr.domain.unit import Kind

Names = tuple[str, ...]


def there(root: Handle, target: Handle, names: Names) -> There:
    """What is in another root at the place of something. What cannot be looked at counts as other."""
    try:
        folder = handles.open_below(target, names[:-1])
    except FileNotFoundError:
        return There.NOTHING
    except OSError:
        return There.OTHER
    try:
        handles.lstat(folder, names[-1])
    except FileNotFoundError:
        return There.NOTHING
    finally:
        handles.close(folder)
    try:
        return There.ALIKE if _alike(root, target, names) else There.OTHER
    except OSError:
        return There.OTHER


def _alike(one: Handle, other: Handle, top: Names) -> bool:
    pending = [top]
    while pending:
        names = pending.pop()
        here = _entries(one, names[:-1], names[-1:])
        if here != _entries(other, names[:-1], names[-1:]):
            return False
        if here[names[-1]][0] is not Kind.DIRECTORY:
            continue
        mine, theirs = _entries(one, names), _entries(other, names)
        if mine != theirs:
            return False
        pending += [(*names, name) for name, (kind, _) in mine.items() if kind is Kind.DIRECTORY]
    return True


def _entries(
    root: Handle, names: Names, only: tuple[str, ...] | None = None
) -> dict[str, tuple[Kind, int | str]]:
    folder = handles.open_below(root, names)
    try:
        found: dict[str, tuple[Kind, int | str]] = {}
        for name in only or handles.names(folder):
            status = handles.lstat(folder, name)
            kind = handles.kind(status)
            size: int | str = status.st_size if kind is Kind.FILE else 0
            # An absolute link is rewritten on its way, so that its text says nothing.
            if kind is Kind.LINK and (text := handles.read_link(folder, name))[:1] not in ("/", "\\"):
                size = text
            found[name] = kind, size
        return found
    finally:
        handles.close(folder)

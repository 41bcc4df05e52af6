"""A unit leaves its place at once and is looked into where it lies then; what must not go is back, whole."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk.places import Protected
from cachemgr.domain.event import Gauge
from cachemgr.domain.run_event import RunFinished
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute import effects, system
from cachemgr.execute.executor import Execution
from cachemgr.execute.guard import Guard
from cachemgr.service import CacheManager
from tests.builders import Link, machine, tree
from tests.desk import carry_out, identity, picture, plan_of, removal
from tests.execute.other_user import as_other_user, needs_root
from tests.execute.removing import looking
from tests.mounting import mounted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

MOVED = [Disposal.DELETE, Disposal.QUARANTINE]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A cache, and an entry in a folder of it, none of them touched for a long time."""
    box = tree(tmp_path / "box", {"folder": {"entry": {"a": "1", "deep": {"er": {"b": "2"}}}}, "other": "3"})
    for path in (*box.rglob("*"), box):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return box


def moves(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The renames that were tried from now on, by their names."""
    seen: list[tuple[str, str]] = []
    move = system.move

    def spied(source: int, name: str, target: int, new_name: str) -> None:
        seen.append((name, new_name))
        move(source, name, target, new_name)

    monkeypatch.setattr(system, "move", spied)
    return seen


@pytest.mark.parametrize(
    ("disposal", "size", "looks"),
    [
        (Disposal.QUARANTINE, 1, [False]),
        # Again right before it is deleted, unless it is large and nothing else happened since.
        (Disposal.DELETE, 1_000_000, [False, False]),
        (Disposal.DELETE, 1, [False]),
    ],
)
def test_nobody_looks_into_an_entry_before_it_has_left_its_place(
    disposal: Disposal, size: int, looks: list[bool], service: CacheManager, box: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plan = plan_of(box, removal(box, "folder", "entry", disposal=disposal))
    there: list[bool] = []
    monkeypatch.setattr(effects, "_LARGE", size)
    looking(monkeypatch, lambda: there.append((box / "folder" / "entry").exists()))
    assert carry_out(service, plan).statuses == [Status.DONE]
    assert there == looks


def something_new(entry: Path) -> None:
    (entry / "deep" / "er" / "new").write_text("written after the plan was shown")


def something_written(entry: Path) -> None:
    (entry / "deep" / "er" / "b").write_text("another")


def something_gone(entry: Path) -> None:
    (entry / "deep" / "er" / "b").unlink()


def a_credential(entry: Path) -> None:
    (entry / "deep" / "er" / "token").write_text("secret")


def a_strangers_file(entry: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(entry / "deep" / "er" / "b", 12345, 12345)


@pytest.mark.parametrize("disposal", MOVED)
@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (something_new, "changed"),
        (something_written, "changed"),
        (something_gone, "changed"),
        (a_credential, "protected"),
        (a_strangers_file, "foreign-owner"),
    ],
)
def test_what_must_not_go_is_back_as_if_nothing_had_been(
    change: Callable[[Path], None], kind: str, disposal: Disposal, service: CacheManager, box: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plan = plan_of(box, removal(box, "folder", "entry", disposal=disposal))
    change(box / "folder" / "entry")
    places = (box / "folder", box)
    before, times = picture(box.parent), [(os.stat(place).st_atime_ns) for place in places]
    seen = moves(monkeypatch)

    done = carry_out(service, plan)

    assert done.kinds == [kind]
    assert seen == [("entry", "0"), ("0", "entry")]
    assert [(os.stat(place).st_atime_ns) for place in places] == times
    assert picture(box.parent) == before
    assert service.run().quarantined == ()


@needs_root
@pytest.mark.parametrize("disposal", ["DELETE", "QUARANTINE"])
def test_what_cannot_be_looked_into_is_back_too(disposal: str, open_box: Path) -> None:
    """It may hold a credential."""
    tree(open_box, {"entry": {"a": "1", "deep": {"token": "secret"}}})
    code = f"""
    os.chmod(box / 'entry' / 'deep', 0)
    before = (box / 'entry').stat(), box.stat()
    step = removal(box, 'entry', disposal=Disposal.{disposal})
    print(carry_out(service, plan_of(box, step)).kinds)
    after = (box / 'entry').stat(), box.stat()
    print([(a.st_ino, a.st_mtime_ns) == (b.st_ino, b.st_mtime_ns) for a, b in zip(before, after)])
    """
    told = as_other_user(open_box, "\n".join(line.strip() for line in code.splitlines()))
    assert told.splitlines() == ["['os']", "[True, True]"]
    assert (open_box / "entry" / "deep" / "token").read_text() == "secret"
    assert os.listdir(open_box) == ["entry"]


@pytest.mark.parametrize("disposal", MOVED)
@pytest.mark.parametrize(("below", "renames"), [((), 0), (("deep", "er"), 2)])
def test_a_unit_that_is_or_holds_what_is_protected_stays(
    below: tuple[str, ...], renames: int, disposal: Disposal, home: Path, box: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Known by what it is, so that it does not matter what the way to it is called by then."""
    entry = box / "folder" / "entry"
    plan = plan_of(box, removal(box, "folder", "entry", disposal=disposal))
    protected = Protected({identity(entry.joinpath(*below)).inode: "home"}, frozenset())
    before, seen = picture(box), moves(monkeypatch)
    with Guard(plan, protected) as guard:
        last = list(Execution("run", plan, guard, machine(home), {}, Gauge()).events())[-1]
    assert isinstance(last, RunFinished)
    assert [outcome.trouble and outcome.trouble.kind for outcome in last.outcomes] == ["protected"]
    assert picture(box) == before
    assert len(seen) == renames


@needs_root
@pytest.mark.parametrize("names", [("folder", "entry", "deep"), ("folder", "entry"), ("other",)])
@pytest.mark.parametrize("disposal", MOVED)
def test_what_holds_a_mount_is_not_even_moved(
    disposal: Disposal, names: tuple[str, ...], service: CacheManager, box: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    outside = tree(box.parent / "outside", {"folder": {"precious": "mine"}, "file": "mine"})
    place = box.joinpath(*names)
    with mounted(place, "--bind", outside / ("file" if place.is_file() else "folder")):
        step = removal(box, *names[:2], disposal=disposal)
        seen = moves(monkeypatch)
        assert carry_out(service, plan_of(box, replace(step, seen=None))).kinds == ["mount-point"]
        assert seen == []
    assert (outside / "folder" / "precious").read_text() == "mine"


def test_what_goes_to_the_trash_is_looked_into_before_it_gets_there(
    service: CacheManager, home: Path, box: Path
) -> None:
    step = removal(box, "folder", "entry", disposal=Disposal.TRASH)
    a_credential(box / "folder" / "entry")
    before = picture(box)
    assert carry_out(service, plan_of(box, step)).kinds == ["protected"]
    assert picture(box) == before
    assert not (home / ".local" / "share" / "Trash").exists()


def test_a_directory_that_somebody_else_changed_meanwhile_keeps_the_time_of_that(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(box, removal(box, "folder", "entry"))
    something_new(box / "folder" / "entry")
    looking(monkeypatch, lambda: os.utime(box / "folder", (5, 5)))
    assert carry_out(service, plan).kinds == ["changed"]
    assert (box / "folder").stat().st_mtime_ns not in (5 * 10**9, 1_600_000_000 * 10**9)
    assert box.stat().st_mtime == 1_600_000_000


@pytest.mark.parametrize("disposal", MOVED)
def test_the_root_looks_untouched_when_only_something_below_it_went(
    disposal: Disposal, service: CacheManager, box: Path
) -> None:
    done = carry_out(service, plan_of(box, removal(box, "folder", "entry", disposal=disposal)))
    assert done.statuses == [Status.DONE]
    if disposal is Disposal.QUARANTINE:
        carry_out(service, service.plan_undo())
        assert (box / "folder").stat().st_mtime == 1_600_000_000
    assert box.stat().st_mtime == 1_600_000_000


def test_a_link_in_the_place_of_a_unit_is_not_followed(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel = tree(box.parent / "sentinel", {"token": "secret"})
    plan = plan_of(box, removal(box, "folder", "entry"))
    move = system.move

    def swap_first(source: int, name: str, target: int, new_name: str) -> None:
        if name == "entry":
            (box / "folder" / "entry").rename(box.parent / "aside")
            tree(box, {"folder/entry": Link(str(sentinel))})
        move(source, name, target, new_name)

    monkeypatch.setattr(system, "move", swap_first)
    assert carry_out(service, plan).kinds == ["changed"]
    assert (box / "folder" / "entry").readlink() == sentinel
    assert (sentinel / "token").read_text() == "secret"
    assert (box.parent / "aside" / "a").read_text() == "1"

"""A home and a project between which caches move, and what has to be the same afterwards."""

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HFCacheInfo

from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Rule
from cachemgr.service import CacheManager
from tests.builders import commit
from tests.caches import HubOnDisk
from tests.managers import manager

TOKEN = "hf_" + "x" * 30


@dataclass(frozen=True, slots=True)
class Ground:
    """A home with a hub, and the project that it is to go to."""

    home: Path
    project: Path

    @property
    def hub(self) -> HubOnDisk:
        return HubOnDisk(self.home / ".cache" / "huggingface" / "hub")

    @property
    def there(self) -> HubOnDisk:
        return HubOnDisk(self.project / ".cache" / "huggingface" / "hub")

    @property
    def token(self) -> Path:
        return self.home / ".cache" / "huggingface" / "token"

    @property
    def service(self) -> CacheManager:
        return manager(self.home, self.project)

    def plan(
        self,
        *targets: str,
        to: Path | None = None,
        link: bool = False,
        force: Collection[Rule] = (),
    ) -> Plan:
        service = self.service
        inventory = service.inventory()
        wanted = targets or ("huggingface-hub@home",)
        chosen = {
            entry.id
            for entry in inventory.entries
            if any(entry.id == word or entry.cache == word or f"{entry.cache}:{entry.group}" == word
                   for word in wanted)
        }  # fmt: skip
        assert chosen, "the test chose nothing"
        return service.plan_migrate(inventory, chosen, to=to, link=link, targets=wanted, force=force)


def ground(home: Path, project: Path, *, shared: bool = False) -> Ground:
    """Three repositories, one of them with two revisions, and a token beside the hub."""
    found = Ground(home, project)
    hub = found.hub
    hub.download("ada/two", commit("1"), {"config.json": b"{1}", "m.bin": b"s" * 9000}, refs=())
    hub.download("ada/two", commit("2"), {"config.json": b"{2}", "m.bin": b"s" * 9000}, refs=("main",))
    hub.absent("ada/two", commit("1"), "adapter_config.json")
    xet = ("s.bin",) if shared else ()
    hub.download(
        "bob/all", commit("3"), {"a.json": b"{3}", "s.bin": b"t" * 7000}, refs=("main", "v1"), xet=xet
    )
    hub.download("eve/set", commit("4"), {"deep/er/x.csv": b"1,2", "s.bin": b"t" * 7000}, xet=xet)
    found.token.write_text(TOKEN)
    assert hub.scan().warnings == []
    return found


def told(info: HFCacheInfo) -> object:
    """Everything that huggingface_hub knows of a cache but where it lies."""
    return sorted(
        (
            repo.repo_type,
            repo.repo_id,
            repo.size_on_disk,
            repo.nb_files,
            sorted(
                (
                    revision.commit_hash,
                    sorted(revision.refs),
                    revision.size_on_disk,
                    sorted(
                        (file.file_name, file.size_on_disk, file.blob_path.name) for file in revision.files
                    ),
                )
                for revision in repo.revisions
            ),
        )
        for repo in info.repos
    )


Look = tuple[object, ...]


def look(top: Path) -> dict[str, Look]:
    """Every name below a directory with kind, mode, times, links and content; without inodes, which a copy
    does not share with its source."""
    found: dict[str, Look] = {}
    inodes: dict[tuple[int, int], str] = {}
    for folder, folders, files in os.walk(top):
        for name in (
            ".",
            *sorted(files),
            *sorted(name for name in folders if Path(folder, name).is_symlink()),
        ):
            place = Path(folder, name)
            facts = os.lstat(place)
            key = str(place.relative_to(top))
            what: object = None
            if stat.S_ISLNK(facts.st_mode):
                what = os.readlink(place)
            elif stat.S_ISREG(facts.st_mode):
                what = (place.read_bytes(), inodes.setdefault((facts.st_dev, facts.st_ino), key))
            found[key] = (stat.S_IFMT(facts.st_mode), stat.S_IMODE(facts.st_mode), facts.st_mtime_ns, what)
    return found

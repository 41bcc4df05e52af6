"""A stage with every hostile name in every place from which a name reaches a screen."""

import json
import os
from pathlib import Path

from tests.adversary.build import APPLICATIONS, configure
from tests.adversary.names import HOSTILE, Hostile
from tests.adversary.stage import SECRET, Stage
from tests.builders import commit
from tests.caches import OllamaOnDisk

ROOT_NAME = b"\x1b]0;Qroot\x07"


def parade(top: Path, *, pictures: int = 0) -> Stage:
    """Everything in it may go, but for what holds a secret. With some thousand pictures, clearing takes long
    enough for its progress to be shown."""
    stage = Stage(top)
    configure(stage)
    stage.state.mkdir(parents=True, mode=0o700)
    home, project = stage.home, stage.project
    for hostile in HOSTILE:
        name = os.fsdecode(hostile.name)
        stage.file(home / ".cache" / "torch" / "hub" / "checkpoints" / os.fsdecode(hostile.ending(".pth")))
        _revision(stage, home / ".cache" / "huggingface" / "hub", hostile)
        OllamaOnDisk(home / ".ollama" / "models").model(name, "1b", {"model": hostile.name})
        stage.file(project / "out" / "tmdb_cache" / name)
        stage.file(
            project / "out" / "tmdb_cache" / f"holds-{hostile.mark}" / os.fsdecode(_env(hostile)), SECRET
        )
        stage.file(project / "shared" / "model-cache" / os.fsdecode(b"F" + hostile.name[:250]) / "inside")
        _answer(stage, project / ".questfoundry" / "cache", hostile)
    stage.file(project / "out" / "musicbrainz_cache" / "[" / "]Qfolder")
    for number in range(pictures):
        stage.file(project / APPLICATIONS["pictures"] / f"{number}.jpg", b"")
    _own(stage, home / os.fsdecode(ROOT_NAME) / "cache")
    return stage.settle()


def _env(hostile: Hostile) -> bytes:
    return hostile.ending(".env")


def _revision(stage: Stage, hub: Path, hostile: Hostile) -> None:
    """A repository and a branch of that name."""
    repository = hub / os.fsdecode(b"models--n--" + hostile.name[:240])
    stage.file(repository / "snapshots" / commit(hostile.mark) / "f")
    stage.file(repository / "refs" / os.fsdecode(hostile.name), commit(hostile.mark))


def _answer(stage: Stage, root: Path, hostile: Hostile) -> None:
    """A response whose metadata says that a model of that name gave it."""
    key = (hostile.mark.encode().hex() * 10)[:64]
    model = hostile.name.decode("utf-8", "replace")
    stage.file(root / key[:2] / f"{key}.json", "{}")
    record = {"timestamp": 1, "ttl_seconds": 1, "expires_at": 2, "provider": model, "model": model}
    stage.file(root / key[:2] / f"{key}.meta.json", json.dumps(record))


def _own(stage: Stage, root: Path) -> None:
    """A cache that the user's configuration names, with a hostile title, at a hostile path."""
    stage.file(root / "x")
    path, title = json.dumps(str(root)), json.dumps("\x1b[31mQtitle\u202e")
    own = f'[[cache]]\nname = "odd"\npath = {path}\ntitle = {title}\n'
    stage.file(stage.home / ".config" / "cachemgr" / "cachemgr.toml", own)

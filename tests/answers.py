"""A response cache with an entry in every state its metadata can be in, written as tools write them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cachemgr.service import CacheManager
from tests.desk import Clock
from tests.managers import manager

DAY = 86_400
VALUE = "an answer\n"


def service_over(root: Path, home: Path) -> CacheManager:
    """A service that knows that cache, named by its user, and a clock that a test can turn."""
    home.mkdir(parents=True, exist_ok=True)
    return manager(home, roots={"responses": root}, clock=Clock())


@dataclass
class Answers:
    """Built entry by entry; knows what is to become of each."""

    root: Path
    now: datetime
    states: dict[str, list[str]] = field(default_factory=dict)
    """Keys by the state they are in."""
    strangers: list[Path] = field(default_factory=list)
    """What is no entry at all."""
    count: int = 0

    @property
    def stamp(self) -> float:
        return self.now.timestamp()

    def key(self, *, old: bool = False) -> str:
        """A new key, of the form without or with `cache:`; every third shard has several."""
        self.count += 1
        text = f"{self.count % 3:02x}{self.count:062x}"
        return f"cache:{text}" if old else text

    def pair(self, state: str, metadata: str | bytes | Mapping[str, object], *, old: bool = False) -> str:
        key = self.key(old=old)
        self.value(key)
        self.metadata(key, metadata)
        self.states.setdefault(state, []).append(key)
        return key

    def half(self, metadata: Mapping[str, object] | None) -> str:
        """A value alone, or metadata alone; the entry's name."""
        key = self.key()
        if metadata is None:
            self.value(key)
        else:
            self.metadata(key, metadata)
        name = key if metadata is None else f"{key}.meta"
        self.states.setdefault("orphan", []).append(name)
        return name

    def value(self, key: str) -> Path:
        return self._write(self.root / key[:2] / f"{key}.json", VALUE.encode())

    def metadata(self, key: str, metadata: str | bytes | Mapping[str, object]) -> Path:
        if isinstance(metadata, Mapping):
            metadata = json.dumps(metadata)
        text = metadata.encode() if isinstance(metadata, str) else metadata
        return self._write(self.root / key[:2] / f"{key}.meta.json", text)

    def _write(self, path: Path, text: bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        os.utime(path, (self.stamp - 40 * DAY, self.stamp - 40 * DAY))
        return path


def every_state(root: Path, now: datetime, elsewhere: Path) -> Answers:
    """`elsewhere` is a directory outside, to which the links among them lead."""
    made = Answers(root, now)
    then, soon = made.stamp - DAY, made.stamp + DAY
    for old in (False, True):
        made.pair("expired", {"expires_at": then}, old=old)
        made.pair(
            "expired", {"timestamp": int(then) - 60, "ttl_seconds": 60, "expires_at": int(then)}, old=old
        )
        made.pair(
            "expired", {"timestamp": then - 9.5, "ttl_seconds": 9.5, "model": "m", "cost_usd": 0}, old=old
        )
        made.pair("live", {"expires_at": soon}, old=old)
        made.pair("live", {"timestamp": then, "ttl_seconds": 2 * DAY}, old=old)
        made.pair("never", {}, old=old)
        made.pair("never", {"timestamp": then - 900 * DAY, "model": "m"}, old=old)
    for text in (
        '{"expires_at": NaN}',
        '{"expires_at": Infinity}',
        '{"expires_at": -Infinity}',
        '{"expires_at": 1e999}',
        '{"expires_at": 1' + "0" * 5000 + "}",
        '{"expires_at": true}',
        f'{{"expires_at": "{then}"}}',
        f'{{"expires_at": [{then}]}}',
        '{"expires_at": null}',
        '{"expires_at": -86400}',
        '{"expires_at": 0}',
        f'{{"timestamp": {then}, "ttl_seconds": 0}}',
        f'{{"timestamp": {then}, "ttl_seconds": -60}}',
        f'{{"timestamp": {then}, "ttl_seconds": true}}',
        f'{{"expires_at": {int(then * 1000)}}}',
        f'{{"timestamp": {int(then * 1000)}, "ttl_seconds": 60000}}',
        f'{{"ttl_seconds": 60, "expires_at": {then}, "timestamp": {then - 7200}}}',
        f'{{"timestamp": {soon}, "expires_at": {then}}}',
        f'{{"expires_at": {then}, "timestamp": "then"}}',
        f'{{"expires_at": {soon}, "expires_at": {then}}}',
        '{"ttl_seconds": 60}',
        f'{{"expires_at": {then}, "other": NaN}}',
        "[" * 50_000,
        '{"a":' * 9_000,
        f'{{"expires_at": {then}, "deep": ' + "[" * 20_000 + "]" * 20_000 + "}",
        f'[{{"expires_at": {then}}}]',
        f'{{"expires_at": {then}',
        "",
        f'{{"expires_at": {then}, "x": "{"y" * 70_000}"}}',
        b"\xef\xbb\xbf" + f'{{"expires_at": {then}}}'.encode(),
        f'{{"expires_at": {then}}}'.encode("utf-16"),
        f'{{"expires_at": {then}}}'.encode("utf-32-be"),
        f'{{"expires_at": {then}, "x": "'.encode() + b'\xff"}',
        b"\x80\x04K\x01.",
    ):
        made.pair("unknown", text)
    made.half(None)
    made.half({"expires_at": then})
    _strangers(made, then, elsewhere)
    return made


def _strangers(made: Answers, then: float, elsewhere: Path) -> None:
    """Links, wrong shards, and names that are nearly a key's."""
    elsewhere.mkdir(parents=True, exist_ok=True)
    target = elsewhere / "expired.meta.json"
    target.write_text(json.dumps({"expires_at": then}))
    if os.name != "nt":
        for suffix in (".json", ".meta.json"):
            key = made.key()
            value, metadata = made.value(key), made.metadata(key, {"expires_at": then})
            link, other = (value, metadata) if suffix == ".json" else (metadata, value)
            link.unlink()
            link.symlink_to(target)
            made.strangers += [link, other]
        shard = elsewhere / "fe"
        shard.mkdir()
        key = "fe" + "0" * 62
        for suffix in (".json", ".meta.json"):
            (shard / (key + suffix)).write_text(json.dumps({"expires_at": then}))
        (made.root / "fe").symlink_to(shard)
        made.strangers.append(made.root / "fe")
    wrong = made.key()
    folder = made.root / "ee"
    folder.mkdir()
    for name in (
        wrong + ".json",
        wrong + ".meta.json",
        "ee" + "A" * 62 + ".meta.json",
        "ee" + "0" * 61 + ".meta.json",
        "ee" + "0" * 62 + ".meta.json.meta.json",
    ):
        (folder / name).write_text(json.dumps({"expires_at": then}))
        made.strangers.append(folder / name)

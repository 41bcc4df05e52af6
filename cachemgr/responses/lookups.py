"""One entry at a time, by its key: what applications do, and wait for."""

import math
from collections.abc import Container
from datetime import timedelta
from typing import Any, Literal, cast

from cachemgr.responses.clock import Clock
from cachemgr.responses.config import MEGABYTE, CacheConfig
from cachemgr.responses.entry import Hit, JSONValue, SetResult
from cachemgr.responses.errors import Corrupt, Full, StoreError
from cachemgr.responses.key import RequestKey, as_digest
from cachemgr.responses.maintained import Maintained
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.store import GlancingStore, Store
from cachemgr.responses.ttl import DEFAULT, TTL, seconds
from cachemgr.responses.usage import NOTHING, Usage, checked

Key = RequestKey | str
_PAUSE = 60.0
"""Seconds for which nothing is written after a device was full and making room did not help; and for which
no room is made again where it did: if others fill the device, they take it."""


class Lookups(Maintained):
    def __init__(self, store: Store, config: CacheConfig, clock: Clock) -> None:
        super().__init__(store, config, clock)
        self._largest = int(config.max_entry_size_mb * MEGABYTE)
        self._quiet_until: float | None = None
        self._crammed_until = -math.inf
        self._ignored = config.key.ignore
        self._nobodys = self._rules.of("", "")

    def get(self, key: Key, *, allow_stale: float | timedelta = 0) -> Hit | None:
        """None where there is nothing good. With `allow_stale`, also what expired no longer ago than that: as
        long as sweeps keep it, which those of this process do from now on, and those of others by their
        `stale_if_error_seconds`."""
        if isinstance(key, RequestKey):
            digest, provider, model = key.digest(self._ignored), key.provider, key.model
            rule = self._rules.of(provider, model)
        else:
            digest, provider, model, rule = as_digest(key), "", "", self._nobodys
        if not rule.enabled:
            return None
        if not allow_stale:
            return self._look_up(digest, provider, model, 0.0)
        stale = seconds(allow_stale) or 0.0
        self._stale_ms = max(self._stale_ms, int(stale * 1000))
        return self._look_up(digest, provider, model, stale)

    def peek(self, key: Key) -> Hit | None:
        """What is stored, however old it is. Counts as no use and no hit; raises what the store raises."""
        digest, now_ms = self.digest(key), self._now_ms()
        stored = self._store.read(digest, 0)
        if stored is None or stored.payload is None:
            return None
        origin: Literal["cache", "stale"] = "stale" if stored.metadata.expired(now_ms) else "cache"
        return Hit(self._codec.unpack(stored.payload, stored.metadata), stored.metadata, origin)

    def has(self, key: Key) -> bool:
        """Whether something lives under a key. Counts as no use and no hit; False where it cannot be read."""
        digest, now_ms = self.digest(key), self._now_ms()
        if self._lives(digest, now_ms):
            return True
        recall = getattr(self._store, "recall", None) if isinstance(key, str) else None
        return recall is not None and recall(key) and self._lives(digest, now_ms)

    def set(
        self,
        key: Key,
        value: JSONValue,
        *,
        ttl: TTL = DEFAULT,
        usage: Usage = NOTHING,
        provider: str = "",
        model: str = "",
    ) -> SetResult:
        """`provider` and `model` say whose answer it is where the key is a text. Raises ValueError for a time
        to live that is none, TypeError for a key or a usage that is none, and nothing else."""
        checked(usage)
        digest, of_provider, of_model = self._identify(key)
        rule = self._rules.of(of_provider or provider, of_model or model)
        lifetime = rule.ttl_seconds if ttl is DEFAULT else seconds(ttl)
        if not rule.enabled:
            return SetResult.SKIPPED_DISABLED
        if lifetime == 0:
            return SetResult.SKIPPED_TTL0
        try:
            packed = self._codec.pack(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            self._fault("storing", self._why(digest, value, error))
            return SetResult.SKIPPED_NOT_JSON
        if len(packed.payload) > self._largest:
            return SetResult.SKIPPED_TOO_BIG
        now_ms = self._now_ms()
        metadata = Metadata(
            created_at_ms=now_ms,
            expires_at_ms=None if lifetime is None else now_ms + int(lifetime * 1000),
            provider=of_provider or provider,
            model=of_model or model,
            namespace=key.namespace if isinstance(key, RequestKey) else "",
            request_tokens=usage.request_tokens,
            response_tokens=usage.response_tokens,
            cost_usd=float(usage.cost_usd) if usage is not NOTHING else 0.0,
            content=packed.content,
            encoding=packed.encoding,
            prompt=self._prompt(key),
        )
        return self._write(digest, packed.payload, metadata)

    def delete(self, key: Key) -> bool:
        """Whether there was one."""
        digest = self._identify(key)[0]
        return bool(self._attempt("deleting", lambda: self._store.delete(digest)))

    def touch(self, key: Key, ttl: TTL = DEFAULT) -> bool:
        """Let an entry live so long from now on; 0 deletes it. Whether there was one."""
        digest, provider, model = self._identify(key)
        lifetime = self._rules.of(provider, model).ttl_seconds if ttl is DEFAULT else seconds(ttl)
        if lifetime == 0:
            return self.delete(key)
        now_ms = self._now_ms()
        end = None if lifetime is None else now_ms + int(lifetime * 1000)
        return bool(self._attempt("renewing", lambda: self._store.renew(digest, end, now_ms)))

    def digest(self, key: Key) -> str:
        """Under which an answer is kept. Raises KeyRefused."""
        return self._identify(key)[0]

    # -- within

    def _identify(self, key: Key) -> tuple[str, str, str]:
        if isinstance(key, RequestKey):
            return key.digest(self._ignored), key.provider, key.model
        return as_digest(key), "", ""

    def _lives(self, digest: str, now_ms: int) -> bool:
        try:
            stored = self._store.read(digest, 0)
            if stored is not None and stored.metadata.expired(now_ms):
                # Under another name there may be one that lives.
                stored = self._store.read(digest, now_ms)
        except (OSError, StoreError):
            return False
        return stored is not None and not stored.metadata.expired(now_ms)

    def _look_up(
        self, digest: str, provider: str, model: str, stale: float, *, counted: bool = True
    ) -> Hit | None:
        now_ms = int(self._clock.now() * 1000)
        counter = "misses"
        try:
            stored = self._store.read(digest, now_ms - int(stale * 1000) if stale else now_ms)
            if stored is None:
                pass
            elif stored.payload is not None:
                metadata = stored.metadata
                value = self._codec.unpack(stored.payload, metadata)
                if self._ledger.hit(digest, now_ms, metadata):
                    self._write_ledger()
                if not self._background.rung:
                    self._background.ring()
                return Hit(value, metadata, "stale" if stale and metadata.expired(now_ms) else "cache")
            else:
                counter = "expired"
        except Corrupt:
            counter = "corrupt"
        except Exception as error:
            self._fault("reading", error)
        if counted:
            self._ledger.event("misses", now_ms, provider, model)
            if counter != "misses":
                self._ledger.event(counter, now_ms, provider, model)
            if not self._background.rung:
                self._background.ring()
        return None

    def _glance(self, key: Key, known: Container[str]) -> Hit | None:
        """A hit that nobody has to be waited for, if the key's digest is a known one; else None, which says
        nothing. What should be written down then waits: see `_crowded`."""
        digest, provider, model = self._identify(key)
        if digest not in known or not self._rules.of(provider, model).enabled:
            return None
        now_ms = self._now_ms()
        try:
            stored = cast(GlancingStore, self._store).glance(digest, now_ms)
            if stored is None or stored.payload is None:
                return None
            value = self._codec.unpack(stored.payload, stored.metadata)
        except Corrupt:
            return None
        self._ledger.hit(digest, now_ms, stored.metadata)
        if not self._background.rung:
            self._background.ring()
        return Hit(value, stored.metadata)

    @property
    def _crowded(self) -> bool:
        """Whether somebody who may wait should call `flush`."""
        return self._ledger.full

    def _write(self, digest: str, payload: bytes, metadata: Metadata) -> SetResult:
        if self._quiet_until is not None and self._clock.steady() < self._quiet_until:
            return SetResult.FAILED
        written = False
        try:
            try:
                self._store.write(digest, payload, metadata)
            except Full:
                if not self._make_room():
                    raise
                self._store.write(digest, payload, metadata)
            written = True
        except Full as error:
            self._quiet_until = self._clock.steady() + _PAUSE
            self._fault("storing", error)
        except Exception as error:
            self._fault("storing", error)
        counter = "sets" if written else "failed"
        self._ledger.event(counter, metadata.created_at_ms, metadata.provider, metadata.model)
        self._keep(len(payload))
        return SetResult.STORED if written else SetResult.FAILED

    def _make_room(self) -> bool:
        """On a full device. Whether something went."""
        if self._clock.steady() < self._crammed_until:
            return False
        self._crammed_until = self._clock.steady() + _PAUSE
        target = self._limits.emergency(self.status()[0])
        return target is not None and self.evict(to_bytes=target).removed.entries > 0

    def _why(self, digest: str, value: object, error: Exception) -> str:
        """It could not be packed."""
        from cachemgr.responses.misfit import misfit  # most programs never need it

        try:
            found = misfit(value)
        except Exception:
            found = ""  # it is somebody's object, and raises what it likes
        return (
            f"the answer under {digest[:8]}… has no JSON form that reads back as the same: {found or error}"
        )

    def _prompt(self, key: Key) -> Any:
        if not self._config.store_prompts or not isinstance(key, RequestKey):
            return None
        return self._codec.pack([key.prompt]).payload.decode()[1:-1]

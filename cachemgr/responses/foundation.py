"""What every operation of a cache stands on: the store, the clock, the counters, and how faults are taken."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TypeVar

from cachemgr.domain.display import display_name
from cachemgr.responses.clock import Clock
from cachemgr.responses.codec import Codec
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.errors import StoreError
from cachemgr.responses.ledger import Ledger
from cachemgr.responses.rules import Rules
from cachemgr.responses.store import Store
from cachemgr.responses.trouble import Warnings

_T = TypeVar("_T")


class Foundation:
    def __init__(self, store: Store, config: CacheConfig, clock: Clock) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._rules = Rules(config)
        self._codec = Codec(config.compression)
        self._ledger = Ledger(
            counting=config.analytics.enabled, touch_lag_ms=int(config.index.touch_lag_seconds * 1000)
        )
        self._warnings = Warnings()
        self._going_on: Callable[..., AbstractContextManager[None]] = getattr(store, "going_on", nullcontext)
        """See `DistantStore`."""

    def __repr__(self) -> str:
        at = "" if self.place == self.backend else f" at {display_name(self.place)}"
        return f"<{type(self).__name__} {self.backend}{at}>"

    @property
    def backend(self) -> str:
        return self._store.backend

    @property
    def place(self) -> str:
        """The directory or the server."""
        return self._store.place

    @property
    def store(self) -> Store:
        """The backend itself, which raises what applications never see."""
        return self._store

    @property
    def config(self) -> CacheConfig:
        return self._config

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)

    def _fault(self, doing: str, error: BaseException | str) -> None:
        self._warnings.warn(doing, error, self._clock.steady())

    def _attempt(self, doing: str, action: Callable[[], _T]) -> _T | None:
        """None where it failed, which is warned about."""
        try:
            return action()
        except Exception as error:
            self._fault(doing, error)
            return None

    def _write_ledger(self) -> None:
        self._attempt("counting", lambda: self._ledger.write(self._store))

    @contextmanager
    def _exclusive(self, digest: str, timeout: float, *, wanted: bool) -> Iterator[bool]:
        """The store's lock on a key. Where the store cannot lock, one computes without."""
        with ExitStack() as stack:
            alone = False
            if wanted:
                try:
                    alone = stack.enter_context(self._store.exclusive(digest, timeout))
                except (OSError, StoreError) as error:
                    self._fault("locking", error)
                    alone = True
            yield alone

"""How a Redis server is talked to: no retries, no handshake but what the address asks for, one deadline for
everything that a call takes.

The client's own defaults are for applications that need the answer: three retries, some seconds each. A cache
that does not answer at once is worth less than a miss (litellm's PR #35273: an unreachable server hung every
request).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cachemgr.responses.breaker import CircuitBreaker
from cachemgr.responses.config import RedisConfig
from cachemgr.responses.errors import ConfigError, Silent, StoreError, Unreachable
from cachemgr.responses.store import Patience

_T = TypeVar("_T")

_LONG = 5.0
"""Seconds for a step of maintenance, where somebody waits for a result and not for an answer."""


class Server:
    """The one place where commands go out. Touches no network until then."""

    def __init__(self, config: RedisConfig, steady: Callable[[], float]) -> None:
        """Raises ConfigError for an address that is none."""
        self._patience = config.socket_timeout
        self._steady = steady
        self._deadline = _Deadline()
        self.breaker = CircuitBreaker(config.breaker.failures, config.breaker.open_seconds, steady)
        try:
            pool = redis.ConnectionPool.from_url(
                config.url,
                socket_timeout=_LONG,  # beside the deadline
                socket_connect_timeout=config.socket_connect_timeout,
                retry=Retry(NoBackoff(), 0),
                # Servers of providers refuse CLIENT (cashews#180), and each greeting costs a round trip.
                protocol=2,
                lib_name=None,
                lib_version=None,
            )
        except ValueError as error:
            raise ConfigError(f"`redis.url`: {error}") from None
        pool.connection_class = _timed(
            pool.connection_class, config.socket_connect_timeout, self._deadline, steady
        )
        self._pool = pool
        self.commands: Any = redis.Redis(connection_pool=pool)
        """Typed by hand where it is used: the client's own types say that everything may be a coroutine."""

    @property
    def place(self) -> str:
        """Without its password."""
        kept = self._pool.connection_kwargs
        host = kept.get("path") or f"{kept.get('host', 'localhost')}:{kept.get('port', 6379)}"
        return f"{host}/{kept.get('db', 0)}"

    def quickly(self, action: Callable[[], _T]) -> _T:
        """What an application waits for: within the time-out, connecting included. Raises StoreError."""
        mine = self._deadline
        if mine.patience is not None and mine.patience.spent:
            raise Unreachable(f"{self.place}: did not answer just now")
        self.breaker.ask()
        mine.at = self._steady() + self._patience
        try:
            found = self.slowly(action)
        except Unreachable as error:
            mine.silent = isinstance(error, Silent)
            if mine.silent and mine.patience is not None:
                mine.patience.spent = True
            self.breaker.failed()
            raise
        except StoreError:
            self._answered(mine)
            raise
        finally:
            mine.at = float("inf")
        self._answered(mine)
        return found

    def _answered(self, mine: "_Deadline") -> None:
        """If only that it will not."""
        mine.silent = False
        self.breaker.answered()

    @contextmanager
    def going_on(self, patience: Patience | None = None) -> Iterator[None]:
        """See `DistantStore`."""
        mine = self._deadline
        before = mine.patience
        mine.patience = Patience(mine.silent) if patience is None else patience
        try:
            yield
        finally:
            mine.patience = before
            mine.silent = False

    def slowly(self, action: Callable[[], _T]) -> _T:
        """A step of maintenance: a server that is busy may take its time. Raises StoreError."""
        try:
            return action()
        except (redis.TimeoutError, TimeoutError) as error:
            raise Silent(f"{self.place}: {error}") from None
        except (redis.ConnectionError, OSError) as error:
            raise Unreachable(f"{self.place}: {error}") from None
        except redis.RedisError as error:
            # One that is full has answered. No Full: there is nothing to look through for room.
            raise StoreError(f"{self.place}: {error}") from None

    def close(self) -> None:
        self._pool.disconnect()


class _Deadline(threading.local):
    """When the call that this thread makes has to be over, on the steady clock."""

    at = float("inf")
    silent = False
    """Whether the last call waited in vain."""
    patience: Patience | None = None
    """Of the call that what this thread does belongs to."""


class _Socket:
    """A socket of which every step ends when the call has to: a server that sends a byte now and then must
    not keep it going."""

    def __init__(self, inner: Any, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left
        self._asked: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        self._asked = seconds

    def recv(self, *arguments: Any) -> Any:
        self._inner.settimeout(self._time())
        return self._inner.recv(*arguments)

    def recv_into(self, *arguments: Any) -> Any:
        self._inner.settimeout(self._time())
        return self._inner.recv_into(*arguments)

    def sendall(self, *arguments: Any) -> Any:
        self._inner.settimeout(self._time())
        return self._inner.sendall(*arguments)

    def _time(self) -> float:
        return self._left() if self._asked is None else min(self._asked, self._left())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _timed(kind: Any, connecting: float, deadline: _Deadline, steady: Callable[[], float]) -> Any:
    """A kind of connection that gives each step of a call what the steps before it have left."""

    def left() -> float:
        return max(0.001, min(_LONG, deadline.at - steady()))

    class Timed(kind):  # type: ignore[misc]
        _greeting = False

        @property
        def socket_connect_timeout(self) -> float:
            """Of each address that a name has."""
            return min(connecting, left())

        @socket_connect_timeout.setter
        def socket_connect_timeout(self, _: float) -> None: ...

        @property
        def socket_timeout(self) -> float:
            """Of what comes after connecting: of TLS its handshake, too."""
            return left() if self._greeting else _LONG

        @socket_timeout.setter
        def socket_timeout(self, _: float) -> None: ...

        def _connect(self) -> Any:
            self._greeting = True
            try:
                return _Socket(super()._connect(), left)
            finally:
                self._greeting = False

    return Timed

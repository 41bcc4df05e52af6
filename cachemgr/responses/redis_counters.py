"""The daily counters on a Redis server: one hash a day."""

from collections.abc import Iterable, Mapping

from cachemgr.responses.redis_client import Server
from cachemgr.responses.redis_scan import Scan
from cachemgr.responses.tally import Group, Tally

_DAILY = "daily:"
_BETWEEN = "\x1f"
"""Provider, model and counter make a field."""


class RedisCounters:
    def __init__(self, server: Server, scan: Scan, prefix: str, retention: int) -> None:
        """`retention`: seconds for which a day is kept."""
        self._server = server
        self._commands = server.commands
        self._scan = scan
        self._prefix = prefix
        self._retention = retention

    def add(self, tallies: Mapping[Group, Tally]) -> None:
        def steps() -> None:
            with self._commands.pipeline(transaction=False) as sent:
                for group, tally in tallies.items():
                    key = self._key(group.day)
                    names = _BETWEEN.join(one.replace(_BETWEEN, " ") for one in (group.provider, group.model))
                    for counter in Tally.__slots__:
                        if number := getattr(tally, counter):
                            sent.hincrby(key, names + _BETWEEN + counter, number)
                    sent.expire(key, self._retention)
                sent.execute()

        self._server.quickly(steps)

    def read(self, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
        """Of the days from `since` to `until`, both included."""
        found: dict[Group, Tally] = {}
        for day in self._days():
            if since <= day <= until:
                lines = self._server.slowly(lambda day=day: self._commands.hgetall(self._key(day)))  # type: ignore[misc]
                for field, number in lines.items():
                    *names, counter = field.decode("utf-8", "replace").split(_BETWEEN)
                    if len(names) == 2 and counter in Tally.__slots__:  # what others count is theirs
                        tally = found.setdefault(Group(day, *names), Tally())
                        setattr(tally, counter, int(number))
        return found.items()

    def forget(self, before: str) -> None:
        old = [self._key(day) for day in self._days() if day < before]
        if old:
            self._server.slowly(lambda: self._commands.delete(*old))

    def _days(self) -> Iterable[str]:
        return (name.removeprefix(_DAILY) for name in self._scan.keys(_DAILY))

    def _key(self, day: str) -> str:
        return f"{self._prefix}{_DAILY}{day}"

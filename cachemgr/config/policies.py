"""Saved rules and pins, as `cachemgr.toml` writes them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from cachemgr.config.convert import convert
from cachemgr.config.schema import CacheMgrToml, PinTable, PolicyTable
from cachemgr.config.source import Source, quoted
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.field import Measure, amount
from cachemgr.domain.policy import Pin, Policy

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_AMOUNTS = {
    "older_than": Measure.SECONDS,
    "unused_for": Measure.SECONDS,
    "min_age": Measure.SECONDS,
    "max_size": Measure.BYTES,
    "free": Measure.BYTES,
}
_LONGEST = 100 * 31_557_600
_LARGEST = 1 << 60


def policies(source: Source, said: CacheMgrToml) -> tuple[Policy, ...]:
    """One that is wrong says so, and is nothing else: what has nothing to do with it goes on."""
    return tuple(_policy(source, name, table) for name, table in said.policies.items())


def pins(source: Source, said: CacheMgrToml) -> tuple[Pin, ...]:
    """Raises ConfigError."""
    return tuple(_pins(source, said.pins))


def _policy(source: Source, name: str, table: object) -> Policy:
    try:
        return _read(source, name, convert(source, table, PolicyTable, "policies", name))
    except ConfigError as error:
        return Policy(name, origin=source.origin("policies", name), wrong=str(error))


def _read(source: Source, name: str, table: PolicyTable) -> Policy:
    """Raises ConfigError."""
    keys = ("policies", name)
    if not _NAME.fullmatch(name):
        raise source.mistake(
            f"the policy name {quoted(name)} cannot be typed; use letters, digits, `.`, `_` and `-`", *keys
        )
    if not table.targets or not all(table.targets):
        raise source.mistake(
            f'policy {name} says nothing of what it is about; write targets, such as ["models"]', *keys
        )
    amounts: dict[str, float | None] = {}
    for key, measure in _AMOUNTS.items():
        text = getattr(table, key)
        try:
            amounts[key] = None if text is None else amount(text, measure)
        except (ValueError, OverflowError) as error:
            raise source.mistake(f"`policies.{name}.{key}`: {error}", *keys, key) from None
        if (amounts[key] or 0) > (_LONGEST if measure is Measure.SECONDS else _LARGEST):
            raise source.mistake(f"`policies.{name}.{key}` is more than there can be", *keys, key)
    made = Policy(
        name,
        tuple(table.targets),
        ttl=table.ttl,
        older_than=amounts["older_than"],
        unused_for=amounts["unused_for"],
        keep_last=table.keep_last,
        max_size=_whole(amounts["max_size"]),
        free=_whole(amounts["free"]),
        min_age=amounts["min_age"],
        title=table.title,
        origin=source.origin(*keys),
    )
    if made.empty:
        raise source.mistake(
            f"policy {name} has no rule, and that never means everything; write one, such as ttl = true",
            *keys,
        )
    return made


def _whole(size: float | None) -> int | None:
    return None if size is None else int(size)


def _pins(source: Source, tables: list[PinTable]) -> Iterator[Pin]:
    for number, table in enumerate(tables):
        if not table.target:
            raise source.mistake(f"`pins[{number + 1}]` names nothing", "pins", number, "target")
        yield Pin(table.target, table.reason, _end(table.until), source.origin("pins", number, "target"))


def _end(day: date | None) -> datetime | None:
    """The day itself is still held."""
    if day is None or day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time(), UTC)

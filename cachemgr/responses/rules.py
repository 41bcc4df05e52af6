"""Which rule of `per_provider` holds for a provider and a model: the most specific one, field by field."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from cachemgr.responses.config import CacheConfig
from cachemgr.responses.ttl import seconds

_WILD = frozenset("*?[")
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Rule:
    enabled: bool
    ttl_seconds: float | None


class Rules:
    """`provider/model` before `provider` before the defaults, a name before a glob, a longer glob before a
    shorter one."""

    def __init__(self, config: CacheConfig) -> None:
        self._config = config
        self._patterns = sorted(config.per_provider, key=rank)
        self._found: dict[tuple[str, str], Rule] = {}

    def of(self, provider: str, model: str) -> Rule:
        rule = self._found.get((provider, model))
        if rule is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            rule = self._found[provider, model] = self._resolve(provider, model)
        return rule

    def _resolve(self, provider: str, model: str) -> Rule:
        found: dict[str, object] = {"enabled": True, "ttl_seconds": self._config.ttl_seconds}
        for pattern in self._patterns:
            if matches(pattern, provider, model):
                found |= self._config.per_provider[pattern]
        return Rule(
            self._config.enabled and bool(found["enabled"]),
            seconds(found["ttl_seconds"]),  # type: ignore[arg-type]  # checked where it was read
        )


def rank(pattern: str) -> tuple[bool, bool, int, str]:
    """Later is more specific: what comes last has the last word."""
    literal = not _WILD & set(pattern)
    return "/" in pattern, literal, len(pattern), pattern


def matches(pattern: str, provider: str, model: str) -> bool:
    """Whether a key of `per_provider` is about them."""
    return fnmatchcase(f"{provider}/{model}" if "/" in pattern else provider, pattern)

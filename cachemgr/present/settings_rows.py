"""The effective configuration as lines: key, value, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Origin
from cachemgr.domain.policy import every_policy
from cachemgr.domain.settings import Settings
from cachemgr.present.expiry import pin_text, policy_text

if TYPE_CHECKING:
    from cachemgr.responses.config_origins import Setting

SECTION = "caching"
"""The settings of the response cache, as their file calls them."""
_DEFAULT = Origin("default", "")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One value of `config show`."""

    key: str
    value: str | float | bool | None
    origin: Origin
    trusted: bool = True
    """False: it names a place outside the project that names it, and waits for `config trust`."""


def value_text(value: str | float | bool | None) -> str:
    """As a file would say it."""
    return str(value).lower() if isinstance(value, bool) else display_name(str(value))


def setting_rows(settings: Settings, caching: Iterable[Setting] = ()) -> tuple[SettingRow, ...]:
    """Every value, the ones nobody set included; `caching` are those of the response cache."""
    origins = settings.origins
    rows = [
        SettingRow(
            "disposal",
            settings.disposal.value if settings.disposal else None,
            origins.get("disposal", _DEFAULT),
        ),
        SettingRow("retention_days", settings.retention_days, origins.get("retention_days", _DEFAULT)),
        SettingRow("si", settings.si, origins.get("si", _DEFAULT)),
    ]
    rows += [
        SettingRow(f"roots.{home.name}", str(home.path), home.origin, home.trusted) for home in settings.homes
    ]
    rows += [
        SettingRow(f"caches.{root.type}@{root.place}", str(root.path), root.origin, root.trusted)
        for root in settings.roots
    ]
    rows += [
        SettingRow(f"policies.{policy.name}", policy_text(policy), policy.origin or _DEFAULT, policy.trusted)
        for policy in every_policy(settings.policies)
    ]
    rows += [SettingRow(f"pins.{pin.target}", pin_text(pin), pin.origin or _DEFAULT) for pin in settings.pins]
    rows += [SettingRow(".".join((SECTION, *one.keys)), _plain(one.value), one.origin) for one in caching]
    return tuple(rows)


def _plain(value: object) -> str | float | bool | None:
    """A value of the section as JSON has it; what is none of JSON's simple ones as its text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, frozenset):
        return json.dumps(sorted(value))
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else str(value)

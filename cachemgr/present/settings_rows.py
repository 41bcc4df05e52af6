"""The effective configuration as lines: key, value, and where it came from."""

from dataclasses import dataclass

from cachemgr.domain.inventory import Origin
from cachemgr.domain.policy import every_policy
from cachemgr.domain.settings import Settings
from cachemgr.present.expiry import pin_text, policy_text

_DEFAULT = Origin("default", "")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One value of `config show`."""

    key: str
    value: str | int | bool | None
    origin: Origin
    trusted: bool = True
    """False: it names a place outside the project that names it, and waits for `config trust`."""


def setting_rows(settings: Settings) -> tuple[SettingRow, ...]:
    """Every value, the ones nobody set included."""
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
    return tuple(rows)

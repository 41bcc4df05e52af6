"""What an expiry was founded on, in a plan's document and back."""

from typing import Any

from cachemgr.domain.display import display_name
from cachemgr.domain.policy import Criterion, Source
from cachemgr.domain.verdict import Brake, BrakeKind, Clock, Expiry, Met, Shortfall
from cachemgr.journal.values import Document, number


def encode(expiry: Expiry | None) -> Document | None:
    if expiry is None:
        return None
    return {
        "policy": expiry.policy or None,
        "rules": {name: value or True for name, value in expiry.rules},
        "order": expiry.order,
        "clocks": [
            {"rule": clock.criterion, "clock": clock.source, "confidence": clock.confidence}
            for clock in expiry.clocks
        ],
        "states": dict(expiry.states),
        "brakes": [{"kind": brake.kind, "detail": display_name(brake.detail)} for brake in expiry.brakes],
        "unmet": [
            {
                "rule": short.criterion,
                "missing_bytes": short.missing,
                "where": display_name(short.where),
                "kept": {criterion.value: size for criterion, size in short.kept},
            }
            for short in expiry.unmet
        ],
        "met": [
            {
                "rule": met.criterion,
                "asked_bytes": met.asked,
                "found_bytes": met.found,
                "where": display_name(met.where),
            }
            for met in expiry.met
        ],
        "idle_pins": [display_name(target) for target in expiry.idle_pins],
        "lapsed_pins": [{"target": display_name(target), "until": day} for target, day in expiry.lapsed_pins],
    }


def decode(value: Any) -> Expiry | None:
    """Raises KeyError, TypeError, ValueError, AttributeError where it is not one."""
    if value is None:
        return None
    return Expiry(
        policy=str(value["policy"] or ""),
        rules=tuple((str(name), "" if text is True else str(text)) for name, text in value["rules"].items()),
        order=Source(value["order"]),
        clocks=tuple(Clock(Criterion(item["rule"]), Source(item["clock"])) for item in value["clocks"]),
        states=tuple((str(name), number(count)) for name, count in value["states"].items()),
        brakes=tuple(Brake(BrakeKind(item["kind"]), str(item["detail"])) for item in value["brakes"]),
        unmet=tuple(_shortfall(item) for item in value["unmet"]),
        met=tuple(_met(item) for item in value.get("met", ())),
        idle_pins=tuple(str(target) for target in value["idle_pins"]),
        lapsed_pins=tuple((str(pin["target"]), str(pin["until"])) for pin in value.get("lapsed_pins", ())),
    )


def _met(item: Any) -> Met:
    figures = number(item["asked_bytes"]), number(item["found_bytes"])
    return Met(Criterion(item["rule"]), *figures, str(item["where"]))


def _shortfall(item: Any) -> Shortfall:
    kept = tuple((Criterion(name), number(size)) for name, size in item["kept"].items())
    return Shortfall(Criterion(item["rule"]), number(item["missing_bytes"]), str(item["where"]), kept)

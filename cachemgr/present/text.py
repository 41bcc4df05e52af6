"""Every sentence that a person reads, once for both faces. Text from outside is made displayable here.

The smaller words are re-exported, so that a face imports all of its language from this module.
"""

import os
from collections.abc import Iterable
from pathlib import PurePath

from cachemgr.domain.action import Purge, Remove, Restore
from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Finding, Problem
from cachemgr.domain.outcome import Totals, Trouble
from cachemgr.domain.plan import Exclusion, Intent, Plan
from cachemgr.domain.terms import Reason
from cachemgr.present.figures import UNKNOWN, age, count, counted, day, minute, size
from cachemgr.present.names import cells, middle, short_path
from cachemgr.present.words import (
    Tier,
    category_title,
    disposal_word,
    glyph,
    place_word,
    rebuild_word,
    run_state_word,
    severity_glyph,
    state_word,
    status_word,
    tier,
    tier_word,
    verb,
)

__all__ = [
    "UNKNOWN",
    "Tier",
    "age",
    "category_title",
    "cells",
    "count",
    "counted",
    "day",
    "display_name",
    "disposal_word",
    "exclusion_sentence",
    "finding_sentence",
    "glyph",
    "middle",
    "minute",
    "place_word",
    "problem_sentence",
    "promise",
    "rebuild_word",
    "result",
    "run_state_word",
    "severity_glyph",
    "short_path",
    "size",
    "state_word",
    "status_word",
    "tier",
    "tier_word",
    "trouble_sentence",
    "verb",
]

_PROBLEMS = {
    "empty": "the setting is empty, so the tool would write into its working directory",
    "relative": "the setting is a relative path, so the cache moves with the working directory",
    "unexpanded": "the setting holds a `~` or `$` that the tool does not expand",
    "home": "the setting names the home directory itself or one above it",
    "system": "the setting names a system directory",
    "project": "the setting names the project itself or a directory above it",
    "working-directory": "the setting names the working directory or one above it",
    "other-home": "the setting names the home of another user",
    "own-state": "the setting names cachemgr's own state directory, or one above or inside it",
    "not-a-directory": "what is there is not a directory",
    "no-evidence": "nothing shows that this is such a cache, so it is listed and not cleared",
    "untrusted": "a project file names a place outside the project; `cachemgr config trust` allows it",
    "unreadable": "it could not be read completely, so sizes are lower bounds",
    "vanished": "it went away while it was being read",
    "mount-point": "another file system is mounted in it and was left out",
    "other-cache": "another cache lies in it",
    "alias": "it is the same directory as another cache",
    "disabled": "the setting turns the cache off",
    "unavailable": "it cannot be reached right now, which does not mean that it is empty",
}
_FINDINGS = {
    "legacy-location": "{path} is a legacy location; it should be empty",
    "unusable-root": "{cache} has a setting that makes no sense",
    "untrusted-root": "{path} lies outside of the project that names it, and is left alone until you agree",
    "unreadable": "{path} could not be read completely",
    "unavailable": "{path} cannot be reached, which does not mean that it is empty",
    "quarantine": "{path} holds what earlier runs set aside",
    "interrupted-run": "a run was interrupted and may have left something in {path}",
}
_REASONS = {
    Reason.SHARED: "shared with something that is kept",
    Reason.PINNED: "pinned",
    Reason.IN_USE: "in use",
    Reason.PROTECTED: "protected: credentials or configuration",
    Reason.FOREIGN_OWNER: "belongs to another user",
    Reason.NOT_RECOGNISED: "not recognised as part of this cache",
    Reason.TOO_YOUNG: "too young",
    Reason.KEPT_BY_POLICY: "kept by a policy",
    Reason.MOUNT_POINT: "another file system is mounted there",
    Reason.READ_ONLY: "on a read-only file system",
    Reason.REPORT_ONLY: "reported only, because too little is known about this cache to clear it safely",
}
_DETAILS = {
    "unregistered": "too little is known about this kind of cache; name it in your configuration to clear it",
    "no-evidence": "nothing shows that this is such a cache; name it in your configuration to clear it",
    "in-progress": "still being written, or was until a moment ago",
    "missing": "the cache is not there",
    "unavailable": "the cache cannot be reached right now",
    "unusable": "the cache's setting makes no sense",
}
"""Exclusion details that are codes; any other is a name or a path."""
_TROUBLES = {
    "changed": "it changed since the plan was made",
    "missing": "it was gone already",
    "exists": "something else is in its place now",
    "needs": "a step it depends on was not done",
    "stopped": "the run was stopped before it",
    "credential": "it holds a credential or configuration",
    "outside": "it is not inside the cache it was planned for",
    "mount-point": "another file system is mounted there",
    "foreign-owner": "it belongs to another user",
    "root-changed": "the cache directory was replaced since the plan was made",
    "trash": "the system trash did not take it",
    "expired": "the plan is too old",
    "in-use": "it is in use",
    "not-empty": "something is left in it",
    "os": "the system refused",
}


def problem_sentence(problem: Problem) -> str:
    """What is wrong with a root."""
    return _sentence(_PROBLEMS.get(problem.code, problem.code), problem.detail, problem.errno)


def trouble_sentence(trouble: Trouble) -> str:
    """Why a step was not done."""
    return _sentence(_TROUBLES.get(trouble.kind, trouble.kind), trouble.detail, trouble.errno)


def exclusion_sentence(exclusion: Exclusion) -> str:
    """Why something that was asked for stays."""
    if exclusion.reason is Reason.SHARED and exclusion.detail:
        return f"shared with {display_name(exclusion.detail)}, which is kept"
    known = _DETAILS.get(exclusion.detail)
    return known or _sentence(_REASONS[exclusion.reason], exclusion.detail, None)


def finding_sentence(finding: Finding, home: PurePath | None = None, project: PurePath | None = None) -> str:
    """What a scan noticed, without its size and without the command that mends it."""
    cache = display_name(finding.cache or "a cache")
    path = short_path(finding.path, home, project) if finding.path else cache
    template = _FINDINGS.get(finding.code, "{path}: " + finding.code.replace("-", " "))
    return _sentence(template.format(cache=cache, path=path), finding.detail, None)


def promise(plan: Plan, si: bool = False) -> str:
    """What a plan will do, before it does: `2 steps, frees 1.2 GiB now, 300 MiB in 7 days`."""
    if not plan.steps:
        return "nothing to do"
    parts = [counted(_main_steps(plan), "step")]
    if plan.intent is Intent.UNDO:
        back = sum(step.size for step in plan.steps if isinstance(step.action, Restore))
        return f"{parts[0]}, brings back {size(back, si)}"
    if plan.frees or not (plan.quarantined or plan.trashed):
        parts.append(f"frees {size(plan.frees, si)} now")
    if plan.quarantined:
        parts.append(f"{_also(parts)}{size(plan.quarantined, si)} {_later(plan)}")
    if plan.trashed:
        parts.append(f"{_also(parts)}{size(plan.trashed, si)} when the trash is emptied")
    return ", ".join(parts)


def result(
    totals: Totals, *, quarantined: int = 0, trashed: int = 0, restored: int = 0, si: bool = False
) -> str:
    """What a run did: `freed 1.2 GiB in 2 steps, set 300 MiB aside, 1 refused`."""
    parts = [f"brought back {size(restored, si)}"] if restored else [f"freed {size(totals.freed, si)}"]
    parts[0] += f" in {counted(totals.done, 'step')}"
    if quarantined:
        parts.append(f"set {size(quarantined, si)} aside")
    if trashed:
        parts.append(f"moved {size(trashed, si)} to the trash")
    parts += _counts((totals.failed, "failed"), (totals.refused, "refused"), (totals.skipped, "skipped"))
    return ", ".join(parts)


def _sentence(text: str, detail: str, errno: int | None) -> str:
    extra = [display_name(detail)] if detail else []
    if errno is not None:
        extra.append(os.strerror(errno))
    return f"{text} ({'; '.join(extra)})" if extra else text


def _main_steps(plan: Plan) -> int:
    """Steps that take or bring something; tidying up after them is not worth a person's attention."""
    main = sum(isinstance(step.action, Remove | Restore | Purge) for step in plan.steps)
    return main or len(plan.steps)


def _also(parts: Iterable[str]) -> str:
    return "" if any("frees" in part for part in parts) else "frees "


def _later(plan: Plan) -> str:
    if plan.keep_until is None:
        return "at the purge"
    return f"in {counted((plan.keep_until - plan.created_at).days, 'day')}"


def _counts(*pairs: tuple[int, str]) -> list[str]:
    return [f"{number:,} {word}" for number, word in pairs if number]

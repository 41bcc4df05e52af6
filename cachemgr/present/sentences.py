"""A sentence for everything that can be wrong, noticed or left out. Text from outside is made displayable."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING

from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Finding, Problem
from cachemgr.domain.terms import Reason, Rule
from cachemgr.domain.usage import LOCK, OUT_OF_REACH, Unsure
from cachemgr.present.names import short_path

if TYPE_CHECKING:
    from cachemgr.domain.outcome import Trouble
    from cachemgr.domain.plan import Exclusion

PASSED_OVER = "passed-over-variables"
"""The code of the one finding that is about the invocation rather than a cache."""
_PROBLEMS = {
    "empty": "the setting is empty, so the tool would write into its working directory",
    "relative": "the setting is a relative path, so the cache moves with the working directory",
    "unexpanded": "the setting holds a `~` or `$` that the tool does not expand",
    "home": "the setting names the home directory itself or one above it",
    "system": "the setting names a system directory",
    "project": "the setting names the project itself or a directory above it",
    "working-directory": "the setting names the working directory or one above it",
    "other-home": "the setting names the home of another user",
    "not-a-directory": "what is there is not a directory",
    "no-evidence": "nothing shows that this is such a cache, so it is listed and not cleared",
    "untrusted": "a project file names a place outside the project; `cachemgr config trust` allows it",
    "leads-out": "it is a link that leads out of the project; name the real place in your own configuration",
    "own-state": "the setting names cachemgr's own state directory, or one above or inside it",
    "trash": "the setting names the trash directory or one above it",
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
    "unusable-root": "{setting}: {problem}",
    "unavailable-root": "{path}: {problem}",
    "untrusted-root": "{path}: {problem}",
    "unreadable": "{path}: {problem}",
    "quarantine": "{path} holds what {run} set aside",
    "unknown-quarantine": "{path} was set aside by {run}, which nothing here remembers; look into it, "
    "move back what you want, and remove the rest by hand",
    "interrupted-run": "{run} was interrupted while it worked on {path}; nothing else runs there until that "
    "is decided",
    "variable-elsewhere": "{variable} puts {type}{more} in {path} rather than {wanted}",
    "variable-unset": "{variable} is not set here, so {type}{more} is in {path} rather than {wanted}",
    "second-copy": "{variable} gives {type} a place of its own, {path}: a second copy of what {wanted} holds",
    "unread-variable": "{variable} is set, but no tool reads it: it moves no cache",
    "expired-rows": "{path}: {detail} rows are expired; only {type} can take them out",
    "packed-responses": "{path} holds responses in one database, which clear and expire leave alone; a "
    "command of its own takes out what has expired",
    "database-slack": "{path} is a quarter empty or more; its owner can compact it (VACUUM)",
    "uncounted-database": "the rows of {path} were not counted: {database}",
    "loose-database": "{path} holds answers that {type} keeps ({database}); it lies among other files, so "
    "it is never cleared",
    "profile-elsewhere": "{path}, line {line}: {variable} puts {type}{more} elsewhere than {wanted}",
}
_DATABASES = {
    "unmerged": "it is in use, or whoever used it was killed",
    "changing": "it was written to meanwhile",
    "too-large": "it is too large to be looked into",
    "too-long": "it has too many rows",
    "damaged": "it is damaged",
    "unreadable": "it cannot be read",
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
    Reason.CHANGED: "no longer what the interrupted run was planned for",
    Reason.INTERRUPTED: "set aside by a run that was interrupted and is to be recovered first",
    Reason.NO_TRASH: "cannot go to the system trash",
    Reason.NOT_WRITABLE: "nothing can be taken out of a directory that is not writable",
    Reason.CONFLICT: "something else has that name at the destination, and nothing is overwritten",
    Reason.LEAVING: "a link in it would lead nowhere from another place",
    Reason.NO_PLACE: "nothing says where it should be; name a directory with --to",
}
_DETAILS = {
    "unregistered": "too little is known about this kind of cache; name it in your configuration to clear it",
    "no-evidence": "nothing shows that this is such a cache; name it in your configuration to clear it",
    "in-progress": "still being written, or was just now",
    "online-only": "a part of it is stored online only, and would be removed there",
    "downloading": "a download into it is not finished, or was broken off within the last hour",
    "missing": "the cache is not there",
    "unavailable": "the cache cannot be reached right now",
    "unusable": "the cache's setting makes no sense",
    "needs": "something that belongs to it stays",
    "immutable": "it is marked immutable, so that nobody can take it away; `chattr -i` lifts that "
    "(macOS: `chflags nouchg`)",
    "unknown": "nothing says where it should be; name a directory with --to",
    "at-home": "it is where it should be already",
    "unfit": "it would not be known again at the default destination; name a directory with --to",
}
"""Exclusion details that are codes; any other is a name or a path."""
_UNSURE = {
    Unsure.TIMED_OUT: "the look took too long",
    Unsure.FAILED: "the look failed",
    Unsure.NO_MAPS: "this system does not show mapped files",
    Unsure.UNSEEN: "some processes cannot be looked at",
}
_TROUBLES = {
    "changed": "it is no longer what the plan was made for",
    "missing": "it was gone already",
    "exists": "something else is in its place now",
    "needs": "something that has to come first was not done",
    "stopped": "the run was stopped before it",
    "credential": "it holds a credential or configuration",
    "outside": "it is not inside the cache it was planned for",
    "mount-point": "another file system is mounted there",
    "foreign-owner": "it belongs to another user",
    "refreshed": "its metadata was written again meanwhile, so that it is back at its place",
    "root-changed": "the cache directory was replaced since the plan was made",
    "trash": "the system trash did not take it",
    "in-use": "it is in use",
    "not-empty": "something is left in it",
    "protected": "it is protected",
    "protected-root": "the cache directory must not be touched",
    "no-quarantine": "nothing could be set aside here",
    "not-returned": "it was to stay, could not go back to its place, and waits for an undo in the quarantine",
    "beside": "somebody changed it and made another one at its place, so that it lies beside that",
    "os": "the system refused",
    "conflict": "what lies at its new place is not the same, and nothing is overwritten",
    "given-up": "the migration was given up before anything was taken away, and the source is whole",
    "leaving": "a link in it leads out of its cache",
    "special": "it holds a pipe, a socket or a device, which is not copied",
    "damaged": "a file in it is not what its name promises",
    "corrupt": "what was read back from the copy is not what was written; see to that disk",
}
_TRASH = {
    "name-too-long": "its name is too long for the trash",
    "name-not-text": "its name is not text, which the trash needs",
    "other-mount": "the trash is on another file system, and nothing is copied there",
    "inside-cache": "the trash is in this very cache, where clearing would delete it",
    "still-there": "it was still there afterwards",
    "not-found-in-trash": "it could not be found in the trash afterwards",
    "set-aside": "something else took its place meanwhile, so it waits in the quarantine",
    "not-begun": "it never left its place",
    "unreachable": "the trash directory cannot be reached",
    "not-writable": "the trash directory cannot be written to",
    "open-to-all": "everybody may write into the trash directory",
    "network-volume": "a server's volume has no trash, so it would be deleted",
    "no-bin": "this drive has no recycle bin, so it would be deleted",
    "bin-cannot-be-asked": "pywin32 is missing, without which Windows deletes what its bin does not take",
    "not-a-directory": "the trash is not a directory",
    "foreign-owner": "the trash belongs to another user",
    "shared-trash": "the trash at the top of this volume is not safe to share between users",
}


def problem_sentence(problem: Problem) -> str:
    """What is wrong with a root."""
    return _sentence(_PROBLEMS.get(problem.code, problem.code), problem.detail, problem.errno)


def trouble_sentence(trouble: Trouble) -> str:
    """Why a step was not done."""
    detail = trouble.detail
    if trouble.kind == "trash":
        detail = _TRASH.get(detail, detail)
    elif trouble.kind == "protected-root":
        detail = _PROBLEMS.get(detail, detail)
    elif trouble.kind == "in-use":
        used = _used(detail)
        return _sentence(f"it is {used}" if used.startswith("in use") else used, "", trouble.errno)
    elif trouble.kind == "needs":
        detail = ""  # the number of a step, which nobody has seen
    return _sentence(_TROUBLES.get(trouble.kind, trouble.kind), detail, trouble.errno)


_BY_A_RULE = (Reason.PINNED, Reason.KEPT_BY_POLICY, Reason.TOO_YOUNG)


def exclusion_sentence(exclusion: Exclusion) -> str:
    """Why something that was asked for stays."""
    if exclusion.reason is Reason.NO_TRASH:
        return _sentence(_REASONS[exclusion.reason], _TRASH.get(exclusion.detail, exclusion.detail), None)
    if exclusion.reason in _BY_A_RULE and exclusion.detail and exclusion.detail not in _DETAILS:
        from cachemgr.present.expiry import because_sentence

        return because_sentence(exclusion.detail, goes=False)
    if exclusion.reason is Reason.SHARED and exclusion.detail:
        return f"shared with {display_name(exclusion.detail)}, which is kept"
    if exclusion.reason is Reason.IN_USE:
        return _used(exclusion.detail)
    known = _DETAILS.get(exclusion.detail)
    return known or _sentence(_REASONS[exclusion.reason], exclusion.detail, None)


def exclusion_briefly(exclusion: Exclusion) -> tuple[str, ...]:
    """The same in fewer and fewer words, for a narrow table."""
    if exclusion.reason in _BY_A_RULE and exclusion.detail and exclusion.detail not in _DETAILS:
        from cachemgr.present.expiry import because_briefly

        return because_briefly(exclusion.detail)
    return (_REASONS[exclusion.reason].partition(":")[0],)


def _used(label: str) -> str:
    """Who uses something, from `Holder.label`, or why that could not be told and how to go on."""
    if label in set(Unsure):
        why = _UNSURE[Unsure(label)]
        return f"could not tell if it is in use ({why}); go on with --quarantine or --force {Rule.IN_USE}"
    if label == OUT_OF_REACH:
        return "could not tell if its lock is held, which is out of reach"
    if label == LOCK or label.startswith(f"{LOCK} of "):
        who = display_name(label.removeprefix(f"{LOCK} of ")) if label != LOCK else "somebody"
        return f"in use: {who} holds its lock"
    return f"in use by {display_name(label)}" if label else _REASONS[Reason.IN_USE]


def finding_sentence(finding: Finding, home: PurePath | None = None, project: PurePath | None = None) -> str:
    """What a scan noticed, without its size and without the command that mends it."""
    cache = display_name(finding.cache or "a cache")
    if finding.code == PASSED_OVER:
        return passed_over_sentence(finding.detail)
    template = _FINDINGS.get(finding.code)
    if template is None:
        return _sentence(f"{cache}: {display_name(finding.code.replace('-', ' '))}", finding.detail, None)
    return template.format(
        cache=cache,
        setting=f"{display_name(finding.setting)} ({cache})" if finding.setting else cache,
        path=short_path(finding.path, home, project) if finding.path else cache,
        problem=_PROBLEMS.get(finding.detail, display_name(finding.detail) or "something is wrong with it"),
        variable=display_name(finding.setting),
        type=display_name(finding.type),
        more=f" (and {finding.detail} more)" if finding.wanted and finding.detail != "0" else "",
        wanted=short_path(finding.wanted, home, project) if finding.wanted else cache,
        line=finding.line,
        detail=display_name(finding.detail),
        database=_DATABASES.get(finding.detail, display_name(finding.detail)),
        run="an unknown run" if finding.detail in ("", "unknown") else f"run {display_name(finding.detail)}",
    )


def passed_over_sentence(variables: str) -> str:
    """Which variables were not asked, and why."""
    return f"{display_name(variables)}: not asked, because with --home another home is looked at"


def _sentence(text: str, detail: str, errno: int | None) -> str:
    extra = [display_name(detail)] if detail else []
    if errno is not None and os.strerror(errno) not in extra:
        extra.append(os.strerror(errno))
    return f"{text} ({'; '.join(extra)})" if extra else text

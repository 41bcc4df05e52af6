"""What `responses verify` found and what a repair does about it, on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachemgr.cli.columns import Column
from cachemgr.cli.responses import directory
from cachemgr.present.text import counted, display_name
from cachemgr.responses.report import FOR_GOOD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cachemgr.cli.session import Session
    from cachemgr.responses.report import Finding, Remedy, VerifyReport

_PLANNED: Mapping[Remedy, str] = {
    "remove": "remove for good",
    "rename": "rename",
    "replace": "rename; another goes for good",
    "rejoin": "join its halves",
    "list": "list in the index",
    "unlist": "take out of the index",
    "rebuild": "make anew, keep the old",
    "nothing": "settled with another",
}
_DONE: Mapping[Remedy, str] = {
    "remove": "removed for good",
    "rename": "renamed",
    "replace": "renamed; another is gone for good",
    "rejoin": "halves joined",
    "list": "listed in the index",
    "unlist": "taken out of the index",
    "rebuild": "made anew, the old kept",
    "nothing": "sound by now",
}


def show_findings(
    session: Session,
    report: VerifyReport,
    named: Path | None = None,
    *,
    asked: bool = False,
    mended: bool = False,
) -> None:
    """`asked`: as what is to be mended, about which somebody is asked now. `mended`: as what was."""
    output = session.output
    found = [finding for finding in report.findings if finding.problem != "old form"]
    if session.options.quiet:
        for finding in found:
            output.line(display_name(finding.item))
        return
    if found:
        rows = [
            (display_name(finding.item), finding.problem, _repair(finding, mended=mended) or output.dash())
            for finding in found
        ]
        output.table((Column("Item", shrinks=True), Column("Problem"), Column("Repair")), rows)
        output.line()
        for finding in found:
            if finding.remedy == "rebuild" and finding.reason:
                output.line(f"{display_name(finding.item)}: {display_name(finding.reason)}")
    wrong = len(report.left)
    output.line(f"{counted(report.entries, 'entry', 'entries')}; {counted(wrong, 'finding')} left")
    if report.old_forms:
        records = counted(report.old_forms, "record")
        output.line(f"{records} of the old form, sound: written anew when stored again")
    if report.mendable and not (asked or mended):
        output.line(f"Mend: {session.command('responses', 'verify', *directory(named), '--repair')}")


def question(report: VerifyReport) -> str:
    """What is asked before it is mended: how much of it cannot be had again."""
    lost = sum(finding.remedy in FOR_GOOD for finding in report.mendable)
    which = "this" if len(report.mendable) == 1 else f"these {len(report.mendable):,}"
    if not lost:
        return f"Nothing of {which} goes for good. Go on?"
    many = f"{lost:,} of {which} {'goes' if lost == 1 else 'go'}" if len(report.mendable) > 1 else "This goes"
    return f"{many} for good, which cannot be undone. Go on?"


def _repair(finding: Finding, *, mended: bool) -> str:
    reason = display_name(finding.reason)
    if finding.remedy is None or (mended and not finding.repaired and finding.remedy != "rebuild"):
        return reason
    if mended and not finding.repaired:
        return ""
    words = _DONE if finding.repaired else _PLANNED
    why = f": {reason}" if finding.remedy == "remove" and reason else ""
    return words[finding.remedy] + why

"""What `responses verify` found, on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachemgr.cli.columns import Column
from cachemgr.cli.responses import directory
from cachemgr.present.text import counted, display_name

if TYPE_CHECKING:
    from pathlib import Path

    from cachemgr.cli.session import Session
    from cachemgr.responses.report import Finding, VerifyReport


def show_findings(
    session: Session, report: VerifyReport, named: Path | None = None, *, asked: bool = False
) -> None:
    """`asked`: as what is to be mended, about which somebody is asked now."""
    output = session.output
    found = [finding for finding in report.findings if finding.problem != "old form"]
    if session.options.quiet:
        for finding in found:
            output.line(display_name(finding.item))
        return
    if found:
        rows = [
            (display_name(finding.item), finding.problem, _repair(finding) or output.dash())
            for finding in found
        ]
        output.table((Column("Item", shrinks=True), Column("Problem"), Column("Repair")), rows)
        output.line()
        for finding in found:
            if finding.repaired and finding.reason:
                output.line(f"{display_name(finding.item)}: {display_name(finding.reason)}")
    wrong = len(report.left)
    output.line(f"{counted(report.entries, 'entry', 'entries')}; {counted(wrong, 'finding')} left")
    if report.old_forms:
        records = counted(report.old_forms, "record")
        output.line(f"{records} of the old form, sound: written anew when stored again")
    if wrong and not asked and not any(finding.reason or finding.repaired for finding in found):
        output.line(f"Mend: {session.command('responses', 'verify', *directory(named), '--repair')}")


def _repair(finding: Finding) -> str:
    if finding.removed:
        return "removed"
    if finding.repaired:
        return "made anew" if finding.reason else "mended"
    return display_name(finding.reason)

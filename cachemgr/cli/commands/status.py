"""`cachemgr status`: every root with its sizes, and what was noticed."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from cachemgr.cli.columns import Column
from cachemgr.cli.options import everywhere, json_option, nul_option, pass_session, targets_argument
from cachemgr.cli.session import Session
from cachemgr.cli.targets import read_targets, selected
from cachemgr.domain.errors import Unavailable
from cachemgr.domain.inventory import CacheId, Finding, Inventory, Volume
from cachemgr.domain.terms import CacheState, Severity
from cachemgr.present.document.status import status_document
from cachemgr.present.rows import cache_rows
from cachemgr.present.sentences import PASSED_OVER
from cachemgr.present.text import age, count, counted, display_name, finding_sentence, severity_glyph

EPILOG = """\b
Examples:
  cachemgr status                  everything, biggest first
  cachemgr status models legacy    two parts of it
  cachemgr status --json           for a script; the schema: cachemgr config schema status
"""
_COLORS = {Severity.INFO: None, Severity.WARNING: "yellow", Severity.ERROR: "red"}


@click.command(epilog=EPILOG)
@targets_argument(required=False)
@json_option
@click.option("--csv", is_flag=True, help="One line a cache, comma-separated, with a head line.")
@nul_option
@everywhere
@pass_session
def status(session: Session, targets: tuple[str, ...], csv: bool, nul: bool) -> int:
    """Caches with sizes, file counts and findings."""
    if csv and session.options.json:
        raise click.UsageError("--json and --csv exclude each other; choose one.")
    return show_status(session, targets, csv=csv, nul=nul)


def show_status(session: Session, targets: Sequence[str], *, csv: bool, nul: bool = False) -> int:
    """The status in the form that was asked for; also what `cachemgr` alone prints without a terminal."""
    words = read_targets(targets, nul=nul)
    inventory = session.inventory()
    frees = session.service.reclaimable(inventory)
    if targets:
        inventory = _only(inventory, selected(session, inventory, words).caches)
        # What several caches share would need the others to go, so the parts are all that is promised.
        frees = {cache.id: frees.get(cache.id, 0) for cache in inventory.caches}
        frees |= {None: sum(frees.values())}
    service, output = session.service, session.output
    if session.options.json:
        output.document(status_document(inventory, frees, service.machine, service.project))
    elif session.options.quiet:
        for cache in inventory.caches:
            output.line(display_name(cache.id))
    elif csv:
        _csv(session, inventory, frees)
    else:
        _table(session, inventory, frees)
    lost = any(cache.state is CacheState.UNAVAILABLE for cache in inventory.caches)
    return Unavailable.exit_code if lost else 0


def _only(inventory: Inventory, caches: Sequence[CacheId]) -> Inventory:
    """The part of an inventory that targets named. A cache inside one that is left out stands for itself."""
    kept = frozenset(caches)
    return replace(
        inventory,
        caches=tuple(
            cache if cache.inside in kept else replace(cache, inside=None)
            for cache in inventory.caches
            if cache.id in kept
        ),
        entries=tuple(entry for entry in inventory.entries if entry.cache in kept),
        findings=tuple(
            finding for finding in inventory.findings if finding.cache is None or finding.cache in kept
        ),
    )


def _table(session: Session, inventory: Inventory, frees: Mapping[CacheId | None, int]) -> None:
    service, output = session.service, session.output
    columns = (
        Column(""),
        Column("Cache"),
        Column("Size", right=True),
        Column("Frees", right=True),
        Column("Files", right=True, drops=1),
        Column("Used", right=True, drops=1),
        Column("Where", shrinks=True),
        Column("If deleted", shrinks=True, drops=1),
    )
    absent = {
        cache.id for cache in inventory.caches if cache.state is CacheState.MISSING and not cache.problems
    }
    rows = [
        (
            output.glyph(row.tier),
            display_name(row.id),
            output.size(row.size),
            output.size(row.frees) if row.frees else output.dash(),
            count(row.files),
            age(row.used, inventory.scanned_at, output.dash()),
            row.path,
            row.note if row.ok else click.style(row.note, fg="yellow"),
        )
        for row in cache_rows(inventory, frees, service.machine.home, service.project)
        if row.id not in absent
    ]
    if rows:
        output.table(columns, rows)
        output.line()
    _summary(session, inventory, frees)
    if absent:
        output.line(f"Configured and not there: {display_name(', '.join(sorted(absent)))}")
    # Which variables were passed over, standard error has said.
    findings = [finding for finding in inventory.findings if finding.code != PASSED_OVER]
    if findings:
        output.line()
    aside: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code == "quarantine":
            aside.setdefault(finding.detail, []).append(finding)
    for finding in findings:
        if finding.code != "quarantine":
            _finding(session, finding)
    for run, found in aside.items():
        _aside(session, run, found)


def _summary(session: Session, inventory: Inventory, frees: Mapping[CacheId | None, int]) -> None:
    output = session.output
    if not inventory.caches:
        home = display_name(session.service.machine.home)
        output.line(f"No caches were found for {home}.")
        return
    totals = inventory.totals
    there = sum(cache.tally is not None for cache in inventory.caches)
    least = "" if inventory.complete else "at least "
    output.line(
        f"Total {least}{output.size(totals.size)} in {counted(there, 'cache')}, "
        f"{counted(totals.files, 'file')}; clearing would free {output.size(frees.get(None, 0))}"
    )
    volumes: dict[str, Volume] = {
        cache.volume.mount or cache.volume.device: cache.volume for cache in inventory.caches if cache.volume
    }
    for mount, volume in volumes.items():
        output.line(
            f"Free  {output.size(volume.free)} of {output.size(volume.total)} on {display_name(mount)}"
        )


def _finding(session: Session, finding: Finding) -> None:
    output, machine = session.output, session.service.machine
    glyph = severity_glyph(finding.severity, ascii=output.ascii)
    sentence = finding_sentence(finding, machine.home, session.service.project)
    size = f"  {output.size(finding.size)}" if finding.size is not None else ""
    output.line(f"{click.style(glyph, fg=_COLORS[finding.severity])} {sentence}{size}")
    if finding.fix:
        output.line(f"    {display_name(shlex.join(finding.fix))}")


def _aside(session: Session, run: str, found: Sequence[Finding]) -> None:
    """All that one run set aside, with both ways on from there."""
    output = session.output
    total = output.size(sum(finding.size or 0 for finding in found))
    caches = counted(len(found), "cache")
    if len(found) == 1:
        caches = display_name(found[0].cache or caches)
    glyph = severity_glyph(found[0].severity, ascii=output.ascii)
    output.line(f"{glyph} run {display_name(run)} set aside what was in {caches}  {total}")
    output.line(f"    bring it back:           {session.command('undo', run)}")
    output.line(f"    free its bytes for good: {session.command('purge', run)}")


def _csv(session: Session, inventory: Inventory, frees: Mapping[CacheId | None, int]) -> None:
    import csv  # only this form needs it
    from io import StringIO

    document = status_document(inventory, frees, session.service.machine, session.service.project)
    caches = document["caches"]
    assert isinstance(caches, list)
    text = StringIO()
    writer = csv.DictWriter(text, _CSV, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in cache.items()} for cache in caches)
    session.output.line(text.getvalue().rstrip("\n"))


_CSV = (
    "id type category place state rebuild legacy size_bytes own_bytes apparent_bytes reclaimable_bytes "
    "quarantined_bytes files directories links entries newest last_used path"
).split()


def _cell(value: object) -> object:
    """A number, a word, or nothing. A leading `=` would be a formula in a spreadsheet."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = display_name(value)
        return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
    return value

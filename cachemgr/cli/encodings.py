"""Directories of encodings on the screen: what is in them, and how one is filled."""

import sys
from collections.abc import Sequence

import click

from cachemgr.cli.columns import Column
from cachemgr.cli.progress import ProgressLine
from cachemgr.cli.running import stoppable
from cachemgr.cli.session import Session
from cachemgr.domain.encoding import VARIABLE
from cachemgr.domain.encoding_cache import EncodingCache, FileState, FoundFile
from cachemgr.domain.encoding_plan import (
    EncodingAction,
    EncodingFinished,
    EncodingOutcome,
    EncodingPlan,
    EncodingStarted,
    EncodingStep,
)
from cachemgr.domain.errors import CacheMgrError, Interrupted, Refused, Unavailable, UsageError
from cachemgr.domain.event import Gauge
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Status
from cachemgr.present.document.encodings import filling_document
from cachemgr.present.encodings import (
    check_words,
    encoding_trouble,
    file_title,
    outcome_words,
    step_words,
    way_out,
)
from cachemgr.present.text import counted, display_name, problem_sentence, short_path

_BLAME: dict[str, type[CacheMgrError]] = {
    "disabled": UsageError,
    "empty": UsageError,
    "relative": UsageError,
    "unexpanded": UsageError,
    "not-a-directory": UsageError,
    "unavailable": Unavailable,
}
"""The error for each problem of a directory; the others are safety rules."""


def usable(cache: EncodingCache, *, there: bool = False) -> EncodingCache:
    """The directory, if files can be read from it and written to it. With `there` it has to exist.

    Raises UsageError, Refused, Unavailable.
    """
    key = display_name(cache.origin.key)
    for problem in cache.problems:
        if problem.code != "unreadable":
            other = "" if cache.origin.source == "command-line" else "; name a directory with --dir"
            error = _BLAME.get(problem.code, Refused)
            raise error(f"{key} {display_name(cache.path)}: {problem_sentence(problem)}{other}")
    if there and cache.real_path is None:
        raise UsageError(f"{key} names {display_name(cache.path)}, which does not exist")
    return cache


def show_caches(session: Session, caches: Sequence[EncodingCache]) -> None:
    """Every file that is tiktoken's, place by place, and what is wrong with it."""
    output = session.output
    if session.options.quiet:
        for cache in caches:
            for file in cache.wrong:
                output.line(display_name(cache.path / file.file))
        return
    listed = [(cache, file) for cache in caches for file in _listed(cache)]
    if listed:
        columns = (
            Column("Encoding"),
            Column("Size", right=True),
            Column("Check"),
            Column("Where", shrinks=True),
        )
        rows = [
            (
                file_title(file),
                output.size(file.size),
                check_words(file) if file.state is FileState.OK else _marked(check_words(file)),
                _short(session, cache, file),
            )
            for cache, file in listed
        ]
        output.table(columns, rows)
        output.line()
    right = [file for _, file in listed if file.state is FileState.OK]
    wrong = [(cache, file) for cache in caches for file in cache.wrong]
    output.line(
        f"{counted(len(right), 'file')} verified, {output.size(sum(file.size for file in right))}; "
        f"{len(wrong)} corrupt or unreadable"
    )
    for cache in caches:
        _place(session, cache)
    for cache, file in wrong:
        name = file.known.encodings[0] if file.known else file.file
        output.line(f"Mend {_short(session, cache, file)}:")
        output.line(f"    {session.command('tiktoken', 'warm', name, '--dir', str(cache.path))}")


def _listed(cache: EncodingCache) -> list[FoundFile]:
    """What is tiktoken's, or bears one of its names."""
    return [file for file in cache.files if file.known is not None]


def _place(session: Session, cache: EncodingCache) -> None:
    where = short_path(cache.path, session.service.machine.home, session.service.project)
    notes = [problem_sentence(problem) for problem in cache.problems]
    if cache.real_path is None and not notes:
        notes.append("not there")
    other = len(cache.files) - len(_listed(cache))
    if other:
        notes.append(f"{counted(other, 'other file')} in it")
    if cache.current:
        notes.insert(0, "where tiktoken looks now")
    if cache.current or cache.problems or other:
        setting = "" if cache.origin.source == "default" else f" ({display_name(cache.origin.key)})"
        session.output.line(f"{where}{setting}: {'; '.join(notes)}")


def _short(session: Session, cache: EncodingCache, file: FoundFile) -> str:
    return short_path(cache.path / file.file, session.service.machine.home, session.service.project)


def _marked(text: str) -> str:
    return click.style(text, fg="yellow")


def carry_out(
    session: Session, verb: str, plan: EncodingPlan, *, dry_run: bool, python: str | None = None
) -> int:
    """Fill the directory, or show how; returns the exit code. Raises CacheMgrError where nothing was done."""
    path = str(plan.directory.path)
    if not session.options.json and path != display_name(path):
        raise UsageError(f"{display_name(path)} cannot be printed on one line as it is; use --json")
    if dry_run:
        _show_plan(session, verb, plan)
        return 0
    outcomes = _filled(session, plan, python)
    if session.options.json:
        session.output.document(filling_document(verb, plan, outcomes, session.now()))
    else:
        _show_outcomes(session, plan, outcomes)
    _remarks(session, plan, outcomes)
    if any(one.trouble is not None and one.trouble.kind == "stopped" for one in outcomes):
        session.output.line("cachemgr: stopped between two files", err=True)
        return Interrupted.exit_code
    return 0 if all(one.status is Status.DONE for one in outcomes) else 1


def _filled(session: Session, plan: EncodingPlan, python: str | None) -> list[EncodingOutcome]:
    outcomes: list[EncodingOutcome] = []
    gauge = Gauge()
    line = ProgressLine(sys.stderr, shown=session.shows_progress)
    with stoppable(gauge):
        for event in session.service.encodings.execute(plan, python=python, gauge=gauge):
            match event:
                case EncodingStarted(step=step):
                    if line.shown and step.action is EncodingAction.DOWNLOAD:
                        line.show(f"Downloading {step.file.name}, {session.output.size(step.file.size)}")
                case EncodingFinished(outcome=outcome):
                    outcomes.append(outcome)
    line.clear()
    return outcomes


def _show_plan(session: Session, verb: str, plan: EncodingPlan) -> None:
    if session.options.json:
        session.output.document(filling_document(verb, plan, None, session.now()))
        return
    rows = [
        (step.file.name, _size(session, step, step.trouble), step_words(step))
        for step in plan.steps
        if not session.options.quiet or step.writes
    ]
    if session.options.quiet:
        for name, _, _ in rows:
            session.output.line(name)
        return
    columns = (Column("Encoding"), Column("Size", right=True), Column("What would happen", shrinks=True))
    session.output.table(columns, rows)
    session.output.line()
    session.output.line(f"Into {_where(session, plan)}; this was a dry run, so nothing was changed.")


def _show_outcomes(session: Session, plan: EncodingPlan, outcomes: Sequence[EncodingOutcome]) -> None:
    there = [one for one in outcomes if one.status is Status.DONE]
    if not session.options.quiet:
        columns = (Column("Encoding"), Column("Size", right=True), Column("What happened", shrinks=True))
        rows = []
        for one in outcomes:
            words = outcome_words(one)
            shown = words if one.status is Status.DONE else _marked(words)
            rows.append((one.step.file.name, _size(session, one.step, one.trouble), shown))
        session.output.table(columns, rows)
        session.output.line()
        total = session.output.size(sum(one.step.file.size for one in there))
        verified = f"{counted(len(there), 'verified file')}, {total}," if there else "Nothing new"
        session.output.line(f"{verified} in {_where(session, plan)}")
    if there:
        session.output.line(f"{VARIABLE}={plan.directory.path}")


def _size(session: Session, step: EncodingStep, trouble: Trouble | None) -> str:
    """Of what is written or was there; what could not be had has none."""
    return session.output.dash() if trouble is not None else session.output.size(step.file.size)


def _remarks(session: Session, plan: EncodingPlan, outcomes: Sequence[EncodingOutcome]) -> None:
    """What somebody has to know who reads nothing but standard error."""
    for cache, found in plan.passed_over:
        where = _short(session, cache, found)
        session.output.line(f"cachemgr: {where} is {check_words(found)}; another one was taken", err=True)
    names: dict[Trouble, list[str]] = {}
    encodings: dict[str, dict[str, None]] = {}
    """By kind of trouble: what to ask for to have its files."""
    for one in outcomes:
        if one.trouble is not None:
            names.setdefault(one.trouble, []).append(one.step.file.name)
            encodings.setdefault(one.trouble.kind, {})[one.step.file.encodings[0]] = None
    for trouble, files in names.items():
        session.output.line(f"cachemgr: {', '.join(files)}: {encoding_trouble(trouble)}", err=True)
    ways = (
        way_out(
            trouble,
            session.command("tiktoken", "warm", *encodings[trouble.kind], "--dir", str(plan.directory.path)),
        )
        for trouble in names
    )
    for text in dict.fromkeys(ways):
        if text:
            session.output.line(text, err=True)


def _where(session: Session, plan: EncodingPlan) -> str:
    return short_path(plan.directory.path, session.service.machine.home, session.service.project)

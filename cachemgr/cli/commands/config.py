"""`cachemgr config`: what is configured, where it came from, and the schemas of every document."""

from importlib.resources import files
from typing import TYPE_CHECKING

import click

from cachemgr.cli.ask import Declined, confirm
from cachemgr.cli.columns import Column
from cachemgr.cli.options import everywhere, json_option, pass_session
from cachemgr.cli.session import Session
from cachemgr.domain.errors import ConfigError, NeedsConfirmation, Refused, UsageError
from cachemgr.present.document.knowledge import config_document
from cachemgr.present.settings_rows import setting_rows, value_text
from cachemgr.present.text import counted, display_name, short_path

if TYPE_CHECKING:
    from cachemgr.response_caches import ResponseCaches
    from cachemgr.responses.config_origins import Setting

SCHEMAS = (
    *(
        "caching",
        "config",
        "entries",
        "env",
        "error",
        "event",
        "explanation",
        "history",
        "init",
        "plan",
        "recover",
    ),
    *("responses-convert", "responses-expire", "responses-get", "responses-ls", "responses-stats"),
    *("responses-verify", "result", "status", "tiktoken-bundle", "tiktoken-verify", "tiktoken-warm", "types"),
)


@click.group()
def config() -> None:
    """Show, check and trust the configuration; print JSON Schemas."""


@config.command(short_help="Every value and where it came from.")
@json_option
@everywhere
@pass_session
def show(session: Session) -> int:
    """Every value and where it came from; those of the response cache too."""
    service, output, caching = session.service, session.output, _caching(session)
    if session.options.json:
        output.document(config_document(service.settings, service.project, session.now(), caching))
        return 0
    columns = (Column("Key"), Column("Value", shrinks=True), Column("From", shrinks=True))
    rows = []
    for row in setting_rows(service.settings, caching):
        origin = display_name(row.origin.source)
        if row.origin.line is not None:
            origin += f":{row.origin.line}"
        if row.origin.key and row.origin.key != row.key:
            origin += f" ({display_name(row.origin.key)})"
        value = output.dash() if row.value is None else value_text(row.value)
        note = "" if row.trusted else "; not trusted yet"
        rows.append((display_name(row.key), value, origin + note))
    output.table(columns, rows)
    return 0


def _caching(session: Session) -> "tuple[Setting, ...]":
    """The settings of the response cache. Raises ConfigError."""
    return tuple(_response_caches(session).settings())


def _response_caches(session: Session) -> "ResponseCaches":
    from cachemgr.cli.responses import response_caches  # the other commands here need no response cache

    return response_caches(session)


@config.command(short_help="Where configuration is looked for.")
@everywhere
@pass_session
def path(session: Session) -> int:
    """Where configuration is looked for, strongest first, and where runs are remembered."""
    places = session.composition.config_files(session.options)
    named = [("project", places.project), ("user", places.user), ("state", places.state)]
    for name, place in named:
        shown = display_name(place) if place is not None else session.output.dash()
        session.output.line(shown if session.options.quiet else f"{name.ljust(7)}  {shown}")
    return 0


@config.command(short_help="Read all of it; say what is wrong with it.")
@everywhere
@pass_session
def validate(session: Session) -> int:
    """Read the whole configuration; an error names file, key and the way out."""
    session.tells_of = lambda _name: True
    service = session.service
    for policy in service.settings.wrong_policies:
        raise ConfigError(policy.wrong)
    _refuse_strange(session)
    _caching(session)
    if missing := _response_caches(session).check():
        session.output.line(f"cachemgr: {missing}", err=True)
    for file in service.settings.files:
        session.output.line(f"ok  {short_path(file, service.machine.home, service.project)}")
    session.output.line(f"{counted(len(service.settings.files), 'configuration file')} read.")
    return 0


def _refuse_strange(session: Session) -> None:
    """Raise ConfigError for a word of a policy that is nearly the name of a cache. Any other may be that of
    an application in another project, and is only told."""
    for policy, target, meant in session.service.expiring.strange:
        at = policy.origin
        where = "" if at is None else display_name(at.source) + (f", line {at.line}: " if at.line else ": ")
        word = display_name(repr(target))
        said = f"{where}policy {display_name(policy.name)} is about {word}, which is no cache that is known"
        if meant:
            raise ConfigError(f"{said}; did you mean {meant}?")
        session.output.line(f"cachemgr: {said} here", err=True)


@config.command(short_help="The JSON Schema of a document.")
@click.argument("name", required=False, metavar="[NAME]")
@everywhere
@pass_session
def schema(session: Session, name: str | None) -> int:
    """The JSON Schema of a document: status, entries, plan, result, history, …; without NAME their names."""
    if name is None:
        for known in SCHEMAS:
            session.output.line(known)
        return 0
    word = name.removeprefix("cachemgr.").removesuffix("/1")
    if word not in SCHEMAS:
        raise UsageError(f"there is no schema {name!r}; there are {', '.join(SCHEMAS)}")
    text = files("cachemgr.present").joinpath("schemas", f"{word}.json").read_text(encoding="ascii")
    session.output.line(text.rstrip("\n"))
    return 0


@config.command(short_help="Agree to the places outside the project.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@everywhere
@pass_session
def trust(session: Session, yes: bool) -> int:
    """Agree to the places outside the project that its configuration names.

    They are listed first. What the files say of disposal, retention_days, policies and `rebuild` counts from
    then on, too.
    """
    if session.options.read_only:
        raise Refused("cachemgr runs with --read-only, so nothing is changed")
    waiting = [row for row in setting_rows(session.service.settings) if not row.trusted]
    for row in waiting:
        line = f":{row.origin.line}" if row.origin.line is not None else ""
        where = f"{display_name(row.origin.source)}{line}"
        what = f"{display_name(row.key)}: " if row.key.startswith(("policies.", "pins.")) else ""
        what = what or "Outside the project: "
        session.output.line(f"{what}{value_text(row.value)} ({where})")
    if not yes:
        if not session.interactive:
            way = session.command("config", "trust", "--yes")
            raise NeedsConfirmation(f"this needs a yes and there is no terminal to ask on; run: {way}")
        if not confirm(session.output, "Trust the project's files as they are now?"):
            raise Declined("not confirmed, so nothing was trusted")
    agreed = session.composition.trust(session.options, session.service)
    for place in agreed:
        session.output.line(f"Trusted as it is now: {display_name(place)}")
    if not agreed and not session.options.quiet:
        session.output.line("Nothing waits for your trust.")
    return 0

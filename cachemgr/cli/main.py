"""The command group, and the one place where errors become a sentence and an exit code."""

import os
import sys
from collections.abc import Sequence
from errno import EFBIG, EIO, ENOSPC
from importlib import import_module

import click

from cachemgr import __version__
from cachemgr.cli.options import everywhere
from cachemgr.cli.output import silence
from cachemgr.cli.session import Composition, Session, Unwritten
from cachemgr.domain.errors import CacheMgrError, Interrupted, UsageError
from cachemgr.domain.event import Stopped
from cachemgr.present.document.values import encode, error
from cachemgr.present.text import error_sentence

COMMANDS = {
    "status": "status",
    "ls": "ls",
    "clear": "clear",
    "expire": "expire",
    "migrate": "migrate",
    "apply": "apply",
    "history": "history",
    "undo": "undo",
    "purge": "purge",
    "recover": "recover",
    "init": "init",
    "env": "env",
    "run": "run",
    "types": "types",
    "tiktoken": "tiktoken",
    "responses": "responses",
    "config": "config",
    "demo": "demo",
    "clear-models": "clear",
    "clear-app": "clear",
    "clear-all": "clear",
}
"""Each command and the module of `cachemgr.cli.commands` it is in, imported when it is needed."""
_FULL = (EFBIG, EIO, ENOSPC)
_MEANT = {"-y": "--yes", "-n": "--dry-run"}
"""Options of other tools, and what they are called here."""
_HIDDEN = ("clear-models", "clear-app", "clear-all")

EPILOG = """\b
Examples:
  cachemgr status                         what is cached, biggest first
  cachemgr ls models --where 'unused>60d' entries nobody used for two months
  cachemgr clear pip --dry-run            what would be removed, and what it frees
  cachemgr clear huggingface-hub@home:models/org/name
  cachemgr expire responses --ttl         what is past the time it was stored with
  cachemgr undo                           bring back what the last run set aside
  cachemgr recover                        runs that were interrupted, and what can be done
  cachemgr init                           set a project up: directories, .gitignore, cachemgr.toml
  eval "$(cachemgr env)"                  lead the tools into the configured caches
  cachemgr demo                           try everything on a safe sample

\b
TARGET is `all`, a category (models, apps, responses, packages, builds), `legacy`, a cache
type, a cache id, an entry id, a glob over ids, or `-` for ids on standard input.

\b
What it costs to have it again: ○ rebuilds itself  ● downloads again  ◆ costs money or time
■ cannot be had again, or is listed and never cleared  ▲ a legacy location
(o * $ # ! where a terminal cannot draw these). Columns that do not fit are left out; --json has all.
"""


class LazyGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for name in COMMANDS if name not in _HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cachemgr.cli.commands.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches  # only a mistake needs it

            near = get_close_matches(args[0].lower(), self.list_commands(ctx), 1)
            way_out = f"Did you mean {near[0]}?" if near else "See `cachemgr --help`."
            if args[0] == "help":
                way_out = f"Write `cachemgr {' '.join((*args[1:2], '--help'))}`."
            ctx.fail(f"There is no command {args[0]!r}. {way_out}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@everywhere
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> int:
    """Find, explain and safely clear caches of ML tools, applications and package managers.

    Without a command: the app on a terminal, and the status table anywhere else.
    """
    if context.invoked_subcommand is not None:
        return 0
    session = context.find_object(Session)
    assert session is not None
    if session.full_screen:
        return session.composition.explore(session.service)
    from cachemgr.cli.commands.status import show_status  # only this road needs it

    return show_status(session, (), csv=False)


def run(arguments: Sequence[str], composition: Composition) -> int:
    """One invocation; returns the exit code. Whatever is not foreseen goes through, to be said above."""
    session = Session(composition, arguments)
    try:
        result = main.main(list(arguments), prog_name="cachemgr", standalone_mode=False, obj=session)
        if (problem := session.unwritten()) is not None:
            return _fail(session, problem)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        _say(help_wanted.format_message(), err=True)
        return UsageError.exit_code
    except OSError as error:
        # click's own help and version; whatever else is written goes through `Output`.
        if error.filename is not None or error.errno not in _FULL:
            raise
        silence(sys.stdout)
        return _fail(session, Unwritten(f"cannot write to standard output: {os.strerror(error.errno or 0)}"))
    except click.ClickException as problem:
        return _fail(session, UsageError(_one_sentence(problem)))
    except (click.Abort, KeyboardInterrupt, Stopped):
        return _fail(session, Interrupted("interrupted"))
    except CacheMgrError as problem:
        return _fail(session, problem)
    return result if isinstance(result, int) else 0


def _fail(session: Session, problem: CacheMgrError) -> int:
    message = error_sentence(problem, session.invocation)
    _say(f"cachemgr: {message}", err=True)
    lines = "--events" in session.arguments
    if lines or session.options.json or "--json" in session.arguments:
        document = error(problem.exit_code, problem.kind, message)
        _say(encode({**document, **getattr(problem, "extra", {})}, indent=None if lines else 2))
    return problem.exit_code


def _say(text: str, *, err: bool = False) -> None:
    try:
        click.echo(text, err=err)
    except OSError:
        silence(sys.stderr if err else sys.stdout)


def _one_sentence(problem: click.ClickException) -> str:
    message = problem.format_message().replace("\n", " ").strip()
    if message[-1:].isalnum() or message[-1:] in "'`)":
        message += "."
    if (meant := _MEANT.get(getattr(problem, "option_name", ""))) is not None:
        return f"{message} Did you mean {meant}?"
    context = getattr(problem, "ctx", None)
    if context is None or "See `" in message or "Did you mean" in message:
        return message
    return f"{message} See `{context.command_path} --help`."

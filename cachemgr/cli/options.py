"""Options that several commands share, written once."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from cachemgr.cli.session import Session

F = TypeVar("F", bound=Callable[..., object])

pass_session = click.make_pass_decorator(Session)


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> object:
    """Remember an option wherever it was given; the one nearer to the end of the line counts."""
    if value is not None and context.resilient_parsing is False and parameter.name:
        setattr(context.find_object(Session).options, parameter.name, value)  # type: ignore[union-attr]
    return value


def kept(*names: str, help: str, **settings: object) -> Callable[[F], F]:  # noqa: A002 - click's own word
    return click.option(*names, callback=_keep, expose_value=False, default=None, help=help, **settings)  # type: ignore[arg-type]


class Place(click.Path):
    """A path that is more than nothing: an unset variable of a script is not the working directory."""

    def __init__(self, what: str, **settings: Any) -> None:
        super().__init__(path_type=Path, **settings)
        self._what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(f"it is empty; name {self._what}", param, ctx)
        return super().convert(value, param, ctx)


DIRECTORY = Place("a directory", file_okay=False)
NEW_DIRECTORY = Place("a directory")
"""What it must not be, whoever makes it says."""
FILE = Place("a file", dir_okay=False)
PLAN_FILE = Place("a file", allow_dash=True)

EVERYWHERE: tuple[Callable[[F], F], ...] = (
    kept(
        "--project",
        metavar="DIR",
        type=DIRECTORY,
        help="The project; default: the nearest parent with a configuration.",
    ),
    kept("--config", metavar="FILE", type=FILE, help="A configuration file to use instead of the project's."),
    kept(
        "--home",
        metavar="DIR",
        type=DIRECTORY,
        help="Look at this home instead of yours; your HF_HOME and the like are not asked.",
    ),
    kept("--read-only", is_flag=True, flag_value=True, help="Show and plan; change nothing."),
    kept(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        help="Colour: on a terminal, always or never.",
    ),
    kept(
        "--no-progress",
        "progress",
        is_flag=True,
        flag_value=False,
        help="No progress line on standard error.",
    ),
    kept("--si", is_flag=True, flag_value=True, help="Sizes in powers of 1000 (kB, MB)."),
    kept("-q", "--quiet", is_flag=True, flag_value=True, help="Print ids only."),
    kept("-v", "--verbose", is_flag=True, flag_value=True, help="Show the traceback of a bug."),
)


def everywhere(command: F) -> F:
    """The options that hold before and after a command's name."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(EVERYWHERE), command)


json_option = kept("--json", is_flag=True, flag_value=True, help="One JSON document on standard output.")
allow_root_option = kept(
    "--allow-root",
    is_flag=True,
    flag_value=True,
    help="Write although HOME is somebody else's, or under sudo.",
)
where_option = click.option(
    "--where", metavar="EXPR", help="Only entries that match, such as 'size>1GB and unused>30d'."
)
nul_option = click.option(
    "-0", "--null", "nul", is_flag=True, help="With the target `-`: ids end with NUL, not with a line."
)


def targets_argument(*, required: bool) -> Callable[[F], F]:
    return click.argument(
        "targets", nargs=-1, required=required, metavar="TARGET..." if required else "[TARGET]..."
    )


def of_a_cache(command: F) -> F:
    """The options of every command about one response cache."""
    named = click.option(
        "--dir",
        "named",
        metavar="DIR",
        type=DIRECTORY,
        help="The cache's directory; default: the project's.",
    )
    return cast(F, named(json_option(everywhere(pass_session(command)))))

"""From where to where a migration goes, and what has to be set afterwards, as a person reads it."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import click

from cachemgr.cli.output import Output
from cachemgr.domain.environment import Unled
from cachemgr.domain.plan import Plan
from cachemgr.present.remarks import unled_sentence
from cachemgr.present.routes import route_rows
from cachemgr.present.text import display_name


def show_routes(output: Output, plan: Plan, *, err: bool = False) -> None:
    """A line for each cache, under the table of its entries."""
    for row in route_rows(plan):
        output.line(
            f"{display_name(row.cache)}: from {display_name(row.source)} "
            f"to {display_name(row.target)} ({row.how})",
            err=err,
        )


def show_unled(output: Output, unled: Iterable[Unled], *, err: bool = False) -> None:
    """The new places that no tool finds by itself, whatever is set."""
    for one in unled:
        sentence = unled_sentence(one)
        output.line(click.style(f"{sentence[0].upper()}{sentence[1:]}.", fg="yellow"), err=err)


def show_switch(output: Output, variables: Mapping[str, PurePath], unled: Iterable[Unled]) -> None:
    """The variables that make tools use the new places."""
    if variables:
        output.line("So that every tool uses the new place, set:")
        for name, value in variables.items():
            output.line(f"  {name}={display_name(shlex.quote(str(value)))}")
    show_unled(output, unled)

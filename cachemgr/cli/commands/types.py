"""`cachemgr types`: what the catalogue knows."""

import shlex
from collections.abc import Sequence

import click

from cachemgr.cli.columns import Column
from cachemgr.cli.options import everywhere, json_option, pass_session
from cachemgr.cli.output import Output
from cachemgr.cli.session import Session
from cachemgr.domain.cache_type import CacheType, Default
from cachemgr.domain.errors import UnknownTarget
from cachemgr.domain.policy import Policy
from cachemgr.present.document.knowledge import types_document
from cachemgr.present.expiry import policies_about, policy_text
from cachemgr.present.text import category_title, display_name, rebuild_word


@click.command()
@click.argument("type_id", metavar="[TYPE]", required=False)
@json_option
@everywhere
@pass_session
def types(session: Session, type_id: str | None) -> int:
    """What is known about each kind of cache."""
    kinds = session.service.types
    if type_id is not None:
        kinds = (_named(kinds, type_id),)
    if session.options.json:
        session.output.document(types_document(kinds, session.now(), session.service.expiring.policies))
    elif session.options.quiet:
        for kind in kinds:
            session.output.line(kind.id)
    elif type_id is not None:
        about = policies_about(kinds[0], session.service.expiring.policies)
        _detail(session.output, kinds[0], about)
    else:
        _table(session.output, kinds)
    return 0


def _named(kinds: Sequence[CacheType], type_id: str) -> CacheType:
    for kind in kinds:
        if kind.id == type_id:
            return kind
    from difflib import get_close_matches  # only a mistake needs it

    near = get_close_matches(type_id, [kind.id for kind in kinds], 1)
    way_out = f"did you mean {near[0]}?" if near else "`cachemgr types` lists them"
    raise UnknownTarget(f"there is no cache type {type_id!r}; {way_out}")


def _table(output: Output, kinds: Sequence[CacheType]) -> None:
    columns = (
        Column("Type"),
        Column("What it is", shrinks=True),
        Column("Category"),
        Column("If deleted"),
        Column("Known"),
        Column("Moved by", shrinks=True),
    )
    rows = [
        (
            kind.id,
            kind.title,
            category_title(kind.category),
            rebuild_word(kind.rebuild),
            kind.knowledge.value,
            " ".join(variable.name for variable in kind.variables) or output.dash(),
        )
        for kind in sorted(kinds, key=lambda kind: (kind.category, kind.id))
    ]
    output.table(columns, rows)


def _detail(output: Output, kind: CacheType, policies: Sequence[Policy]) -> None:
    facts = [
        ("Type", [kind.id]),
        ("What it is", [kind.title]),
        ("Category", [category_title(kind.category)]),
        ("If deleted", [rebuild_word(kind.rebuild)]),
        ("Known", [kind.knowledge.value]),
        ("Moved by", [_below(variable.name, variable.below) for variable in kind.variables]),
        ("Default", _places(kind.defaults)),
        ("In a project", list(kind.project)),
        ("Used to be", [*_places(kind.legacy), *kind.legacy_project]),
        ("Replaced by", [kind.replaced_by] if kind.replaced_by else []),
        ("Way back", [shlex.join(kind.way_back)] if kind.way_back else []),
        ("Policies", [f"{display_name(one.name)}: {policy_text(one)}" for one in policies]),
        ("Read in", list(kind.sources)),
    ]
    width = max(len(name) for name, _ in facts)
    for name, lines in facts:
        for number, line in enumerate(lines):
            label = click.style(name.ljust(width), bold=True) if number == 0 else " " * width
            output.line(f"{label}  {line}")


def _below(variable: str, below: str) -> str:
    return f"{variable} (+ /{below})" if below else variable


def _places(defaults: Sequence[Default]) -> list[str]:
    return [f"{default.path}  ({', '.join(default.platforms)})" for default in defaults]

"""`cachemgr ls`: the entries of caches."""

import shlex

import click

from cachemgr.cli.columns import Column
from cachemgr.cli.options import (
    everywhere,
    json_option,
    nul_option,
    pass_session,
    targets_argument,
    where_option,
)
from cachemgr.cli.session import Session
from cachemgr.cli.targets import matching, out_of_reach, read_targets, say_packed, selected
from cachemgr.domain.errors import Unavailable
from cachemgr.domain.inventory import Entry, Inventory
from cachemgr.domain.query import Sort
from cachemgr.present.document.entries import entries_document, group_tally
from cachemgr.present.rows import entry_row
from cachemgr.present.text import age, count, counted, display_name, finding_sentence

EPILOG = """\b
Examples:
  cachemgr ls models --where 'size>1GB and unused>30d'
  cachemgr ls --where "detached or expired" --sort size:desc --limit 20
  cachemgr ls tmdb --where 'age>90d' --quiet | cachemgr clear - --dry-run

\b
Fields of EXPR: size apparent frees files age unused name id cache type category place rebuild
group note, and by themselves detached, legacy, expired. Operators: = != < <= > >= and ~ (a glob).
Units: KB MB GB KiB MiB GiB; s min h d w mo y. Combine with and, or, not and brackets.
What is unknown about an entry selects it neither way.
"""


@click.command(epilog=EPILOG)
@targets_argument(required=False)
@where_option
@click.option("--sort", metavar="KEY[:desc]", help="Any field of EXPR; default: size:desc.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Only the first N.")
@json_option
@nul_option
@everywhere
@pass_session
def ls(
    session: Session,
    targets: tuple[str, ...],
    where: str | None,
    sort: str | None,
    limit: int | None,
    nul: bool,
) -> int:
    """Entries: the smallest things that can be kept or cleared."""
    order = Sort.parse(sort or "size:desc")
    words = read_targets(targets, nul=nul)
    inventory = session.inventory()
    selection = selected(session, inventory, words)
    say_packed(session, inventory, selection)
    found = matching(session, inventory, selection, where)
    shown = order.order(found, inventory, session.now())[:limit]
    if session.options.json:
        session.output.document(entries_document(inventory, shown, len(found)))
    elif session.options.quiet:
        for entry in shown:
            session.output.line(display_name(entry.id))
    else:
        _table(session, inventory, shown, len(found))
    return Unavailable.exit_code if out_of_reach(session, inventory, selection, acting=False) else 0


def _table(session: Session, inventory: Inventory, shown: tuple[Entry, ...], matched: int) -> None:
    output = session.output
    columns = (
        Column(""),
        Column("Size", right=True),
        Column("Frees", right=True),
        Column("Files", right=True, drops=1),
        Column("Changed", right=True, drops=1),
        Column("Used", right=True, drops=1),
        Column("Entry"),
        Column("Note", shrinks=True, drops=1),
    )
    rows = []
    for entry in shown:
        row = entry_row(
            entry, inventory.cache_by_id[entry.cache], inventory.exclusive(entry), inventory.scanned_at
        )
        rows.append(
            (
                output.glyph(row.tier),
                output.size(row.size),
                output.size(row.frees),
                count(row.files),
                age(row.modified, inventory.scanned_at, output.dash()),
                age(row.used, inventory.scanned_at, output.dash()),
                display_name(row.id),
                row.note,
            )
        )
    if rows:
        output.table(columns, rows)
        output.line()
    caches = {entry.cache for entry in shown}
    for finding in inventory.findings:
        if finding.code == "interrupted-run" and finding.cache in caches:
            sentence = finding_sentence(finding, session.service.machine.home, session.service.project)
            output.line(f"cachemgr: {sentence}: {display_name(shlex.join(finding.fix))}", err=True)
    together = group_tally(shown)
    of = f" of {count(matched)}" if matched > len(shown) else ""
    output.line(
        f"{count(len(shown))}{of} {'entry' if len(shown) == 1 and not of else 'entries'}, "
        f"{output.size(together.size)} in {counted(together.files, 'file')}"
    )

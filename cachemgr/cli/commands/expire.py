"""`cachemgr expire`: remove what rules say, through a plan."""

import shlex
from dataclasses import replace
from typing import Any

import click

from cachemgr.cli.action import act
from cachemgr.cli.options import everywhere, nul_option, pass_session, targets_argument
from cachemgr.cli.session import Session
from cachemgr.cli.targets import (
    out_of_reach,
    read_targets,
    refuse_unusable,
    say_packed,
    selected,
)
from cachemgr.cli.wish import Wish, action_options
from cachemgr.domain.errors import Unavailable, UnknownTarget, UsageError
from cachemgr.domain.field import Measure, rule_amount
from cachemgr.domain.inventory import Inventory
from cachemgr.domain.policy import Policy
from cachemgr.domain.target import Selection, written_out
from cachemgr.domain.verdict import Judgement
from cachemgr.present.document.expiry import explanation_document
from cachemgr.present.expiry import clock_sentence
from cachemgr.present.size_rules import size_notes
from cachemgr.present.standing import record_word, standing_sentence
from cachemgr.present.text import counted, display_name

EPILOG = """\b
Examples:
  cachemgr expire responses --ttl --dry-run          what is past the time it was stored with
  cachemgr expire --policy responses-ttl --yes       a saved policy, for cron
  cachemgr expire models --unused-for 90d            models that nobody has read since
  cachemgr expire responses --ttl --max-size 500MB   and then the oldest, until it fits
  cachemgr expire models --free 40G --delete         until 40 GiB are free
  cachemgr expire huggingface-hub --keep-last 1      the newest revision of each repository stays
  cachemgr expire tmdb --older-than 6mo --explain tmdb@project:movie_797.json

\b
An entry goes if --ttl, --older-than or --unused-for asks for it; --max-size and --free then take
more, in the order that the plan names, and no more than they need. --keep-last keeps the newest of
each group whatever the others say; as the only rule it takes the rest. What stays in any case: what
is pinned in the configuration, what has a record that cannot be believed, and what is younger than
--min-age (24 hours; a time that the cache itself recorded needs no age).

\b
With --yes and no terminal it stops (exit code 4) where rules of age, use or size take more than half
of the entries or 10 GB; on any clock that the files contradict; and where --unused-for asks a mount
that records no reads. --force mass-expiry overrides that.
"""
_RULES = (
    ("--older-than", Measure.SECONDS, "AGE", "Last changed so long ago: 30d, 6mo."),
    ("--unused-for", Measure.SECONDS, "AGE", "Last used or changed so long ago."),
    ("--max-size", Measure.BYTES, "SIZE", "The oldest, until all of it together takes no more: 20G."),
    ("--free", Measure.BYTES, "SIZE", "The oldest, until so much is free on its file system."),
    ("--keep-last", Measure.COUNT, "N", "The newest N of each repository, model or cache stay."),
    ("--min-age", Measure.SECONDS, "AGE", "What is younger stays."),
)


class Amount(click.ParamType[Any, float]):
    """An amount as `--where` reads it."""

    def __init__(self, measure: Measure, name: str) -> None:
        self.measure, self.name = measure, name

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return rule_amount(str(value), self.measure)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _rule_options(command: Any) -> Any:
    for option, measure, name, text in reversed(_RULES):
        command = click.option(option, type=Amount(measure, name), metavar=name, help=text)(command)
    return command


@click.command(epilog=EPILOG)
@targets_argument(required=False)
@click.option("--ttl", is_flag=True, help="Past the time that the cache itself recorded.")
@_rule_options
@click.option(
    "--policy",
    "names",
    metavar="NAME",
    multiple=True,
    help="A saved policy; a rule beside it replaces the same one.",
)
@click.option(
    "--explain",
    metavar="ENTRY",
    multiple=True,
    help="Say which rule takes or keeps it, and when one will; then stop. ENTRY as a table prints it.",
)
@action_options(disposal=True)
@nul_option
@everywhere
@pass_session
def expire(
    session: Session,
    /,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    explain: tuple[str, ...],
    nul: bool,
    wish: Wish,
    **rules: Any,
) -> int:
    """Remove what rules name, through a plan that says why."""
    name = _one(names)
    session.tells_of = lambda policy: policy == name
    policy = _policy(session, name, rules)
    words = read_targets(targets, nul=nul)
    if policy.empty and (meant := _meant(session, targets)):
        raise UsageError(f"no rule says what may go, and that never means everything; did you mean {meant}?")
    session.service.expiring.refuse_empty(policy)
    inventory = session.inventory()
    about = selected(session, inventory, policy.targets)
    selection = about if words == () else selected(session, inventory, words)
    refuse_unusable(inventory, selection)
    entries = selection.entries & about.entries
    if explain:
        ids = (written_out(inventory, word, entries, display_name) for word in explain)
        wanted = selected(session, inventory, tuple(ids))
        judgement = session.service.expiring.explain(
            inventory, policy, entries, disposal=wish.disposal, force=wish.forced
        )
        return _explain(session, inventory, judgement, wanted)
    say_packed(session, inventory, selection)
    if name is not None and words and not set(selection.caches) & set(about.caches):
        raise UnknownTarget(
            f"{session.service.expiring.nothing_meant(policy)};"
            " name something of it, or nothing for all of it"
        )
    plan = session.service.expiring.plan(
        inventory,
        policy,
        entries,
        targets=words or policy.targets,
        disposal=wish.disposal,
        force=wish.forced,
        attended=session.interactive,
    )
    code = act(session, plan, wish)
    lost = out_of_reach(session, inventory, selection)
    return code or (Unavailable.exit_code if lost else 0)


def _one(names: tuple[str, ...]) -> str | None:
    if len(set(names)) > 1:
        raise click.UsageError(
            f"--policy {' and --policy '.join(names)}: one at a time; each has a plan of its own."
        )
    return names[0] if names else None


def _policy(session: Session, name: str | None, rules: dict[str, Any]) -> Policy:
    """A saved policy with what the command line says over it."""
    given = {key: value for key, value in rules.items() if value is not None and value is not False}
    for key in ("keep_last", "max_size", "free"):
        if key in given:
            given[key] = int(given[key])
    saved = Policy() if name is None else session.service.expiring.policy(name)
    return replace(saved, **given)


def _meant(session: Session, words: tuple[str, ...]) -> str:
    """The option for a word that stands where targets do; empty where it is none."""
    from difflib import get_close_matches  # only a mistake needs it

    options = {option.removeprefix("--"): option for option in ("--ttl", *(rule[0] for rule in _RULES))}
    options |= {
        policy.name: f"--policy {shlex.quote(display_name(policy.name))}"
        for policy in session.service.expiring.policies
    }
    strange = [word for word in words if session.service.expiring.meant_by(word) is not None]
    near = (get_close_matches(word, options, 1, 0.8) for word in strange)
    return next((options[found[0]] for found in near if found), "")


def _explain(session: Session, inventory: Inventory, judgement: Judgement, wanted: Selection) -> int:
    output, expiring = session.output, session.service.expiring
    rank = {verdict.entry: number for number, verdict in enumerate(judgement.verdicts, 1)}
    shown = [verdict for verdict in judgement.verdicts if verdict.entry in wanted.entries]
    waits = {verdict.entry: expiring.waits(inventory, judgement, verdict) for verdict in shown}
    if session.options.json:
        output.document(explanation_document(judgement, shown, rank, waits, session.now()))
        return 0
    for verdict in shown:
        word = "goes" if verdict.goes else "stays"
        why = standing_sentence(verdict, waits[verdict.entry], judgement.expiry, session.now())
        output.line(f"{display_name(verdict.entry)} {word}: {why}")
        place = rank[verdict.entry] if verdict.goes else None
        output.line(f"  {_standing(place, len(rank))}; its record: {record_word(verdict.state)}")
    for entry in sorted(wanted.entries - rank.keys()):
        output.line(f"{display_name(entry)} stays: it is not among what the rules are about")
    for clock in judgement.expiry.clocks:
        output.line(f"{clock_sentence(clock)}.")
    for line in size_notes(judgement.expiry, output.si, after=bool(judgement.going)):
        output.line(f"{line}.")
    return 0


def _standing(rank: int | None, of: int) -> str:
    order = "" if rank is None else f", it is number {rank:,} in the order of going"
    return f"{counted(of, 'entry', 'entries')} looked at{order}"

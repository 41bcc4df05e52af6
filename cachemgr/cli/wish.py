"""The action options, the same on every command that changes something, folded into one value."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce, wraps
from pathlib import Path
from typing import Any

import click

from cachemgr.cli.options import PLAN_FILE, allow_root_option, json_option
from cachemgr.domain.terms import Disposal, Rule

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """How an action is to be carried out."""

    dry_run: bool = False
    plan: Path | None = None
    """Where to write the plan instead of carrying it out; `-` is standard output."""
    yes: bool = False
    disposal: Disposal | None = None
    events: bool = False
    forced: tuple[Rule, ...] = ()
    """The safety rules that are overridden."""


_HELPS = {
    Disposal.DELETE: "Permanent: frees the bytes now and cannot be undone.",
    Disposal.QUARANTINE: "Undoable: set aside on the same file system, freed at the purge.",
    Disposal.TRASH: "To the system trash: comes back from there, freed when that is emptied.",
}
_DISPOSALS = tuple(
    click.option(f"--{disposal.value}", is_flag=True, help=text) for disposal, text in _HELPS.items()
)
_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Show the plan and stop."),
    click.option(
        "--plan",
        "plan",
        metavar="FILE",
        type=PLAN_FILE,
        help="Write the plan as JSON and stop; `cachemgr apply` takes it.",
    ),
    click.option("--yes", is_flag=True, help="Do not ask. It never overrides a safety rule."),
    allow_root_option,
    click.option(
        "--force",
        "forced",
        metavar="RULE",
        multiple=True,
        help="Override one rule by name: in-use (what running processes use; a tool's lock still counts); "
        "for expire also mass-expiry; for migrate network, leaving-links, tracked.",
    ),
    click.option("--events", is_flag=True, help="One JSON object a line while it runs."),
    json_option,
)


def action_options(*, disposal: bool = False) -> Callable[[Command], Command]:
    """Gives the command a `wish`; with `disposal` it can also say what becomes of what is removed."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def folded(*args: Any, **given: Any) -> Any:
            wish = Wish(
                dry_run=given.pop("dry_run"),
                plan=given.pop("plan"),
                yes=given.pop("yes"),
                events=given.pop("events"),
                disposal=_one({kind: given.pop(kind.value, False) for kind in Disposal}),
                forced=tuple(dict.fromkeys(map(_rule, given.pop("forced")))),
            )
            if wish.events and click.get_current_context().obj.options.json:
                raise click.UsageError("--json and --events are two forms of the same report; choose one.")
            return command(*args, wish=wish, **given)

        options = (*_DISPOSALS, *_OPTIONS) if disposal else _OPTIONS
        return reduce(lambda wrapped, option: option(wrapped), reversed(options), folded)

    return decorate


def _rule(name: str) -> Rule:
    try:
        return Rule(name)
    except ValueError:
        known = ", ".join(Rule)
        raise click.UsageError(
            f"There is no rule {name!r} that could be overridden; with a name there is: {known}."
        ) from None


def _one(given: dict[Disposal, bool]) -> Disposal | None:
    chosen = [disposal for disposal, wanted in given.items() if wanted]
    if len(chosen) > 1:
        both = " and ".join(f"--{disposal.value}" for disposal in chosen)
        raise click.UsageError(f"{both} exclude each other; choose one.")
    return chosen[0] if chosen else None

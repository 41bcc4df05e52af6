"""The question before an action, as serious as its consequences."""

import sys

from cachemgr.cli.output import Output
from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Rebuild
from cachemgr.present.plan_rows import plan_rows

_WORD = "delete"


class Declined(CacheMgrError):
    """Somebody was asked and said no."""

    exit_code = 1
    kind = "declined"


def agree(output: Output, plan: Plan) -> bool:
    """Ask on standard error. What comes back only for money, time or not at all takes a typed word."""
    if _grave(plan):
        return _answer(output, f"Type {_WORD!r} to go on: ") == _WORD
    return confirm(output)


def confirm(output: Output, question: str = "Go on?") -> bool:
    """Ask on standard error whether to go on; no is what silence means."""
    return _answer(output, f"{question} [y/N] ") in ("y", "yes")


def _grave(plan: Plan) -> bool:
    return any(row.permanent and row.rebuild in (Rebuild.COSTS, Rebuild.UNIQUE) for row in plan_rows(plan))


def _answer(output: Output, question: str) -> str:
    output.err.write(question)
    output.err.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        # End of input leaves the cursor behind the question.
        output.line(err=True)
    return answer.strip().lower()

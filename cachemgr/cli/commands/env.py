"""`cachemgr env`: the variables that put every tool into the configured caches, for a shell or a file."""

import click

from cachemgr.cli.options import everywhere, json_option, pass_session
from cachemgr.cli.session import Session
from cachemgr.domain.environment import LEADS_OUT, UNTRUSTED, Remark, Shell
from cachemgr.present.document.environment import env_document
from cachemgr.present.remarks import remark_sentence, use

JSON = "json"
EPILOG = """\b
Examples:
  eval "$(cachemgr env)"                                  bash, zsh, dash: the shell that SHELL names
  cachemgr env --shell fish | source
  cachemgr env --shell powershell | Out-String | Invoke-Expression
  cachemgr env --shell dotenv > .env
  cachemgr env --shell systemd                            lines of a unit's [Service] section

Only the lines go to standard output. HF_HOME is never set: each cache in it has a variable of its own, so
the token stays where it is.
"""


@click.command(epilog=EPILOG)
@click.option(
    "--shell",
    type=click.Choice([*(shell.value for shell in Shell), JSON]),
    help="What to write for; default: the shell that SHELL names, and PowerShell on Windows.",
)
@json_option
@everywhere
@pass_session
def env(session: Session, shell: str | None) -> int:
    """Print the variables that lead tools to the configured caches."""
    service, output = session.service, session.output
    environment = service.variables.environment()
    if shell == JSON or session.options.json:
        home, project = service.machine.home, service.project
        output.document(env_document(environment, home, project, session.now()))
        return 0
    chosen = Shell(shell) if shell else service.variables.default_shell()
    script = service.variables.script(environment, chosen)
    if script.lines:
        output.exact("".join(line + script.end for line in script.lines))
    if session.options.quiet:
        return 0
    for remark in (*environment.remarks, *script.remarks):
        show_remark(session, remark)
    if not script.lines and any(remark.code in (UNTRUSTED, LEADS_OUT) for remark in environment.remarks):
        return 0  # what would lead there was said
    if not script.lines:
        output.line("No cache is configured that a variable could lead to; see `cachemgr init`.", err=True)
    elif output.out.isatty():
        command = session.command("env", "--shell", chosen)
        output.line(f"To use them: {use(chosen, command)}", err=True)
    return 0


def show_remark(session: Session, remark: Remark) -> None:
    """On standard error, where it is in the way of no script."""
    service = session.service
    sentence = remark_sentence(remark, service.machine.home, service.project)
    session.output.line(f"cachemgr: {sentence}", err=True)

"""One way to write variables for each shell, and which shell it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cachemgr.domain.display import display_name
from cachemgr.domain.environment import Environment, Remark, Script, Shell
from cachemgr.domain.errors import UsageError
from cachemgr.domain.machine import Machine, Platform
from cachemgr.environment import cmd, dotenv, fish, posix, powershell, systemd


@dataclass(frozen=True, slots=True)
class _Dialect:
    assign: Callable[[str, str], str]
    """The line for a name and a value. Raises UsageError where it cannot hold the value."""
    remove: Callable[[str], str] | None
    """None: it can only add."""
    before: Callable[[Iterable[str]], tuple[str, ...]] = lambda _: ()
    end: str = "\n"


_DIALECTS: Mapping[Shell, _Dialect] = {
    **dict.fromkeys((Shell.BASH, Shell.ZSH, Shell.SH), _Dialect(posix.assign, posix.remove)),
    Shell.FISH: _Dialect(fish.assign, fish.remove),
    Shell.POWERSHELL: _Dialect(powershell.assign, powershell.remove),
    Shell.CMD: _Dialect(cmd.assign, cmd.remove, cmd.before, "\r\n"),
    Shell.DOTENV: _Dialect(dotenv.assign, None),
    Shell.SYSTEMD: _Dialect(systemd.assign, systemd.remove),
}
_NAMES = {"dash": Shell.SH, "ksh": Shell.SH, "ash": Shell.SH, "pwsh": Shell.POWERSHELL}


def script(environment: Environment, shell: Shell) -> Script:
    """An environment's changes as lines of a shell. Raises UsageError where it cannot hold one of them."""
    dialect = _DIALECTS[shell]
    values = {one.name: str(one.value) for one in environment.assignments}
    lines = [dialect.assign(name, value) for name, value in values.items()]
    remarks: list[Remark] = []
    if dialect.remove is not None:
        lines += map(dialect.remove, environment.removals)
    else:
        remarks += [Remark("cannot-remove", name, detail=shell) for name in environment.removals]
    before = dialect.before(values.values())
    if before:
        remarks.append(Remark("console", shell, detail=before[0]))
    if shell is Shell.CMD:
        remarks += [Remark("delayed", name) for name, value in values.items() if "!" in value]
    return Script((*before, *lines), dialect.end, tuple(remarks))


def default_shell(machine: Machine) -> Shell:
    """The shell that SHELL names; without one, PowerShell on Windows and a POSIX shell anywhere else.

    Raises UsageError for a shell that nothing is known about.
    """
    path = machine.env.get("SHELL", "")
    if not path:
        return Shell.POWERSHELL if machine.platform is Platform.WINDOWS else Shell.SH
    name = path.replace("\\", "/").rpartition("/")[2].removesuffix(".exe").lower()
    shell = _NAMES.get(name)
    if shell is None and name in (Shell.BASH, Shell.ZSH, Shell.SH, Shell.FISH):
        shell = Shell(name)
    if shell is None:
        raise UsageError(f"SHELL is {display_name(path)}, which is not known here; name one with --shell")
    return shell

"""What variables cannot do, and how their lines are used, in a sentence each."""

from pathlib import PurePath

from cachemgr.domain.display import display_name
from cachemgr.domain.environment import Remark, Shell, Unled
from cachemgr.present.names import short_path

_REMARKS = {
    "untrusted": "{subject} names {path}, outside of the project; `cachemgr config trust` allows it",
    "home": "{subject} names {path}, the home directory or one above it, so nothing is led there",
    "leads-out": "{subject} would be at {path}, a link that leads out of the project; name the real place in "
    "your own configuration",
    "no-variable": "no variable leads {subject} alone to {path}",
    "unheard": "no tool listens to a variable for {subject}; only what names {path} by itself uses it",
    "expands": "{subject} holds a part that its tool replaces, so it will not be {path}; use another path",
    "cannot-remove": "{subject} is set and leads away from the configured cache; these lines cannot unset it",
    "console": "a value is not ASCII, so `{detail}` comes first, and leaves the console in UTF-8",
    "delayed": "{subject} holds a `!`, which a batch file with delayed expansion drops",
}
_USE = {
    Shell.BASH: 'eval "$({command})"',
    Shell.ZSH: 'eval "$({command})"',
    Shell.SH: 'eval "$({command})"',
    Shell.FISH: "{command} | source",
    Shell.POWERSHELL: "{command} | Out-String | Invoke-Expression",
    Shell.CMD: "{command} > caches.cmd & call caches.cmd",
    Shell.DOTENV: "{command} > .env",
    Shell.SYSTEMD: "{command} >> caches.conf    (below a [Service] line)",
}


def remark_sentence(remark: Remark, home: PurePath | None = None, project: PurePath | None = None) -> str:
    return _REMARKS[remark.code].format(
        subject=display_name(remark.subject),
        path=short_path(remark.path, home, project) if remark.path is not None else "its place",
        detail=display_name(remark.detail),
    )


def unled_sentence(unled: Unled) -> str:
    """That a tool will not find a place by itself, and where it would."""
    if unled.near == unled.path:
        besides = ""
        if unled.setting is not None:
            key, file = unled.setting
            besides = f"; `{key}` in {display_name(file)} names another place"
        return f"{unled.variable}={display_name(unled.path)} leads programs there{besides}"
    where = f"no variable leads {display_name(unled.type)} to {display_name(unled.path)}"
    if unled.near is None:
        return f"{where}; its own configuration has to"
    return f"{where}; {unled.variable} can lead it to {display_name(unled.near)}"


def use(shell: Shell, command: str) -> str:
    """What a person types so that a shell takes the lines of `command`."""
    return _USE[shell].format(command=command)

"""Which shell it is, told from the platform and SHELL."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from cachemgr.domain.environment import Shell
from cachemgr.domain.errors import UsageError
from cachemgr.domain.machine import Machine, Platform
from cachemgr.environment.shells import default_shell

HOMES = {platform: PurePosixPath("/home/ada") for platform in Platform} | {
    Platform.WINDOWS: PureWindowsPath(r"C:\Users\ada")
}


@pytest.mark.parametrize(
    ("platform", "named", "shell"),
    [
        (Platform.LINUX, "/bin/bash", Shell.BASH),
        (Platform.LINUX, "/usr/local/bin/zsh", Shell.ZSH),
        (Platform.MACOS, "/opt/homebrew/bin/fish", Shell.FISH),
        (Platform.LINUX, "/bin/dash", Shell.SH),
        (Platform.LINUX, "/bin/ksh", Shell.SH),
        (Platform.LINUX, "/usr/bin/pwsh", Shell.POWERSHELL),
        (Platform.LINUX, "", Shell.SH),
        (Platform.MACOS, None, Shell.SH),
        (Platform.WINDOWS, None, Shell.POWERSHELL),
        (Platform.WINDOWS, r"C:\Program Files\Git\usr\bin\bash.exe", Shell.BASH),
        (Platform.WINDOWS, "/usr/bin/bash", Shell.BASH),
    ],
)
def test_the_shell_is_the_one_that_is_named(platform: Platform, named: str | None, shell: Shell) -> None:
    env = {} if named is None else {"SHELL": named}

    assert default_shell(Machine(platform, HOMES[platform], env, HOMES[platform])) is shell


@pytest.mark.parametrize("named", ["/bin/tcsh", "/usr/bin/dotenv", "/bin/systemd", "nu"])
def test_a_shell_that_is_not_known_is_not_guessed(named: str) -> None:
    home = HOMES[Platform.LINUX]
    with pytest.raises(UsageError, match="name one with --shell"):
        default_shell(Machine(Platform.LINUX, home, {"SHELL": named}, home))

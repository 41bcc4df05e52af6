"""PowerShell: for `… | Out-String | Invoke-Expression`. ASCII only, because PowerShell decodes a program's
output by the console's code page, whatever that is."""

import re

from cachemgr.environment.text import as_text

_QUOTED = re.compile(r"[ -~]+")


def assign(name: str, value: str) -> str:
    """Between single quotes only a quote means something else, and is doubled. What is not printable ASCII
    is a `[char]`, in UTF-16 as .NET keeps it. Raises UsageError."""
    return f"$env:{name} = {' + '.join(_parts(as_text('PowerShell', name, value)))}"


def remove(name: str) -> str:
    return f"$env:{name} = $null"


def _parts(value: str) -> list[str]:
    # A string first: `[char] + [char]` is not PowerShell's way to spell a text.
    parts = [] if _QUOTED.match(value) else ["''"]
    for run in re.findall(r"[ -~]+|[^ -~]+", value):
        if _QUOTED.match(run):
            quoted = run.replace("'", "''")
            parts.append(f"'{quoted}'")
        else:
            units = run.encode("utf-16-be", "surrogatepass")
            parts += [f"[char]0x{units[i : i + 2].hex()}" for i in range(0, len(units), 2)]
    return parts

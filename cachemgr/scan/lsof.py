"""What macOS's lsof says is mapped into memory, which psutil cannot tell there."""

from collections.abc import Iterator

OPTIONS = ("-w", "-n", "-P", "-b", "-d", "txt,mem", "-F0pn")
"""No warnings, no look-ups of hosts and ports, no calls that may hang; mapped files alone."""


def mapped_files() -> dict[int, list[str]] | None:
    """The mapped files of each process that lets us look; None where lsof is missing."""
    import subprocess

    try:
        # It says 1 as soon as one process did not let it look.
        done = subprocess.run(
            ("/usr/sbin/lsof", *OPTIONS), capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
    except OSError:
        return None
    return read(done.stdout.decode("utf-8", "surrogateescape"))


def read(output: str) -> dict[int, list[str]]:
    """lsof(8), OUTPUT FOR OTHER PROGRAMS: fields that end with NUL, each named by its first character."""
    found: dict[int, list[str]] = {}
    pid = 0
    for name, value in _fields(output):
        if name == "p" and value.isdigit():
            pid = int(value)
        elif name == "n" and value.startswith("/"):
            found.setdefault(pid, []).append(value)
    return found


def _fields(output: str) -> Iterator[tuple[str, str]]:
    for field in output.split("\0"):
        # A set of fields ends with a line feed, which comes before the first of the next set.
        text = field.removeprefix("\n")
        if text:
            yield text[0], text[1:]

"""Lines of a unit's `[Service]` section (systemd.exec(5), systemd.syntax(7))."""

from cachemgr.environment.text import as_text, in_bytes, is_hidden

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"', "%": "%%"}


def assign(name: str, value: str) -> str:
    """Between double quotes: C-style escapes, and `%%` because specifiers are replaced after them. A `$` is
    itself. Raises UsageError for bytes that are no text, which systemd drops."""
    text = as_text("systemd", name, value)
    return f'Environment="{name}={"".join(map(_escaped, text))}"'


def remove(name: str) -> str:
    return f"UnsetEnvironment={name}"


def _escaped(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    return "".join(f"\\x{byte:02x}" for byte in in_bytes(char)) if is_hidden(char) else char

"""bash, zsh and the shells of POSIX (dash, ksh, busybox): for `eval "$(…)"` or a file that is sourced."""

from cachemgr.environment.text import in_bytes, is_hidden

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\047", "%": "%%"}


def assign(name: str, value: str) -> str:
    """Between single quotes all is itself. Of what POSIX has, only `printf` knows escapes; the dot keeps line
    feeds at the end, which `$(…)` drops."""
    if not is_hidden(value):
        quoted = value.replace("'", "'\\''")
        return f"export {name}='{quoted}'"
    return f"""{name}="$(printf -- '{"".join(map(_escaped, value))}.')"; export {name}="${{{name}%.}}\""""


def remove(name: str) -> str:
    return f"unset {name}"


def _escaped(char: str) -> str:
    """Three octal digits a byte: no digit that follows along is taken for one of them."""
    octal = "".join(f"\\{byte:03o}" for byte in in_bytes(char))
    return _NAMED.get(char) or (octal if is_hidden(char) else char)

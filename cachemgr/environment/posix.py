"""bash, zsh and the shells of POSIX (dash, ksh, busybox): for `eval "$(…)"` or a file that is sourced."""

from collections.abc import Mapping

from cachemgr.environment.text import in_bytes, is_hidden

_ANSI = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}
_PRINTF = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\047", "%": "%%"}


def assign_ansi(name: str, value: str) -> str:
    """For bash and zsh, where `$'…'` has escapes."""
    return f"export {name}=$'{_escaped(value, _ANSI)}'" if is_hidden(value) else assign(name, value)


def assign(name: str, value: str) -> str:
    """For every POSIX shell: between single quotes all is itself. Only `printf` has escapes; the dot keeps
    line feeds at the end, which `$(…)` drops."""
    if not is_hidden(value):
        quoted = value.replace("'", "'\\''")
        return f"export {name}='{quoted}'"
    return f"""{name}="$(printf -- '{_escaped(value, _PRINTF)}.')"; export {name}="${{{name}%.}}\""""


def remove(name: str) -> str:
    return f"unset {name}"


def _escaped(value: str, named: Mapping[str, str]) -> str:
    return "".join(named.get(char) or (_octal(char) if is_hidden(char) else char) for char in value)


def _octal(char: str) -> str:
    """Three digits each: a hexadecimal escape would take the letters that follow along."""
    return "".join(f"\\{byte:03o}" for byte in in_bytes(char))

"""What a module defines, the package uses: code that nobody calls is tested, read and kept for nothing."""

import ast
import re
from collections import Counter

from tests.architecture.source import modules

PUBLISHED = ("responses/adapters/", "responses/compat.py")
"""What applications import from where it is."""
BY_NAME = {
    **{path: {"CACHES"} for path in modules() if path.startswith("catalogue/")},
    "execute/copy_process.py": {"serve"},
    # protocols that stores follow without naming them
    "responses/store.py": {"DistantStore"},
}
"""What is called by its name in a text, by another process or by a reader."""


def test_what_is_defined_is_used() -> None:
    used = Counter[str]()
    for path, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                used[node.id] += 1
            elif isinstance(node, ast.Attribute):
                used[node.attr] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "__init__" in path:
                # What a package offers is loaded when it is asked for, by its name.
                used.update(re.findall(r"\w+", node.value))
    assert used["unlink"], "nothing was read"
    idle = {
        f"{path}: {name}"
        for path, module in modules().items()
        if not path.startswith(PUBLISHED)
        for node in module.body
        for name in _defined(node)
        if not used[name] and name not in BY_NAME.get(path, ())
    }
    assert idle == set()


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            # A decorator may have told somebody else of it, a command line for instance.
            found = [] if node.decorator_list and not isinstance(node, ast.ClassDef) else [name]
        case ast.Assign(targets):
            found = [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(ast.Name(name)):
            found = [name]
        case _:
            found = []
    return [name for name in found if not name.startswith("__")]

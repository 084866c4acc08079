"""No module needs another to have been imported before it."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import notebook_notify

ROOT = Path(notebook_notify.__file__).parent


def modules(root):
    """The source of each module of a package, by its full name."""
    found = {}
    for path in root.rglob("*.py"):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        found[".".join(parts).removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


def needed(name, sources):
    """The modules that must be whole before *name* is: its imports, but for types or in functions.

    Of a module in another folder, that folder's own ``__init__`` is imported before it.
    """
    waiting: list[ast.AST] = list(ast.parse(sources[name]).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        imported = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            imported = [one if one in sources else node.module for one in inner]
        for one in imported:
            folder = one.rpartition(".")[0]
            yield from {one, folder} & sources.keys() if not is_in(name, folder) else {one}


def is_in(name, folder):
    """Whether *name* is *folder*, or a module in it: it is imported while the folder is."""
    return f"{name}.".startswith(f"{folder}.")


def circle(sources):
    """The names of modules that import each other in a circle; empty if there is none."""
    graph = {
        name: {one for one in needed(name, sources) if one in sources and one != name}
        for name in sources
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_there_are_no_circles():
    """Whichever module is imported first, what it imports is whole by then."""
    sources = modules(ROOT)
    assert "notebook_notify.sender" in sources
    assert circle(sources) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "is_circle"),
    [
        ("from notebook_notify import b", "import notebook_notify.a", True),
        ("from notebook_notify.b import x", "class C:\n    from notebook_notify.a import y", True),
        ("from notebook_notify import b", "def f():\n    import notebook_notify.a", False),
        ("import notebook_notify.b", "if TYPE_CHECKING:\n    import notebook_notify.a", False),
        ("import notebook_notify.b", "import json", False),
    ],
)
def test_a_circle_is_found(ours, theirs, is_circle):
    """What would fail at the import is found, and what is imported later is none."""
    sources = {"notebook_notify": "", "notebook_notify.a": ours, "notebook_notify.b": theirs}
    assert bool(circle(sources)) == is_circle


def test_a_circle_by_way_of_a_folder_is_found():
    """A folder's ``__init__`` is imported before a module in it."""
    sources = {
        "notebook_notify": "",
        "notebook_notify.a": "from notebook_notify.f.b import x",
        "notebook_notify.f": "from notebook_notify.a import y",
        "notebook_notify.f.b": "",
    }
    assert circle(sources)

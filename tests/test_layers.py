"""The house's layers: imports point one way. A new module must be entered in the table."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import notebook_notify

ROOT = Path(notebook_notify.__file__).parent

#: From the ground up: a module imports only from lower lines, or from its own line.
LAYERS = [
    [
        "blocks",
        "boxes",
        "columns",
        "errors",
        "folders",
        "shielded",
        "sizes",
        "spans",
        "texts",
        "usage",
    ],
    ["secret"],
    ["fields"],
    ["targets", "messages", "splitting"],
    ["config_text"],
    ["config"],
    ["config_edit", "everyone", "processes", "ledger_file", "private_file"],
    ["ledger"],
    ["book", "reports"],
    [
        "delivery",
        "delivery.budget",
        "delivery.explain",
        "delivery.file_store",
        "delivery.flight",
        "delivery.outbox",
        "delivery.outbox_rows",
        "delivery.outbox_sweep",
        "delivery.outbox_waiting",
        "delivery.pacing",
        "delivery.redis_store",
        "delivery.sealed",
        "delivery.shared",
        "delivery.store",
        "delivery.tokens",
        "delivery.one_write",
        "delivery.routes",
        "delivery.transport",
        "delivery.workers",
    ],
    [
        "platforms",
        "platforms.advice",
        "platforms.advice_dingtalk",
        "platforms.advice_dingtalk_groups",
        "platforms.advice_dingtalk_robot",
        "platforms.advice_dingtalk_v1",
        "platforms.advice_rows",
        "platforms.advice_wecom",
        "platforms.advice_wecom_chats",
        "platforms.base",
        "platforms.calls",
        "platforms.checks",
        "platforms.dingtalk",
        "platforms.dingtalk_admin",
        "platforms.dingtalk_app_robot",
        "platforms.dingtalk_chat",
        "platforms.dingtalk_notice",
        "platforms.dingtalk_robot",
        "platforms.dingtalk_v1",
        "platforms.errcode",
        "platforms.media",
        "platforms.recipients",
        "platforms.replies",
        "platforms.svg",
        "platforms.webhooks",
        "platforms.wecom",
        "platforms.wecom_admin",
        "platforms.wecom_app",
        "platforms.wecom_chat",
        "platforms.wecom_robot",
    ],
    ["sending", "sending.parts"],
    ["sending.outcomes"],
    ["sending.attempts"],
    ["sending.asks", "sending.proofs", "sending.recalls", "sending.uploads"],
    ["sending.dispatch"],
    ["sending.history"],
    ["sending.bookkeeping"],
    ["waiting", "waiting.queueing"],
    ["waiting.changes"],
    ["waiting.settling"],
    ["waiting.storing"],
    ["waiting.drain"],
    ["waiting.keeping"],
    ["waiting.outgoing"],
    ["sender"],
    ["admin"],
    ["admin.dingtalk", "admin.wecom"],
    ["grouping"],
    ["checking"],
    [
        "sandbox",
        "sandbox.__main__",
        "sandbox.client",
        "sandbox.dingtalk",
        "sandbox.dingtalk_contacts",
        "sandbox.dingtalk_errors",
        "sandbox.dingtalk_messages",
        "sandbox.dingtalk_notices",
        "sandbox.dingtalk_org",
        "sandbox.dingtalk_robot",
        "sandbox.dingtalk_v1",
        "sandbox.dingtalk_v1_errors",
        "sandbox.dingtalk_v1_messages",
        "sandbox.faults",
        "sandbox.handler",
        "sandbox.inbox",
        "sandbox.looks",
        "sandbox.markup",
        "sandbox.media",
        "sandbox.multipart",
        "sandbox.page",
        "sandbox.page_chats",
        "sandbox.page_media",
        "sandbox.page_text",
        "sandbox.previews",
        "sandbox.rates",
        "sandbox.server",
        "sandbox.tokens",
        "sandbox.uploads",
        "sandbox.wecom",
        "sandbox.wecom_chats",
        "sandbox.wecom_corp",
        "sandbox.wecom_errors",
        "sandbox.wecom_robot",
        "sandbox.wire",
    ],
    [
        "content",
        "content.batch",
        "content.compose",
        "content.context",
        "content.drafts",
        "content.dialects",
        "content.enclosures",
        "content.escaped",
        "content.facts",
        "content.failures",
        "content.pieces",
        "content.fonts",
        "content.plain",
        "content.progress",
        "content.screen",
        "content.sections",
        "content.spool",
        "content.stopped",
        "content.sheets",
        "content.table_picture",
        "content.tables",
    ],
    ["scripts"],
    [
        "notebook",
        "notebook.asking",
        "notebook.auto",
        "notebook.auto_magics",
        "notebook.calls",
        "notebook.capture",
        "notebook.cells",
        "notebook.deathwatch",
        "notebook.deathwatch_child",
        "notebook.filling",
        "notebook.frames",
        "notebook.history_table",
        "notebook.layers",
        "notebook.line",
        "notebook.magics",
        "notebook.manuals",
        "notebook.matching",
        "notebook.options",
        "notebook.outbox_magics",
        "notebook.questions",
        "notebook.recent",
        "notebook.recording",
        "notebook.runner",
        "notebook.runs",
        "notebook.sandbox_magics",
        "notebook.setup_chats",
        "notebook.setup_questions",
        "notebook.setup_dialogue",
        "notebook.showing",
        "notebook.target_magics",
        "notebook.target_table",
        "notebook.telling",
        "notebook.watch",
    ],
    [
        "panel",
        "panel.abouts",
        "panel.background",
        "panel.desk",
        "panel.drafting",
        "panel.fallback",
        "panel.form",
        "panel.looks",
        "panel.past",
        "panel.question",
        "panel.sandbox_tab",
        "panel.send_tab",
        "panel.setup_choice",
        "panel.setup_fields",
        "panel.setup_group",
        "panel.setup_jobs",
        "panel.setup_people",
        "panel.setup_row",
        "panel.setup_tab",
        "panel.setup_words",
        "panel.setup_work",
        "panel.shell",
        "panel.upload",
        "panel.waiting",
    ],
    ["", "__main__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
#: Who alone may import a package from outside, by what each name begins with.
OWNERS = {
    "certifi": ("delivery.routes",),
    "requests": ("delivery.routes",),
    "urllib3": ("delivery.one_write", "delivery.routes", "delivery.transport"),
    "tomlkit": ("config_edit",),
    "redis": ("delivery.redis_store",),
    "PIL": ("platforms.media", "content."),
    "xlsxwriter": ("content.sheets",),
    "platformdirs": ("folders",),
    "keyring": ("secret",),
    "IPython": ("notebook.", "panel"),
    "ipykernel": ("notebook.",),
    "traitlets": ("notebook.",),
    "ipywidgets": ("panel",),
    "wcwidth": ("columns", "sizes", "splitting", "reports", "content."),
    "matplotlib": ("notebook.", "content."),
}
#: Imports that point up, for type hints alone: an error holds the report that it is about.
FOR_TYPES = {("errors", "reports")}


def modules():
    """All modules of the package by their name within it; the package itself is ``""``."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path
    return found


MODULES = modules()
#: What scripts use, which may have no IPython.
WITHOUT_IPYTHON = sorted(n for n in MODULES if n.partition(".")[0] == "content")


def imports(name):
    """The full names that a module imports anywhere in it, even in functions or for types."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: write imports in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}".removeprefix("notebook_notify.")
                yield f"{node.module}.{alias.name}" if inner in MODULES else node.module


def ours(name):
    """The modules of the package that a module imports."""
    for imported in imports(name):
        root, _, rest = imported.partition(".")
        if root == "notebook_notify" and rest != name:
            yield rest


def lazy(name):
    """Modules that ``name`` names in a table, to import them when they are asked for."""
    homes = {"secret", "reports", "targets", "messages", "scripts", "sender"}
    homes |= {"admin", "admin.dingtalk", "admin.wecom", "errors", "platforms.dingtalk_admin"}
    return {"": homes}.get(name, set())


def test_every_module_is_in_the_table():
    """Whoever adds a module says which layer it belongs to; what is gone leaves the table."""
    assert sorted(LEVEL) == sorted(MODULES)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name):
    """No module knows of anything above it."""
    known = {*ours(name), *lazy(name)}
    up = {(name, one) for one in known if LEVEL[one] > LEVEL[name]}
    assert up <= FOR_TYPES


@pytest.mark.parametrize("name", sorted(MODULES))
def test_outside_packages_have_one_owner(name):
    """Each package from outside is imported in its own place alone, and is a known one."""
    for imported in imports(name):
        root = imported.partition(".")[0]
        if root in sys.stdlib_module_names or root == "notebook_notify":
            continue
        assert root in OWNERS, f"{name} imports {root}: enter it in OWNERS"
        assert name.startswith(OWNERS[root]), f"{name} must not import {root}"


@pytest.mark.parametrize("name", WITHOUT_IPYTHON)
def test_what_scripts_use_needs_no_ipython(name):
    """A script without IPython can compose a message: no module on its way imports it."""
    seen, waiting = set(), ["scripts", name]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        assert not {"IPython", "ipykernel", "traitlets"} & {
            i.partition(".")[0] for i in imports(one)
        }
        waiting += [inner for inner in ours(one) if inner]


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.partition(".")[0] == "sandbox"))
def test_the_sandbox_knows_nothing_of_ours(name):
    """The sandbox is the judge: it shares no line with what it judges."""
    assert [one for one in ours(name) if one.partition(".")[0] != "sandbox"] == []
    outside = {one.partition(".")[0] for one in imports(name)} - {"notebook_notify"}
    assert outside <= set(sys.stdlib_module_names)


def test_who_may_start_the_sandbox():
    """Only what a user starts it with knows the sandbox."""
    users = {n for n in MODULES if any(one.partition(".")[0] == "sandbox" for one in ours(n))}
    users = {n for n in users if n.partition(".")[0] != "sandbox"}
    assert all(n == "__main__" or n.startswith(("notebook.", "panel.")) for n in users)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_long_file(name):
    """A module fits into a head: at most 350 lines."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 350

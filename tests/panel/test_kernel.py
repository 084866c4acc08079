"""The panel in a real kernel, and in the notebook that is saved."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "panel.ipynb"

MAKE = """
%load_ext notebook_notify
%notify_panel en
import gc
from notebook_notify.panel.shell import Panel
(panel,) = [one for one in gc.get_objects() if isinstance(one, Panel)]
tabs = panel.root.children[-1].children[-1]
"""
START = """
tabs.selected_index = 2
panel.tabs[-1].start.click()
"""
SEND = """
tabs.selected_index = 0
form = panel.tabs[0].form
form.text.value = "private words 私密"
form.file.upload.set_state({"value": [{"name": "geheim.txt", "type": "", "size": 9,
    "content": memoryview(b"s3cr3tbuf"), "last_modified": 0}]})
panel.tabs[0].send.click()
"""
WAIT = """
import asyncio, threading
for _ in range(200):
    if not any(one.name.startswith("notebook_notify panel") for one in threading.enumerate()):
        break
    await asyncio.sleep(0.05)
await asyncio.sleep(0.3)
"""
TELL = """
from notebook_notify.notebook.sandbox_magics import SandboxMagics
box = get_ipython().magics_manager.registry["SandboxMagics"].sandbox
print([one["msgtype"] for one in box.inbox], box.inbox[0]["content"].splitlines()[0])
print(panel.tabs[0].report.value, panel.desk.trouble.value)
"""


def _run(notebook, folder: Path) -> None:
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": folder}}).execute()


def test_a_message_from_a_kernel(tmp_path: Path, monkeypatch) -> None:
    """Clicks are served by the kernel's loop; nothing of the message is in the saved notebook."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    cells = [MAKE, START + WAIT, SEND + WAIT, TELL]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    _run(notebook, tmp_path)
    said = notebook.cells[-1].outputs[0].text
    assert "['text', 'file'] private words 私密" in said
    assert "sent sandbox-wecom_chat" in said
    assert "Traceback" not in said
    instead, view = notebook.cells[0].outputs
    assert "run the cell that shows it" in instead.data["text/html"]
    notebook.cells[-1].outputs = []
    notebook.cells[2].source = ""
    saved = nbformat.writes(notebook)
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert len(models) > 30
    assert view.data["application/vnd.jupyter.widget-view+json"]["model_id"] in models
    for private in ("private words", "geheim", "s3cr3tbuf", "czNjcjN0YnVm"):
        assert private not in saved
    del notebook.metadata["widgets"]  # as JupyterLab saves it by default
    notebook.cells = notebook.cells[:1]
    for exporter in (HTMLExporter, MarkdownExporter):
        converted, _ = exporter().from_notebook_node(notebook)
        said = converted[converted.index("run the cell that shows it") :]
        shown = html.unescape(re.sub("<!--.*?-->|<[^>]*>", "", said))
        assert shown.strip().endswith("lets you try without an account."), shown


def test_the_notebook_for_colleagues(tmp_path: Path) -> None:
    """The notebook that Voilà serves runs from top to bottom and shows one panel."""
    notebook = nbformat.read(NOTEBOOK, 4)
    _run(notebook, tmp_path)
    views = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert len(views) == 1
    assert "error" not in json.dumps([cell.get("outputs", []) for cell in notebook.cells])

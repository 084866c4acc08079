"""The notebooks run as they stand."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def test_quickstart(tmp_path: Path, monkeypatch) -> None:
    """The quickstart runs from top to bottom without an account, and shows what arrived."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    notebook = nbformat.read(NOTEBOOKS / "quickstart.ipynb", 4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    shown = [
        str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    ]
    everything = "\n".join(shown)
    assert everything.count("✓ sent sandbox-") == 5
    assert "✅ Done · 夜间回测" in everything
    assert "❌ Failed · 夜间回测" in everything
    assert "✗ not sent sandbox-wecom_app" in everything
    assert "203.0.113.7" in everything
    assert "1 text, 1 image" in everything
    assert "fund 1.237, index 1.474" in everything


def _text(notebook) -> str:
    """What the outputs of a notebook that was run say, as text."""
    return "\n".join(
        str(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


def _by_nbclient(folder: Path, url: str) -> str:
    notebook = nbformat.read(NOTEBOOKS / "report.ipynb", 4)
    (parameters,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    parameters.source = f"sandbox_url = {url!r}"
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": folder}}).execute()
    return _text(notebook)


def _by_papermill(folder: Path, url: str) -> str:
    command = [sys.executable, "-m", "papermill", str(NOTEBOOKS / "report.ipynb"), "out.ipynb"]
    subprocess.run(
        [*command, "--no-progress-bar", "-p", "sandbox_url", url],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return _text(nbformat.read(folder / "out.ipynb", 4))


@pytest.mark.parametrize("run", [_by_nbclient, _by_papermill])
def test_report(tmp_path: Path, monkeypatch, sandbox, run) -> None:
    """The daily report goes out whole, once: its second run sends nothing and says when it went."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_STATE", str(tmp_path / "state"))
    shown = run(tmp_path, sandbox.url)
    assert "✓ proved sandbox-wecom_chat" in shown
    assert "✓ sent sandbox-wecom_chat" in shown
    text, *along = sandbox.inbox
    assert text["content"].startswith("✅ Done · 日报 Daily 2025-11-24 · ")
    assert re.search(
        r"^[+-]\d\.\d\d% today, worst drawdown -\d+\.\d%$", text["content"], re.MULTILINE
    )
    assert "Moutai: weight 30.0%, today " in text["content"]
    assert "2 images and 1 file (report.csv) follow" in text["content"]
    assert sorted(one["msgtype"] for one in along) == ["file", "image", "image"]
    for one in along:
        content = sandbox.media_bytes(one["media"])
        if one["msgtype"] == "file":
            assert content == (tmp_path / "report.csv").read_bytes()
        else:
            Image.open(io.BytesIO(content)).verify()
    again = run(tmp_path, sandbox.url)
    assert len(sandbox.inbox) == 4
    assert re.search(r"sandbox-wecom_chat .*daily-2025-11-24", again)
    assert re.search(r"\d\d-\d\d \d\d:\d\d", again)


def test_targets(tmp_path: Path, monkeypatch) -> None:
    """From nothing to a saved, proved and written-to target of each channel; no secret is shown."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOKS / "targets.ipynb", 4)
    # What it found, for the test alone.
    code = "import json; json.dumps([known, [one['channel'] for one in box.inbox]])"
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    found = notebook.cells.pop().outputs[0].data["text/plain"]
    known, arrived = json.loads(ast.literal_eval(found))
    shown = _text(notebook)
    proved = re.findall(r"^[✓◐?] (?:not )?proved (?:in part )?(\S+)", shown, re.MULTILINE)
    saved = ["ops", "ding", "app-ops", "research", "ding-app", "ding-people", "ding-old"]
    assert proved == [*saved, "by-proxy"]
    assert "✗ not proved app-ops (WeCom app) · 60020" in shown
    assert "203.0.113.7" in shown
    assert "“研究日报”, 2 members" in shown
    (config,) = tmp_path.glob("*/notebook_notify.toml")
    assert sorted(tomllib.loads(config.read_text())["targets"]) == sorted([*saved, "by-proxy"])
    assert "the administrator forbids (allow_all = false" in shown
    channels = ["wecom_robot", "dingtalk_robot", "wecom_chat", "dingtalk_app_robot", "wecom_app"]
    assert sorted(arrived) == sorted(channels)
    keys = ("corp_secret", "app_secret", "secret", "webhook")
    for secret in {target[key] for target in known.values() for key in keys if key in target}:
        assert secret not in shown + config.read_text()


def test_notebooks_are_committed_clean() -> None:
    """No notebook carries a person's outputs, paths or kernel into the repository."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        assert notebook.metadata.kernelspec.name == "python3"
        assert not any(cell.get("outputs") for cell in notebook.cells), path.name

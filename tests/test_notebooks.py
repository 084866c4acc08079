"""The notebooks run as they stand, and carry the outputs that the code of now gives.

``TAKE_PICTURES=1`` writes the outputs of this run into them.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
WITH_OUTPUTS = ("quickstart", "report", "targets")
#: Bytes of a notebook with its outputs.
LARGEST = 300_000
#: The machine's name is the one thing that is not of this run.
STARTUP = "import platform\nplatform.node = lambda: 'hub-gpu03'\n"
#: What differs from run to run: pictures, ports, folders, times, sizes, and ids of the sandbox.
VOLATILE = re.compile(
    r"data:image/\w+;base64,[\w+/=]+"
    r"|http://127\.0\.0\.1:\d+"
    r"|(?<=in )/\S+(?=/site/)"
    r"|\b(?:\d\d-\d\d )?\d\d:\d\d(?::\d\d)?\b"
    r"|\b[\d.]+ m?s\b|\b\d+m \d\ds\b"
    r"|\b[\d,.]+ (?:KB|B)\b|\b[\d,]+(?= / 2,048| bytes)"
    r"|\b(?:ww|ding|chat|cid|wr)[\w+/-]{10,}=*"
    r"|\b[\dA-F]{8}(?:-[\dA-F]{4}){3}-[\dA-F]{12}\b"
    r"|(?<=agent_id = )\d+"
)


@pytest.fixture
def execute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, nbformat.NotebookNode], str]:
    """Runs a notebook for somebody on a hub, and gives what its outputs say, as text."""
    startup = Path(os.environ["IPYTHONDIR"]) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-machine.py").write_text(STARTUP)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("JUPYTERHUB_USER", "zhangwei")

    def run(name: str, notebook: nbformat.NotebookNode) -> str:
        monkeypatch.setenv("JPY_SESSION_NAME", f"/home/zhangwei/{name}.ipynb")
        NotebookClient(
            notebook,
            timeout=60,
            resources={"metadata": {"path": tmp_path}},
            coalesce_streams=True,
            record_timing=False,
        ).execute()
        return _text(notebook)

    return run


def _read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)


def _text(notebook: nbformat.NotebookNode) -> str:
    """What the outputs of a notebook that was run say, as text."""
    return "\n".join(
        str(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


def _shown(notebook: nbformat.NotebookNode) -> list[str]:
    """What a reader sees under each cell, without what differs from run to run.

    Of an error its name and words (how a traceback looks is IPython's), of a picture that it is one.
    """
    shown = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                shown.append(f"{output.ename}: {output.evalue}")
            elif output.get("name") == "stdout":
                shown.append(output.text)
            elif output.output_type != "stream":
                shown += [
                    kind if kind.startswith("image/") else content
                    for kind, content in sorted(output.data.items())
                ]
    return [VOLATILE.sub("*", one) for one in shown]


def _carries(name: str, run: nbformat.NotebookNode) -> None:
    """The notebook in the repository shows what this run showed; with ``TAKE_PICTURES`` from now on."""
    path = NOTEBOOKS / f"{name}.ipynb"
    kept = nbformat.read(path, 4)
    if os.environ.get("TAKE_PICTURES"):
        for cell, ran in zip(kept.cells, run.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
        nbformat.write(kept, path)
    assert _shown(run) == _shown(kept), "TAKE_PICTURES=1 pytest tests/test_notebooks.py"


def test_quickstart(execute) -> None:
    """The quickstart runs from top to bottom without an account, and shows what arrived."""
    notebook = _read("quickstart")
    everything = execute("quickstart", notebook)
    assert everything.count("✓ sent sandbox-") == 5
    assert "✅ Done · 夜间回测" in everything
    assert "❌ Failed · 夜间回测" in everything
    assert "✗ not sent sandbox-wecom_app" in everything
    assert "203.0.113.7" in everything
    assert "1 text, 1 image" in everything
    assert "fund 1.237, index 1.474" in everything
    _carries("quickstart", notebook)


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


def test_report(tmp_path: Path, sandbox, execute) -> None:
    """The daily report goes out whole, once: papermill's run after it sends nothing and says when it went."""
    notebook = _read("report")
    (parameters,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    parameters.source = f"sandbox_url = {sandbox.url!r}"
    shown = execute("report", notebook)
    assert "✓ proved sandbox-wecom_chat" in shown
    assert "✓ sent sandbox-wecom_chat" in shown
    _is_the_report(sandbox, tmp_path)
    _carries("report", notebook)
    again = _by_papermill(tmp_path, sandbox.url)
    assert len(sandbox.inbox) == 4
    assert re.search(r"sandbox-wecom_chat .*daily-2025-11-24", again)
    assert re.search(r"\d\d-\d\d \d\d:\d\d", again)


def test_report_by_papermill(tmp_path: Path, sandbox, execute) -> None:
    """So it does where papermill runs it first."""
    assert "✓ sent sandbox-wecom_chat" in _by_papermill(tmp_path, sandbox.url)
    _is_the_report(sandbox, tmp_path)


def _is_the_report(sandbox, folder: Path) -> None:
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
            assert content == (folder / "report.csv").read_bytes()
        else:
            Image.open(io.BytesIO(content)).verify()


def test_targets(tmp_path: Path, execute) -> None:
    """From nothing to a saved, proved and written-to target of each channel; no secret is shown."""
    notebook = _read("targets")
    # What it found, for the test alone.
    code = "import json; json.dumps([known, [one['channel'] for one in box.inbox]])"
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    execute("targets", notebook)
    found = notebook.cells.pop().outputs[0].data["text/plain"]
    known, arrived = json.loads(ast.literal_eval(found))
    shown = _text(notebook)
    proved = re.findall(r"^[✓◐?] (?:not )?proved (?:in part )?(\S+)", shown, re.MULTILINE)
    saved = ["ops", "ding", "app-ops", "research", "ding-app", "ding-people", "ding-old"]
    assert proved == [*saved, "by-proxy"]
    assert "✗ not proved app-ops (WeCom app) · 60020" in shown
    assert "203.0.113.7" in shown
    assert "“研究日报”, 2 members" in shown
    (config,) = (tmp_path / "tmp").glob("*/notebook_notify.toml")
    assert sorted(tomllib.loads(config.read_text())["targets"]) == sorted([*saved, "by-proxy"])
    assert "the administrator forbids (allow_all = false" in shown
    channels = ["wecom_robot", "dingtalk_robot", "wecom_chat", "dingtalk_app_robot", "wecom_app"]
    assert sorted(arrived) == sorted(channels)
    keys = ("corp_secret", "app_secret", "secret", "webhook")
    for secret in {target[key] for target in known.values() for key in keys if key in target}:
        assert secret not in json.dumps(notebook) + config.read_text()
    _carries("targets", notebook)


@pytest.mark.parametrize("name", WITH_OUTPUTS)
def test_what_is_committed_is_small_and_nobodys(name: str) -> None:
    """Every cell was run, in order; no output is a warning, and none is of a person's machine."""
    path = NOTEBOOKS / f"{name}.ipynb"
    notebook = nbformat.read(path, 4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(one.get("name") == "stderr" for cell in cells for one in cell.outputs)
    assert path.stat().st_size < LARGEST
    outputs = json.dumps([cell.outputs for cell in cells])
    assert set(re.findall(r"\w+@[\w-]+(?= · )", outputs)) <= {"zhangwei@hub-gpu03"}
    assert not re.search(r"/root\b|/Users/|/home/(?!zhangwei)|site-packages", outputs)


def test_notebooks_name_no_kernel_of_a_person() -> None:
    """Every notebook wants the kernel that each machine has; the panel's has no outputs: it is a form."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        assert notebook.metadata.kernelspec.name == "python3"
        outputs = any(cell.get("outputs") for cell in notebook.cells)
        assert outputs == (path.stem in WITH_OUTPUTS), path.name

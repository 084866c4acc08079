"""The notebooks run as they stand."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

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


def test_notebooks_are_committed_clean() -> None:
    """No notebook carries a person's outputs, paths or kernel into the repository."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        assert notebook.metadata.kernelspec.name == "python3"
        assert not any(cell.get("outputs") for cell in notebook.cells), path.name

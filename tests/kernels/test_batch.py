"""Notebooks that nobody watches: papermill, and ``jupyter nbconvert --execute``."""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
import pytest


@pytest.fixture
def execute(environment_for, tmp_path, sandbox):
    """Runs a notebook of these cells by a command; gives the process and the notebook written."""

    def run(command, cells):
        setup = f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox.url}"
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (setup, *cells)]
        nbformat.write(notebook, tmp_path / "in.ipynb")
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=environment_for(tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        written = tmp_path / "out.ipynb"
        return done, nbformat.read(written, 4) if written.exists() else None

    return run


PAPERMILL = ["papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"]
NBCONVERT = ["nbconvert", "--to", "notebook", "--execute", "in.ipynb", "--output", "out.ipynb"]
FAILING = ["%%notify_wechat --title report\nprint('before')\n1/0", "print('ran on')"]
GOOD = ["%%notify_wechat --title report\nprint('the table')\n6 * 7", "_ + 1"]


def test_papermill_stops_at_a_failing_cell(execute, sandbox):
    """Papermill ends with 1 at the failing cell, shows one traceback, and the message is sent."""
    done, notebook = execute(PAPERMILL, FAILING)
    assert done.returncode == 1
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)
    # papermill itself prints the error it found, then its own.
    assert shown.count("ZeroDivisionError: division by zero") == 1
    assert "notebook_notify/" not in shown
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert codes[-1].outputs == []
    assert [o.output_type for cell in codes for o in cell.outputs].count("error") == 1
    (message,) = sandbox.inbox
    assert message["content"].startswith("❌ Failed · report · ")
    assert "ZeroDivisionError: division by zero" in message["content"]
    assert message["content"].endswith("Output before it\nbefore")


def test_papermill_runs_a_good_notebook(execute, sandbox):
    """Papermill ends with 0, and the notebook it writes has the values and the box."""
    done, notebook = execute(PAPERMILL, GOOD)
    assert done.returncode == 0, done.stderr
    kinds = [output.output_type for output in notebook.cells[1].outputs]
    assert kinds == ["stream", "execute_result", "display_data"]
    assert notebook.cells[1].outputs[2].data["text/plain"].startswith("✓ sent")
    assert notebook.cells[2].outputs[0].data["text/plain"] == "43"
    (message,) = sandbox.inbox
    assert "Result\n42" in message["content"]


def test_papermill_tells_a_time_limit_as_an_interruption(execute, sandbox):
    """A cell over papermill's time limit is stopped, and the message says interrupted."""
    done, _ = execute(
        [*PAPERMILL, "--execution-timeout", "2"],
        ["%%notify_wechat --title report\nimport time\nprint('epoch 37')\ntime.sleep(30)"],
    )
    assert done.returncode == 1
    (message,) = sandbox.inbox
    assert message["content"].startswith("⏹ Interrupted · report · ")
    assert message["content"].endswith("Last line: epoch 37")


def test_nbconvert_fails_with_a_failing_cell(execute, sandbox):
    """``jupyter nbconvert --execute`` ends with 1, and the message is sent."""
    done, notebook = execute(NBCONVERT, FAILING)
    assert done.returncode == 1
    assert notebook is None
    assert "ZeroDivisionError" in done.stderr
    assert [m["content"].split(" · ")[0] for m in sandbox.inbox] == ["❌ Failed"]


def test_nbconvert_runs_a_good_notebook(execute, sandbox):
    """``jupyter nbconvert --execute`` ends with 0, and the outputs are in the notebook."""
    done, notebook = execute(NBCONVERT, GOOD)
    assert done.returncode == 0, done.stderr
    assert notebook.cells[2].outputs[0].data["text/plain"] == "43"
    assert [m["content"].split(" · ")[0] for m in sandbox.inbox] == ["✅ Done"]

"""``import notebook_notify`` and ``%load_ext notebook_notify``, in fresh processes.

Timed inside the process, after Python has started, or after an IPython shell stands. Neither
may bring in ``requests`` or ``ipywidgets``. For scale, the baseline is ``import requests`` at
the same place of another process. jupyternotify's own ``%load_ext`` stands beside, if installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from typing import TYPE_CHECKING

from table import Row, interleave, ratio_row, spread, yes

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAVY = ("requests", "ipywidgets")
_SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
"""
_TIMED = """
import json, sys, time
{before}
began = time.perf_counter()
{job}
took = time.perf_counter() - began
print(json.dumps([took * 1000, [name for name in {heavy} if name in sys.modules]]))
"""
JOBS = {
    "import notebook_notify": ("", "import notebook_notify"),
    "%load_ext notebook_notify": (_SHELL, "shell.run_line_magic('load_ext', 'notebook_notify')"),
}
THEIRS = "shell.run_line_magic('load_ext', 'jupyternotify')"


def measure(pairs: int, _scale: float) -> Iterable[Row]:
    """Two times, each with the modules that must not be there."""
    for name, (before, job) in JOBS.items():
        _run(before, job)  # writes what byte code there is to write
        ours, baseline = partial(_run, before, job), partial(_run, before, "import requests")
        measured = interleave(ours, baseline, pairs)
        times = [ours for (ours, _), _ in measured]
        there = sorted({module for (_, modules), _ in measured for module in modules})
        yield Row(
            name,
            f"{statistics.median(times):.1f} ms",
            f"{statistics.median(other for _, (other, _) in measured):.1f} ms (import requests)",
            spread=spread(times, "{:.1f} ms"),
            target="some 10 ms, reported",
        )
        yield Row(
            f"  brings in {' or '.join(HEAVY)}",
            ", ".join(there) or "neither",
            target="neither",
            met=yes(not there),
        )
    if importlib.util.find_spec("jupyternotify") is None:
        yield Row("%load_ext / jupyternotify", "not installed")
        return
    before, job = JOBS["%load_ext notebook_notify"]
    ours, theirs = partial(_run, before, job), partial(_run, before, THEIRS)
    times = [(mine, other) for (mine, _), (other, _) in interleave(ours, theirs, pairs)]
    yield ratio_row("%load_ext / jupyternotify", times, "{:.1f} ms")


def _run(before: str, job: str) -> tuple[float, list[str]]:
    code = _TIMED.format(before=before, job=job, heavy=HEAVY)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "IPYTHONDIR": folder},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    took, modules = json.loads(done.stdout.splitlines()[-1])
    return took, modules

"""The benchmarks run; what they measure is no test's business."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")


@pytest.mark.skipif(sys.platform != "linux", reason="they read Linux's /proc")
def test_the_quick_ones_make_a_table():
    """One command measures what is named, tiny with ``--quick``, and prints a table of it."""
    names = ("warm_send", "upload", "ten_targets", "outbox")
    done = subprocess.run(
        [sys.executable, str(RUN), "--quick", *(f"--only={name}" for name in names)],
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for row in ("warm sends / Session.post(json=)", "plot of", "10 targets", "outbox: delivered"):
        assert f"\n{row}" in done.stdout

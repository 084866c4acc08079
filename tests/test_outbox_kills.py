"""A kernel that dies at any step of the outbox loses nothing and doubles nothing in silence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("soak") / "outbox_kills.py"
#: So many at each step here; ``python tests/soak/outbox_kills.py 50`` is the whole of it.
ROUNDS = 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_killed_at_each_step():
    """Before the commit nothing was accepted; after it all arrives, twice only with the mark."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(ROUNDS)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    table = {
        line.split()[0]: {key: int(number) for key, number in re.findall(r"(\w+) (\d+)", line)}
        for line in done.stdout.splitlines()
    }
    for step, accepted, delivered, marked in (
        ("before_commit", 0, 0, 0),
        ("after_commit", 3, 3, 0),
        ("leased", 3, 3, 0),
        ("flying", 3, 3, 3),
        ("request_out", 3, 3, 3),
        ("reply_in", 3, 3, 3),
    ):
        told = table[step]
        assert told["killed"] == ROUNDS
        assert (told["accepted"], told["delivered"]) == (accepted, delivered), step
        assert (told["marked"], told["unmarked"], told["lost"]) == (marked, 0, 0), step

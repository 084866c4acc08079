"""A user's pattern, however bad, hangs nothing but its own process."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from notebook_notify.errors import NotifyError
from notebook_notify.notebook.matching import Matcher


@pytest.fixture
def matcher():
    """Makes a matcher, and ends its process."""
    made = []

    def make(*patterns):
        made.append(Matcher(patterns))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_the_first_line_that_matches(matcher):
    """The first line by any of the patterns, and where in it; then the next batch."""
    one = matcher("nan", r"^ERROR\b")
    assert one.first(["fine", "loss: nan", "ERROR"], 20) == (1, 6)
    assert one.first(["no ERROR", "亏损 😀 nan"], 20) == (1, 5)
    assert one.first(["fine"], 20) is None
    assert one.first([], 20) is None


def test_one_process_serves_all_batches(matcher):
    """It is started by the first search alone, and gone after the end."""
    one = matcher("x")
    assert one._process is None
    one.first(["a"], 20)
    process = one._process
    one.first(["b"], 20)
    assert one._process is process
    one.close()
    one.close()
    assert process.poll() is not None


def test_a_pattern_that_takes_for_ever_is_ended(matcher):
    """In its time the search gives up, and no process is left."""
    one = matcher("(a+)+$")
    assert one.first(["plain"], 20) is None
    process = one._process
    started = time.monotonic()
    with pytest.raises(NotifyError, match=r"matching took more than 0\.5 s"):
        one.first(["a" * 100 + "b"], 0.5)
    assert time.monotonic() - started < 5
    assert process.poll() is not None


def test_a_batch_larger_than_a_pipe(matcher):
    """Neither side waits for the other with its pipe full."""
    assert matcher("nan").first(["x" * 2000] * 2000 + ["nan"], 20) == (2000, 0)


def test_no_process_can_be_started(matcher, monkeypatch):
    """Where the machine refuses, it is told and not raised as something else."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NotifyError, match="no process to match in"):
        matcher("x").first(["a"], 20)


def test_a_process_that_died_is_told(matcher):
    """Killed from outside, by a machine short of memory: given up as well."""
    one = matcher("x")
    one.first(["a"], 20)
    one._process.kill()
    one._process.wait()
    with pytest.raises(NotifyError):
        one.first(["a"], 20)


def test_secrets_are_not_on_its_command_line(matcher, monkeypatch):
    """Patterns and output go through a pipe: other users of the machine see command lines."""
    seen = []
    real = subprocess.Popen

    def popen(command, **options):
        seen.append(command)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    matcher("pattern-of-mine").first(["output-of-mine"], 20)
    assert "mine" not in " ".join(seen[0])

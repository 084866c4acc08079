"""``%notify_auto`` in real kernels: what is sent when they end, and what it costs a cell."""

from __future__ import annotations

import time

import pytest


@pytest.fixture
def first(box):
    """The first cell of a notebook, which sends to the sandbox."""
    return f"%load_ext notebook_notify\n%notify_sandbox --url {box.url}"


@pytest.fixture
def execute(run_notebook, environment_for, tmp_path):
    """Runs a notebook as a scheduler does: nobody watches, and the kernel ends after it."""

    def run(*sources, **options):
        return run_notebook(list(sources), environment_for(tmp_path), **options)

    return run


def _texts(box):
    return [str(message["content"]) for message in box.inbox]


PLOT = """
from IPython.display import Image, display
import base64
display(Image(base64.b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk'
    '+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
)))
"""


def test_a_notebook_that_ends_is_told(execute, first, box):
    """The kernel is shut down right after the last cell, and its message still goes out."""
    _, error = execute(first, "%notify_auto --title report", "print('one')", "print('two')")
    assert error is None
    (text,) = _texts(box)
    assert text.startswith("✅ Done · report · 2 cells · ")
    assert text.endswith("Output\ntwo")


def test_a_notebook_that_fails_is_told(execute, first, box):
    """The error is out before the scheduler hears of it; what would have followed did not run."""
    _, error = execute(first, "%notify_auto --on error", "print('one')", "1/0", "print('three')")
    assert error.ename == "ZeroDivisionError"
    (text,) = _texts(box)
    assert text.startswith("❌ Failed · cell [4], last of 2 · after ")
    assert "ZeroDivisionError: division by zero" in text
    assert "three" not in text


def test_a_notebook_that_goes_well_is_not_told_on_error(execute, first, box):
    """``--on error`` at the head of a report that works sends nothing."""
    _, error = execute(first, "%notify_auto --on error", "print('one')")
    assert error is None
    assert box.inbox == []


def test_a_slow_platform_at_the_end(execute, first, box):
    """The kernel's end waits for a second try, if the platform is busy at the first."""
    box.fail_next(errcode=-1, path="gettoken")
    started = time.monotonic()
    _, error = execute(first, "%notify_auto on", "print('one')")
    assert error is None
    assert len(box.inbox) == 1
    assert time.monotonic() - started > 0.5


def test_plots_go_along(execute, first, box):
    """The last two plots of the batch follow its text."""
    execute(first, "%notify_auto on", PLOT, PLOT, PLOT)
    kinds = [message["msgtype"] for message in box.inbox]
    assert kinds == ["text", "image", "image"]
    assert "2 images follow" in _texts(box)[0]


def test_a_notebook_that_is_watched(kernel, box):
    """Between cells the batch is sent by itself; no thread is left, and no cell shows a box."""
    kernel.run("%notify_auto on")
    try:
        shown = [kernel.run(f"print({n})") for n in range(3)]
        deadline = time.monotonic() + 10
        while not box.inbox and time.monotonic() < deadline:
            time.sleep(0.05)
        (text,) = _texts(box)
        assert "3 cells" in text
        assert [one.text for one in shown] == ["0\n", "1\n", "2\n"]
        assert {o.output_type for one in shown for o in one.outputs} == {"stream"}
        kernel.run("%notify_auto off")
        names = kernel.run(
            "import threading, time\n"
            "def ours():\n    names = [t.name for t in threading.enumerate()]\n"
            "    return [name for name in names if name == 'notebook_notify auto']\n"
            "for n in range(100):\n    if ours(): time.sleep(0.1)\n"
            "ours()"
        )
        assert names.value == "[]"
    finally:
        kernel.run("%notify_auto off")


def test_tab_completes_its_line(kernel, box):
    """Tab knows its options, and after ``--to`` all targets."""
    for code, wanted in (
        ("%notify_auto --ti", "--timeout"),
        ("%notify_auto --to sand", "sandbox-"),
    ):
        matches = kernel.ask("complete", code)["matches"]
        assert any(match.startswith(wanted) for match in matches), matches


def test_what_it_costs_a_cell(kernel, box):
    """A cell of a watched notebook takes little longer than without; measured in turn."""
    quick: dict[str, list[float]] = {"%notify_auto off": [], "%notify_auto --after 1h": []}
    for _ in range(5):
        for line, seconds in quick.items():
            kernel.run(line)
            seconds.extend(kernel.run("pass").seconds for _ in range(5))
    kernel.run("%notify_auto off")
    # The quickest of each: what a busy machine adds is not ours.
    without, watched = map(min, quick.values())
    assert watched - without < 0.05

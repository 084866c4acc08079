"""An exception, as a message tells it."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_notify.content.failures import failure, is_interrupt


@pytest.fixture(scope="module")
def shell():
    """A shell of this process, without a history."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InteractiveShell, "showtraceback", lambda *_, **__: None)
        patch.setattr(InteractiveShell, "showsyntaxerror", lambda *_, **__: None)
        yield InteractiveShell(config=config)


def _failed(shell, cell):
    result = shell.run_cell(cell, store_history=True)
    return failure(result.error_before_exec or result.error_in_exec, shell, 7)


def _places(told):
    return [(place.where, place.code) for place in told.places]


def test_an_error_in_the_cell(shell):
    """The headline, and the line of the cell with its code."""
    told = _failed(shell, "x = {}\n\nx['600519.SH']")
    assert (told.headline, told.line) == ("KeyError: '600519.SH'", 3)
    assert _places(told) == [("[7] line 3", "x['600519.SH']")]


def test_an_error_in_a_function_of_the_cell(shell):
    """Where it was raised, and the line that led there."""
    told = _failed(shell, "def half(n):\n    return n / 0\nhalf(2)")
    assert told.line == 3
    assert _places(told) == [("half(), line 2", "return n / 0"), ("[7] line 3", "half(2)")]


def test_an_error_in_a_library_is_told_by_the_last_own_line(shell):
    """Frames of the standard library say nothing to the reader."""
    told = _failed(shell, "import json\njson.loads('{')")
    assert told.headline.startswith("JSONDecodeError: ")
    assert _places(told) == [("[7] line 2", "json.loads('{')")]


def test_an_error_in_a_module_of_the_user(shell, tmp_path, monkeypatch):
    """A file of the user's is named, with function and line."""
    (tmp_path / "prices_of_test.py").write_text("def load(code):\n    return {}[code]\n")
    monkeypatch.syspath_prepend(tmp_path)
    told = _failed(shell, "import prices_of_test\nprices_of_test.load('a')")
    assert _places(told) == [
        ("load(), prices_of_test.py:2", "return {}[code]"),
        ("[7] line 2", "prices_of_test.load('a')"),
    ]


def test_syntax_errors(shell, tmp_path, monkeypatch):
    """A cell's own is told by its line; one in other code by the line that led there."""
    told = _failed(shell, "x = 1\nif x:\ny = = 2")
    assert told.line == 3
    told = _failed(shell, "x = 1\n\neval('1 +')")
    assert (told.line, told.headline) == (3, "SyntaxError: invalid syntax")
    (tmp_path / "broken_of_test.py").write_text("a b c\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert _failed(shell, "x = 1\nimport broken_of_test").line == 2


def test_headlines_are_short():
    """Colours go, many lines are few, and an exception that cannot be printed has its name."""

    class OddError(Exception):
        def __str__(self):
            raise RuntimeError

    assert failure(ValueError("\x1b[31ma\x1b[0m\n\n b\nc\nd")).headline == "ValueError: a b c"
    assert failure(ValueError()).headline == "ValueError"
    assert failure(OddError()).headline == "OddError: <str() failed>"


def test_a_script(tmp_path):
    """Without a shell the script's own line is named."""
    try:
        json.loads("{")
    except ValueError as error:
        told = failure(error)
    assert told.line is None
    assert told.places[0].where.startswith("test_a_script(), test_failures.py:")


def test_interrupts():
    """Ctrl-C is an interruption, also where it cancels a task; an error is not."""
    assert is_interrupt(KeyboardInterrupt())
    assert is_interrupt(asyncio.CancelledError())
    assert not is_interrupt(ValueError())
    assert not is_interrupt(None)


def test_a_huge_error_costs_little(shell):
    """Of an exception whose text is of megabytes only the beginning is read."""
    error = ValueError("first\n" + "\x1b[31mred\r" * 5_000_000)
    began = time.process_time()
    told = failure(error, shell)
    assert time.process_time() - began < 0.3
    assert told.headline.startswith("ValueError: first")
    assert len(told.headline) < 25_000

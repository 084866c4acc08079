"""A cell that fails, is stopped or cannot run does so as without the magic, and the phone tells."""

from __future__ import annotations

import time

import pytest


def test_a_failing_cell_fails_once_and_tells(kernel, message):
    """One traceback, with the line as the notebook counts it, and the message has both."""
    shown = kernel.run(
        "%%notify_wechat --title nightly\ntable = {}\nprint('before')\ntable['600519']"
    )
    assert shown.error.ename == "KeyError"
    (traceback,) = shown.tracebacks
    assert f"Cell In[{shown.count}], line 4" in traceback
    assert "notebook_notify" not in traceback
    text = message()
    head, error, where = text.splitlines()[:3]
    assert head.startswith("❌ Failed · nightly · after ")
    assert error == "KeyError: '600519'"
    assert f"[{shown.count}] line 4" in where
    assert "table['600519']" in text
    assert text.endswith("Output before it\nbefore")
    assert shown.box.startswith("✓ sent")


def test_an_error_deep_in_a_library(kernel, message):
    """Of an error in others' code the message names the last own line, and the cell's."""
    shown = kernel.run(
        "%%notify_wechat\nimport json\n\ndef load(text):\n    return json.loads(text)\n\nload('{')"
    )
    assert shown.error.ename == "JSONDecodeError"
    text = message()
    assert f"[{shown.count}] line 7" in text
    assert "load(), line 5\n    return json.loads(text)" in text
    assert f"called from [{shown.count}] line 7\n    load('{{')" in text


def test_an_async_cell_fails_the_same_way(kernel, message):
    """An error after ``await`` is one error of that cell, on its line."""
    shown = kernel.run("%%notify_wechat\nimport asyncio\nawait asyncio.sleep(0)\n1/0")
    assert shown.error.ename == "ZeroDivisionError"
    assert f"Cell In[{shown.count}], line 4" in shown.tracebacks[0]
    assert len(shown.tracebacks) == 1
    assert f"[{shown.count}] line 4" in message()


def test_syntax_errors(kernel, message):
    """A cell that does not compile shows its own error, and the message names the line."""
    shown = kernel.run("%%notify_wechat\nx = 1\ny = = 2")
    assert shown.error.ename == "SyntaxError"
    assert f"Cell In[{shown.count}], line 3" in shown.tracebacks[0]
    text = message()
    assert text.splitlines()[1] == "SyntaxError: invalid syntax"
    assert f"[{shown.count}] line 3" in text
    shown = kernel.run("%%notify_wechat\nif True:\nprint(1)")
    assert shown.error.ename == "IndentationError"
    assert f"[{shown.count}] line 3" in message()


def test_a_syntax_error_of_other_code_is_not_the_cells(kernel, message):
    """Code that the cell compiles is not the cell: the message names the cell's line."""
    shown = kernel.run("%%notify_wechat\n\n\n\neval('1 +')")
    assert shown.error.ename == "SyntaxError"
    assert f"[{shown.count}] line 5" in message()


def test_system_exit(kernel, message):
    """``sys.exit()`` fails the cell, as ever, and does not end the kernel."""
    shown = kernel.run("%%notify_wechat\nimport sys\nsys.exit(3)")
    assert shown.error.ename == "SystemExit"
    assert message().splitlines()[1] == "SystemExit: 3"
    assert kernel.run("'alive'").value == "'alive'"


@pytest.mark.parametrize("body", ["", "\n", "\n\n  \n"])
def test_an_empty_cell_is_refused(kernel, box, body):
    """As IPython refuses it below its own cell magics; nothing is sent."""
    shown = kernel.run(f"%%notify_wechat{body}")
    assert shown.error.ename == "UsageError"
    assert box.inbox == []


def test_a_cell_of_comments_passes(kernel, box):
    """It shows nothing but the box."""
    shown = kernel.run("%%notify_wechat\n# nothing\n# at all")
    assert shown.error is None
    assert [o.output_type for o in shown.outputs] == ["display_data"]
    assert shown.box.startswith("✓")


SLEEPS = {
    # In steps: a signal that comes just before a long sleep is heard of when that has ended, and
    # ipykernel's idle loop does not notice one before something else wakes it.
    "sync": "import time\nprint('epoch 37', flush=True)\nfor n in range(300):\n    time.sleep(0.1)",
    "async": "import asyncio\nprint('epoch 37', flush=True)\n"
    "for n in range(300):\n    await asyncio.sleep(0.1)",
}


@pytest.mark.parametrize("kind", SLEEPS)
def test_stop_sends_interrupted(kernel, message, kind):
    """Ctrl-C stops the cell at once, and the message says that it was interrupted, and where."""

    def running() -> bool:
        return any(m["msg_type"] == "stream" for _, m in kernel._client.arrivals)

    shown = kernel.interrupted(f"%%notify_wechat --title train\n{SLEEPS[kind]}", running)
    assert shown.error.ename in ("KeyboardInterrupt", "CancelledError")
    assert len(shown.tracebacks) == 1
    assert shown.seconds < 10
    text = message()
    assert text.startswith("⏹ Interrupted · train · after ")
    assert text.endswith("Last line: epoch 37")
    assert shown.box.startswith("✓ sent")


def _posts(box):
    """How many requests came that ask for no token."""
    return box.stats["requests"] - box.stats["token_requests"]


@pytest.mark.parametrize("body", ["print('done')", "import asyncio\nawait asyncio.sleep(0)"])
def test_stop_during_the_send_fails_the_cell_once(kernel, box, body):
    """Ctrl-C while the message is on its way fails the cell once; the box says what is known."""
    box.fail_next("hang", path="send", seconds=20)
    before = _posts(box)

    def sending() -> bool:
        time.sleep(0.2)
        return _posts(box) > before

    shown = kernel.interrupted(f"%%notify_wechat\n{body}", sending)
    assert shown.error.ename == "KeyboardInterrupt"
    assert shown.tracebacks == ["KeyboardInterrupt: interrupted while sending"]
    assert shown.box.startswith("? unknown sandbox-wecom_chat")
    assert shown.seconds < 10


def test_stop_during_the_send_of_a_failed_cell(kernel, box):
    """A cell that failed keeps its own error only, also if the send is stopped."""
    box.fail_next("hang", path="send", seconds=20)
    before = _posts(box)

    def sending() -> bool:
        time.sleep(0.2)
        return _posts(box) > before

    shown = kernel.interrupted("%%notify_wechat\n1/0", sending)
    assert shown.error.ename == "ZeroDivisionError"
    assert len(shown.tracebacks) == 1
    assert shown.box.startswith("? unknown")


def test_strict_fails_the_cell_once(kernel, box):
    """``--strict`` fails a cell whose message the platform refuses, once; its value stays."""
    box.fail_next(errcode=60020, path="send")
    shown = kernel.run("%%notify_wechat --strict\n6 * 7")
    assert shown.error.ename == "SendError"
    assert shown.value == "42"
    (traceback,) = shown.tracebacks
    assert traceback.startswith("SendError: not sent sandbox-wecom_chat")
    assert "60020" in traceback
    assert shown.box.startswith("✗ not sent")
    assert kernel.run("_").value == "42"


def test_strict_fails_a_cell_whose_key_cannot_be_made(kernel, box):
    """Under ``--strict`` a ``--once`` that cannot be filled in fails the cell too; else it is told."""
    shown = kernel.run("%%notify_wechat --strict --once {no_such_day}\n6 * 7")
    assert (shown.error.ename, shown.value) == ("SendError", "42")
    assert "{no_such_day} could not be filled in" in shown.tracebacks[0]
    shown = kernel.run("%%notify_wechat --once {no_such_day}\n6 * 7")
    assert (shown.error, shown.value) == (None, "42")
    assert "{no_such_day} could not be filled in" in shown.outputs[-1].data["text/plain"]
    assert box.inbox == []


def test_a_failure_is_told_without_its_key(kernel, box, message):
    """A cell that failed before it set what ``--once`` names is told all the same."""
    shown = kernel.run("%%notify_wechat --once daily-{no_such_day}\n1/0\nno_such_day = 1")
    assert "{no_such_day} could not be filled in; sent without a key" in shown.box
    assert message().startswith("❌ Failed")


def test_strict_leaves_a_failed_cells_error_alone(kernel, box):
    """A cell that failed keeps its own error only, also under ``--strict``."""
    box.fail_next(errcode=60020, path="send")
    shown = kernel.run("%%notify_wechat --strict\n1/0")
    assert shown.error.ename == "ZeroDivisionError"
    assert len(shown.tracebacks) == 1
    box.fail_next(errcode=60020, path="send")
    shown = kernel.run("%%time\n%%notify_wechat --strict\n1/0")
    plain = kernel.run("%%time\n1/0")  # up to IPython 9.2 it keeps the error from the cell
    assert (shown.error is None) == (plain.error is None)
    assert len(shown.tracebacks) == len(plain.tracebacks) == 1
    assert "SendError" not in shown.tracebacks[0]


def test_without_strict_a_refusal_is_only_told(kernel, box):
    """A refused message leaves the cell passed; the box has the platform's dict and advice."""
    box.fail_next(errcode=60020, path="send")
    shown = kernel.run("%%notify_wechat\n6 * 7")
    assert shown.error is None
    assert shown.value == "42"
    assert shown.box.startswith("✗ not sent sandbox-wecom_chat")
    assert "'errcode': 60020" in shown.box
    assert "what to do" in shown.box


def test_run_all_stops(environment_for, tmp_path, run_notebook, sandbox):
    """When a notified cell fails, Run All stops: the next cell does not run."""
    notebook, error = run_notebook(
        [
            f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox.url}",
            "%%notify_wechat\n1/0",
            "print('ran on')",
        ],
        environment_for(tmp_path),
    )
    assert error.ename == "ZeroDivisionError"
    assert notebook.cells[2].outputs == []
    assert notebook.cells[2].execution_count is None
    assert len(sandbox.inbox) == 1

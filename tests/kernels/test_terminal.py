"""Terminal IPython, through a pseudo-terminal."""

from __future__ import annotations

import re
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("there is no pseudo-terminal", allow_module_level=True)
import pexpect

# Python 3.12 and later warn of any fork beside threads; the child starts another program at once.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
PROMPT = r"In \[\d+\]: ?"


class Terminal:
    """IPython in a terminal; `enter` types a cell, line by line."""

    def __init__(self, environment, *arguments):
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor", *arguments],
            env=environment | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            encoding="utf-8",
            timeout=30,
            dimensions=(60, 200),
        )
        self.child.expect(PROMPT)

    def enter(self, cell):
        """Type a cell and a blank line; gives what is shown until the next prompt."""
        self.begin(cell)
        return self.shown()

    def begin(self, cell):
        """Type a cell and a blank line, without which IPython does not run a cell magic."""
        lines = cell.split("\n")
        for line in [*lines, ""] if len(lines) > 1 else lines:
            self.child.sendline(line)
            if len(lines) > 1:
                self.child.expect(r"\.\.\.: ")
        if len(lines) > 1:
            self.child.sendline("")

    def shown(self):
        """What stands before the next prompt."""
        self.child.expect(PROMPT)
        return self.child.before.replace("\r\n", "\n")

    def close(self):
        """Leave IPython."""
        self.child.close(force=True)


@pytest.fixture(scope="module")
def terminal(environment_for, folder, shared_box):
    """A terminal in which the sandbox is the default."""
    one = Terminal(environment_for(folder), "--simple-prompt")
    one.enter("%load_ext notebook_notify")
    one.enter(f"%notify_sandbox --url {shared_box.url}")
    yield one
    one.close()


def test_a_cell_with_await(terminal, message):
    """Output shows untouched, ``Out`` and the box follow it, and the message has text and value."""
    shown = terminal.enter(
        "%%notify_wechat --title train\nimport asyncio, sys\nprint('from print')\n"
        "await asyncio.sleep(0)\nprint('from stderr', file=sys.stderr)\n6 * 7"
    )
    lines = [line for line in shown.split("\n") if line.strip()]
    assert lines[:2] == ["from print", "from stderr"]
    assert re.fullmatch(r"Out\[\d+\]: 42", lines[2])
    assert lines[3].startswith("✓ sent sandbox-wecom_chat")
    text = message()
    assert text.startswith("✅ Done · train · ")
    assert "Result\n42" in text
    assert text.endswith("Output\nfrom print\nfrom stderr")


def test_underscore(terminal, message):
    """``_`` is the value of the cell before."""
    terminal.enter("%%notify_wechat\n'kept'")
    assert "Result\n'kept'" in message()
    assert "'kept'" in terminal.enter("_")


def test_a_failing_cell(terminal, message):
    """One traceback, of the cell's own line; the message has the error and the output before it."""
    shown = terminal.enter("%%notify_wechat\nprint('before')\n1/0")
    assert shown.count("Traceback (most recent call last)") == 1
    assert shown.count("ZeroDivisionError: division by zero") == 1
    assert ", line 3" in shown
    text = message()
    assert text.startswith("❌ Failed · ")
    assert "ZeroDivisionError: division by zero" in text
    assert "line 3" in text
    assert text.endswith("Output before it\nbefore")


def test_children_show_untouched(terminal, message):
    """``!cmd`` shows as ever; that it is not in the message is documented."""
    shown = terminal.enter("%%notify_wechat\n!echo from shell\nprint('own')")
    assert "from shell" in shown
    assert "own" in message()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_stop(terminal, message, tmp_path, kind):
    """Ctrl-C stops the cell, and the message says so."""
    sleep = "time.sleep(0.1)" if kind == "sync" else "await asyncio.sleep(0.1)"
    begun = tmp_path / "begun"  # once it is there, what was printed is recorded
    # In steps: Python tells of a signal that comes between two of its instructions and a long
    # sleep only when that has ended.
    terminal.begin(
        "%%notify_wechat --title train\nimport asyncio, time\n"
        f"print('epoch ' + '37'); open({str(begun)!r}, 'w').close()\n"
        f"for n in range(300): {sleep}"
    )
    terminal.child.expect("epoch 37\r\n")
    _until(begun.exists)
    terminal.child.sendintr()
    shown = terminal.shown()
    assert "KeyboardInterrupt" in shown or "CancelledError" in shown
    text = message()
    assert text.startswith("⏹ Interrupted · train · ")
    assert text.endswith("Last line: epoch 37")
    assert "✓ sent" in shown


def _until(done):
    """Wait for something that comes soon."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stop_during_the_send(terminal, box):
    """Ctrl-C while the message is on its way says that, and the box tells what is known."""
    box.fail_next("hang", path="send", seconds=20)
    before = _posts(box)
    terminal.begin("%%notify_wechat\n6 * 7")
    _until(lambda: _posts(box) > before)
    terminal.child.sendintr()
    shown = terminal.shown()
    assert "? unknown sandbox-wecom_chat" in shown
    assert shown.count("KeyboardInterrupt: interrupted while sending") == 1


def _posts(box):
    """How many requests came that ask for no token."""
    return box.stats["requests"] - box.stats["token_requests"]


def test_the_streams_are_as_before(terminal, box):
    """After a notified cell nothing of ours is left on ``sys.stdout``."""
    terminal.enter("%%notify_wechat\nprint(1)")
    code = "[s.write.__module__ for s in (sys.stdout, sys.stderr)]"
    assert "notebook_notify" not in terminal.enter(f"import sys; print({code})")


def test_enter_after_the_magic_line_goes_on(environment_for, tmp_path, sandbox):
    """Enter after the magic line alone begins the cell's next line; it does not run it."""
    terminal = Terminal(environment_for(tmp_path))
    try:
        terminal.child.send("%load_ext notebook_notify\r")
        terminal.child.expect(r"In \[2\]:")
        terminal.child.send(f"%notify_sandbox --url {sandbox.url}\r")
        terminal.child.expect(r"In \[3\]:")
        terminal.child.send("%%notify_wechat\r")
        terminal.child.expect(r"\.\.\.:")
        assert sandbox.inbox == []
        terminal.child.send("print('result', 40 + 2)\r\r\r")
        terminal.child.expect("result 42")
        terminal.child.expect("✓ sent")
        assert sandbox.inbox[0]["content"].endswith("result 42")
    finally:
        terminal.close()

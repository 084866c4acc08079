"""A prompt in a terminal: ``python terminals.py ipython|console``.

In ``jupyter console`` the cell runs in a kernel, and the terminal draws what that sends.
"""

from __future__ import annotations

import os
import re
import signal
import sys

import pexpect
from common import Checks, Place, place, until

COMMANDS = {
    "ipython": ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor"],
    # A busy machine's kernel may take more than a second to say whether a cell is complete.
    "console": [
        "-m",
        "jupyter_console",
        "--ZMQTerminalInteractiveShell.kernel_is_complete_timeout=30",
    ],
}
_STYLE = r"(?:\x1b\[[0-9;]*m)*"
#: Nobody but a reader of the terminal makes the file that this cell waits for.
LIVE = (
    "import asyncio, os; await asyncio.sleep(0); print('at ' + 'once', flush=True)\n"
    "while not os.path.exists('seen'): await asyncio.sleep(0.1)\n"
    "print('last line'); 6 * 7"
)
#: Once its file is there, what it printed is recorded. It sleeps in steps: Python tells of a signal
#: that comes between two of its instructions and a long sleep only when that has ended.
LONG = (
    "import time; print('be' + 'gun', flush=True); open('begun', 'w').close()\n"
    "for n in range(600): time.sleep(0.1)"
)


class Terminal:
    """A prompt, at which cells are typed."""

    def __init__(self, kind: str) -> None:
        options = ["--simple-prompt"] if kind == "ipython" else []
        # What a script runs in the background is begun with Ctrl-C ignored, and so would this be.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.child = pexpect.spawn(
            sys.executable,
            [*COMMANDS[kind], *options],
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            encoding="utf-8",
            timeout=60,
            dimensions=(60, 200),
        )
        self.said = ""
        self._count = 0
        self.shown()

    def begin(self, cell: str) -> None:
        """Type a cell, line by line; two blank ones end what begins with a magic's line."""
        lines = cell.split("\n")
        for line in [*lines, ""] if len(lines) > 1 else lines:
            self.child.send(line + "\r")
            if len(lines) > 1:
                self.child.expect(r"\.\.\.: ?")
        if len(lines) > 1:
            self.child.send("\r")

    def shown(self) -> str:
        """What stands before the next prompt, which has the next number: some draw it anew."""
        self._count += 1
        self.child.expect(rf"In {_STYLE}\[{_STYLE}{self._count}{_STYLE}\]{_STYLE}: ")
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.child.before).replace("\r\n", "\n")
        self.said += shown
        return shown

    def enter(self, cell: str) -> str:
        """Type a cell; gives what it shows."""
        self.begin(cell)
        return self.shown()


def main(kind: str) -> None:
    """Check cells at a prompt."""
    with place() as (check, here):
        terminal = Terminal(kind)
        check_cells(check, here, terminal)
        check_auto(check, here, terminal)
        with check("%notify_panel"):
            shown = terminal.enter("%notify_panel en")
            assert "The panel of notebook_notify" in shown, shown
        with check("its end"):
            terminal.child.send("exit\r")
            terminal.child.expect(pexpect.EOF)
            terminal.child.close()
            assert (terminal.child.exitstatus, terminal.child.signalstatus) == (0, None)
        with check("no secret on the screen"):
            here.unseen(terminal.said)


def check_cells(check: Checks, here: Place, terminal: Terminal) -> None:
    """What is shown, and what arrives."""
    with check("%load_ext"):
        assert "Error" not in terminal.enter("%load_ext notebook_notify")
    with check("live output, await and Out"):
        terminal.begin(f"%%notify_wechat --to ops --title nightly\n{LIVE}")
        terminal.child.expect("at once\r\n")
        (here.folder / "seen").touch()
        shown = terminal.shown()
        assert re.search(r"last line\n+Out\[\d+\]: 42\n", shown), shown
        assert "✓ sent ops" in shown
        assert "42" in terminal.enter("_")
    with check("the message"):
        text = here.inbox.text()
        assert text.startswith("✅ Done · nightly · ")
        assert "Result\n42" in text
        assert text.endswith("Output\nat once\nlast line")
    with check("an error, once"):
        shown = terminal.enter("%%notify_wechat --to ops\nprint('before')\n1/0")
        assert shown.count("ZeroDivisionError: division by zero") == 1
        text = here.inbox.text()
        assert text.startswith("❌ Failed · ")
        assert "ZeroDivisionError: division by zero" in text
        assert "line 3" in text
    with check("Ctrl-C"):
        terminal.begin(f"%%notify_wechat --to ops\n{LONG}")
        terminal.child.expect("begun\r\n")
        until((here.folder / "begun").exists, 30, "the cell's file")
        terminal.child.sendintr()
        shown = terminal.shown()
        assert "KeyboardInterrupt" in shown, shown
        assert here.inbox.text().startswith("⏹ Interrupted · ")
    with check("a text"):
        terminal.enter("loss = 0.03125")
        terminal.enter("%notify_wechat --to ops loss {loss:.3f}, is it well?")
        assert here.inbox.text() == "loss 0.031, is it well?"


def check_auto(check: Checks, here: Place, terminal: Terminal) -> None:
    """A cell without a line of its own is told."""
    with check("%notify_auto"):
        terminal.enter("%notify_auto --to ops --title batch")
        terminal.enter("print('first')")
        until(lambda: not here.inbox.empty(), 30, "its message")
        assert here.inbox.text().startswith("✅ Done · batch · ")
        terminal.enter("%notify_auto off")


if __name__ == "__main__":
    main(sys.argv[1])

"""From a magic line to what is sent and shown."""

from __future__ import annotations

import time
from types import SimpleNamespace

from notebook_notify import sender


def test_a_summary_that_takes_its_time(shell, sandbox, monkeypatch):
    """It costs the cell an hour, say, and the message none of its own."""
    ahead = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead[0])
    for name in ("delivery.budget", "notebook.telling"):
        monkeypatch.setattr(f"notebook_notify.{name}.time", clock)

    class Loss:
        """Is computed when it is written out, as an array of a device is."""

        def __format__(self, _spec):
            ahead[0] = 3600.0
            return "0.03"

    sender.TARGETS.use_sandbox(sandbox.targets)
    shell.user_ns["loss"] = Loss()
    line = '%%notify --to sandbox-wecom_chat --summary "loss {loss}" --out report'
    shell.run_cell(f"{line}\n1 + 1")
    assert shell.user_ns["report"].outcome == "sent"
    assert "loss 0.03" in sandbox.inbox[0]["content"]

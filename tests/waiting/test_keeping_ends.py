"""Python ends while a message that nobody waits for any more is on its way."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from notebook_notify import sender

END = """
    import sys, time
    from notebook_notify import sender
    from notebook_notify.delivery.budget import Budget
    from notebook_notify.messages import Message
    ops = sender.TARGETS.resolve("ops")
    print(sender.post([(ops, Message("done"))], budget=Budget.of(hold=0.3)).outcome)
"""


def ended():
    """A process that ends while its message is on its way; what it prints, on both streams."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(END)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_end_of_python(save, sandbox):
    """What is answered within two seconds of the end is settled, and nothing is said."""
    sandbox.fail_next("drip", path="chat/send", seconds=1 / 80)
    done = ended()
    assert (done.stdout, done.stderr) == ("queued\n", "")
    assert [one["content"] for one in sandbox.inbox] == ["done"]
    assert sender.DRAIN.outbox.items() == []


def test_the_end_of_python_before_its_answer(save, sandbox):
    """What is not is left to the next kernel, as something that may have arrived."""
    sandbox.fail_next("deliver_hang", path="chat/send")
    done = ended()
    assert "notebook_notify: 1 queued: the next kernel" in done.stderr
    (item,) = sender.DRAIN.outbox.items()
    assert (item.state, item.why, item.repeats) == ("unknown", "sender", True)

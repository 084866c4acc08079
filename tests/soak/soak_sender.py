"""One kernel of the soak: posts numbered messages, and writes down what it was told of each.

``python soak_sender.py LOG FIRST COUNT STOP`` is a plain process that loads the package and sends
as a kernel does; a real kernel calls :func:`work` in a cell. ``NOTEBOOK_NOTIFY_CONFIG`` names the
targets, ``NOTEBOOK_NOTIFY_STATE`` the folder that all of the soak share.
"""

from __future__ import annotations

import dataclasses
import os
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_notify import sender
from notebook_notify.errors import OutboxError
from notebook_notify.platforms import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.reports import SendReport

#: What a message of this number says.
TEXT = "soak {:09d}"
#: How long a send may hold its cell, in seconds.
BUDGETS = (1.0, 2.0, 5.0)
#: A user looks at the outbox, and has it sent, after so many messages.
FLUSH_EVERY = 10


def unpaced() -> None:
    """Send as often as can be: the platforms' minute would make a day of the soak."""
    for channel in CHANNELS.values():
        if channel.pace is not None:
            type(channel).pace = dataclasses.replace(channel.pace, most=10**6)


def by_function(target: str, text: str, budget: float) -> SendReport:
    """Send by the Python call."""
    return sender.send(text, to=target, timeout=budget)


def by_magic(target: str, text: str, budget: float) -> SendReport:
    """Send by the line magic of the kernel that this runs in."""
    from IPython import get_ipython

    shell = get_ipython()
    shell.run_line_magic("notify", f"--to {target} --timeout {budget:g}s -o soak_report {text}")
    return shell.user_ns["soak_report"]


def told(report: SendReport) -> tuple[str, object]:
    """Outcome and code of *report*; ``unstored`` if it is unknown and nobody will see to it."""
    (result,) = report.results
    lost = result.outcome == "unknown" and result.item is None
    return "unstored" if lost else result.outcome, result.code


def work(
    log: str,
    first: int,
    count: int,
    stop: str,
    post: Callable[[str, str, float], SendReport] = by_function,
) -> None:
    """Send *count* messages from the number *first* on, then stay as an idle kernel does.

    A line of *log* says that a number begins, another what became of it. They are in the
    system's hands before the next step, so that SIGKILL takes none. Ends when *stop* exists.
    """
    unpaced()
    written = os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    targets = sorted(sender.TARGETS.config.targets)
    for number in range(first, first + count):
        if Path(stop).exists():
            break
        os.write(written, f"begin {number}\n".encode())
        text = TEXT.format(number)
        outcome, code = told(post(random.choice(targets), text, random.choice(BUDGETS)))
        os.write(written, f"{outcome} {number} {code}\n".encode())
        if number % FLUSH_EVERY == 0:
            try:
                sender.DRAIN.flush(0.2)
            except OutboxError as error:
                os.write(written, f"trouble {number} {error}\n".encode())
    os.write(written, b"end 0\n")
    while not Path(stop).exists():
        time.sleep(0.1)


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])

"""What became of each message of the soak, by the inbox, the outbox and what kernels were told."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from notebook_notify import sender
from notebook_notify.delivery.outbox import Outbox
from notebook_notify.delivery.outbox_sweep import REPEAT_AFTER
from notebook_notify.waiting.drain import Drain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from notebook_notify.delivery.outbox_rows import Item
    from notebook_notify.reports import SendReport
    from notebook_notify.targets import Target
    from notebook_notify.waiting.queueing import Passage

#: What says that a message may be there twice.
MARK = "possible repeat · "
#: Reports after which a message is the outbox's, or the platform's.
ACCEPTED = ("sent", "partial", "queued", "unknown")
_NUMBER = re.compile(r"^soak (\d{9})$", re.MULTILINE)


def read_log(log: Path, codes: Counter[str] | None = None) -> dict[int, str]:
    """What a kernel was told of each number; ``begin``: it was killed before it was told.

    *codes* is given the codes of what failed, and counts the looks at the outbox that did.
    """
    told: dict[int, str] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        what, number, *code = line.split(" ", 2)
        if what not in ("end", "trouble"):
            told[int(number)] = what
        if codes is not None and what in ("failed", "trouble"):
            codes.update(code)
    return told


def number_of(text: str) -> int | None:
    """Which message *text* is, if it is one of the soak's."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else None


def drained(outbox: Path, seconds: float) -> list[Item]:
    """Send all that waits, what is unknown as in a minute's time; what then is in the outbox."""

    def send(target: Target, passage: Passage, seconds: float) -> SendReport:
        return sender.SENDER.send([(target, passage.message)], timeout=seconds, passage=passage)

    deadline = time.monotonic() + seconds
    for ahead in (0.0, REPEAT_AFTER + 1):
        opened = Outbox(outbox, lambda ahead=ahead: time.time() + ahead)
        drain = Drain(lambda opened=opened: opened, sender.DRAIN.find, send)
        while time.monotonic() < deadline:
            drain.flush(min(60.0, max(0.0, deadline - time.monotonic())))
            states = Counter(item.state for item in opened.items() if item.next_at is not None)
            if not states or (not ahead and set(states) == {"unknown"}):
                break
            time.sleep(0.2)
        drain.end(40)
    return Outbox(outbox).items()


class Verdict:
    """What became of all messages.

    Args:
        told: what kernels were told of each number.
        inbox: what the platform delivered.
        items: what the outbox still has.
    """

    def __init__(
        self, told: dict[int, str], inbox: Iterable[dict[str, Any]], items: Iterable[Item]
    ) -> None:
        plain: Counter[int] = Counter()
        marked: Counter[int] = Counter()
        for message in inbox:
            number = number_of(message["content"])
            if number is not None:
                (marked if MARK in message["content"] else plain)[number] += 1
        left = {number_of(item.title): item for item in items}
        there = set(plain) | set(marked)
        self.told = Counter(told.values())
        self.accepted = {number for number, what in told.items() if what in ACCEPTED}
        self.delivered = there
        self.kept = Counter(item.state for item in left.values())
        #: of what was accepted: neither delivered nor in the outbox, or dead without a word why.
        self.lost = {
            number
            for number in self.accepted - there
            if number not in left
            or (left[number].state == "dead" and not left[number].why and not left[number].error)
        }
        self.doubled = {number for number, count in plain.items() if count > 1}
        self.marked = sum(marked.values())
        #: told as failed, or dead, and yet delivered; or delivered by nobody's wish.
        self.false = {number for number in there if told.get(number, "failed") == "failed"} | {
            number for number in there if number in left and left[number].state == "dead"
        }
        #: told as sent, and yet to be sent: what is in the outbox is none of these.
        self.stray = {n for n in left if told.get(n or 0) in ("sent", "partial")}
        self.unknown = (
            {number for number, what in told.items() if what in ("unknown", "unstored")}
            | set(marked)
            | {number for number, item in left.items() if item.lost}
        )
        #: what still is to be sent, though the network is up.
        self.waiting = sum(item.next_at is not None for item in left.values())

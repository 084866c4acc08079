"""SIGKILL at each step of the outbox: ``python tests/soak/outbox_kills.py 50``.

Real processes, killed by themselves at a step; then one that sends what is left. The sandbox's
inbox, in a process of its own, is the judge: what was accepted arrives, and twice only with the
mark of a possible repeat. Prints a table; the exit code is 1 if anything was lost, or doubled
without the mark.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path

from notebook_notify import sender
from notebook_notify.delivery.outbox import Outbox
from notebook_notify.messages import Message
from notebook_notify.targets import Target
from notebook_notify.waiting.drain import Drain
from notebook_notify.waiting.queueing import place_of

#: So many kills before what is left is sent: fewer than a message is dead after.
AT_ONCE = 4
#: What a repeat begins with.
MARK = "possible repeat · "


def die(*_: object, **__: object) -> None:
    """The power of the kernel's process ends here."""
    os.kill(os.getpid(), signal.SIGKILL)


def before_commit() -> None:
    """Die when a message is written, but not committed."""

    class Connection(sqlite3.Connection):
        inserts = 0

        def execute(self, statement: str, *given: object) -> sqlite3.Cursor:
            Connection.inserts += statement.startswith("INSERT INTO items")
            if statement == "COMMIT" and Connection.inserts:
                die()
            return super().execute(statement, *given)

    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Connection)


def after_commit() -> None:
    """Die when it is accepted, before anything else."""
    Drain.start = die


def leased() -> None:
    """Die with the lease in hand, before anything leaves."""
    Drain._deliver = die


def flying() -> None:
    """Die when it is marked as flying, and no byte has left."""
    fly = Outbox.fly
    Outbox.fly = lambda self, lease: (fly(self, lease), die())


def request_out() -> None:
    """Die when the request is out, and no answer is in."""
    getresponse = HTTPConnection.getresponse
    sends = ("/chat/send", "/message/send")

    def answered(self: HTTPConnection) -> object:
        if any(one in getattr(self, "path", "") for one in sends):
            die()
        return getresponse(self)

    putrequest = HTTPConnection.putrequest

    def request(
        self: HTTPConnection, method: str, url: str, *more: object, **named: object
    ) -> None:
        self.path = url
        putrequest(self, method, url, *more, **named)

    HTTPConnection.putrequest = request
    HTTPConnection.getresponse = answered


def reply_in() -> None:
    """Die when the platform has answered, before that is written down."""
    Outbox.done = die


STEPS = (before_commit, after_commit, leased, flying, request_out, reply_in)


class Scene:
    """One outbox, one target, and a sandbox of its own process."""

    def __init__(self, folder: Path) -> None:
        self.path, self.accepted = folder / "outbox.sqlite3", folder / "accepted"
        self.accepted.touch()
        self.sandbox = subprocess.Popen(
            [sys.executable, "-m", "notebook_notify.sandbox", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.sandbox.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http"))
        fields = self.get("targets.json")["sandbox-dingtalk_chat"]
        del fields["channel"]
        self.target = Target("dingtalk_chat", fields, "ops", "file")

    def get(self, name: str) -> object:
        """What the sandbox says of itself."""
        with urllib.request.urlopen(f"{self.url}/{name}", timeout=10) as reply:
            return json.load(reply)

    def drain(self, ahead: float = 0.0) -> Drain:
        """A kernel's drain, whose clock is ahead."""

        def send(target: Target, passage: object, _seconds: float) -> object:
            return sender.SENDER.send([(target, passage.message)], timeout=10, passage=passage)

        opened = Outbox(self.path, lambda: time.time() + ahead)
        return Drain(lambda: opened, lambda _name: self.target, send)

    def killed(self, step: object, text: str) -> bool:
        """Queue and send *text* in another process; whether it died at the step."""
        child = os.fork()
        if not child:
            accepted = os.open(self.accepted, os.O_APPEND | os.O_WRONLY)
            step()
            drain, start = self.drain(), Drain.start
            Drain.start = lambda _self: None
            place = place_of(self.target)
            drain.put(lambda box: [box.put("ops", place, Message(text))])
            os.write(accepted, f"{text}\n".encode())
            Drain.start = start
            drain.flush(20)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL

    def judge(self, texts: list[str]) -> dict[str, int]:
        """Send what is left, now and a minute later; what of *texts* became of."""
        for ahead in (0.0, 61.0):
            drain = self.drain(ahead)
            while drain.flush(60) and drain.outbox.due_in([place_of(self.target)]) is not None:
                time.sleep(0.1)
                if ahead == 0:
                    break
            drain.end(10)
            drain.outbox.close()
        items = {item.title: item for item in self.drain().outbox.items()}
        accepted = set(self.accepted.read_text().splitlines())
        got = [message["content"] for message in self.get("inbox.json")]
        names = ("accepted", "delivered", "lost", "unmarked", "marked", "kept")
        count = dict.fromkeys(names, 0)
        for text in texts:
            mine = [one for one in got if one.splitlines()[-1] == text]
            plain = sum(not one.startswith(MARK) for one in mine)
            count["accepted"] += text in accepted
            count["delivered"] += bool(mine)
            count["kept"] += text in items
            count["lost"] += text in accepted and not mine and text not in items
            count["unmarked"] += max(0, plain - 1)
            count["marked"] += len(mine) - plain
        return count


def main(rounds: int) -> int:
    """Kill at each step so many times; gives the exit code."""
    os.environ["NOTEBOOK_NOTIFY_LANGUAGE"] = "en"
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NOTEBOOK_NOTIFY_STATE"] = folder
        scene = Scene(Path(folder))
        try:
            for step in STEPS:
                count, kills = Counter(), 0
                for first in range(0, rounds, AT_ONCE):
                    numbers = range(first, min(first + AT_ONCE, rounds))
                    texts = [f"{step.__name__} {number}" for number in numbers]
                    kills += sum(scene.killed(step, text) for text in texts)
                    count.update(scene.judge(texts))
                bad += count["lost"] + count["unmarked"] + (kills != rounds)
                told = ", ".join(f"{name} {number}" for name, number in count.items())
                print(f"{step.__name__:14} killed {kills}, {told}", flush=True)
        finally:
            scene.sandbox.terminate()
            scene.sandbox.wait(10)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""What the programs of the matrix share: a sandbox, a saved target, and what is counted.

They run in an environment that holds the package and what an entry names, and nothing for tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A pixel, as a plotting library displays its picture.
PICTURE = """
import base64
from IPython.display import Image
display(Image(base64.b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk'
    '+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
)))
"""


class Checks:
    """Says of each check whether it held, in a line that ``run.py`` reads."""

    def __init__(self) -> None:
        self.good = True

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """What is asserted within is the check *name*; those that follow are made all the same."""
        try:
            yield
        except Exception:
            self.good = False
            print("CHECK " + json.dumps([name, traceback.format_exc()]), flush=True)
        else:
            print("CHECK " + json.dumps([name, ""]), flush=True)


class Inbox:
    """The sandbox's, read message by message."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box

    def wait(self, number: int = 1, seconds: float = 30) -> list[dict[str, Any]]:
        """The next messages, as many as *number*; it is emptied."""
        until(lambda: len(self._box.inbox) >= number, seconds, f"{number} message(s)")
        messages = list(self._box.inbox)
        self._box.clear()
        assert len(messages) == number, messages
        return messages

    def text(self, seconds: float = 30) -> str:
        """The text of the one message that comes next."""
        (message,) = self.wait(1, seconds)
        return str(message["content"])

    def texts(self, number: int) -> list[str]:
        """The texts of so many messages, in their order."""
        return sorted(str(one["content"]) for one in self.wait(number))

    def clear(self) -> None:
        """Forget what is there."""
        self._box.clear()

    def empty(self) -> bool:
        """Whether there is none."""
        return not self._box.inbox


class Place:
    """Where a program works.

    Attributes:
        box: what is sent to.
        inbox: what it received.
        secret: what nobody may see, saved as ``env:OPS_SECRET`` of the target ``ops``.
        folder: a folder that is empty but for the settings.
    """

    def __init__(self, box: Sandbox) -> None:
        self.box, self.inbox = box, Inbox(box)
        self.folder = Path.cwd()
        fields = box.targets["sandbox-wecom_chat"]
        self.secret = fields["corp_secret"]
        os.environ["OPS_SECRET"] = self.secret
        lines = [f'{key} = "{value}"\n' for key, value in fields.items() if key != "corp_secret"]
        config = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
        config.write_text(
            "[targets.ops]\n" + "".join(lines) + 'corp_secret = "env:OPS_SECRET"\n', "utf-8"
        )

    def unseen(self, *texts: str) -> None:
        """The secret stands in none of *texts*, of which each says something."""
        assert texts
        for text in texts:
            assert len(text) > 100, text  # the search would find nothing in nothing
            assert self.secret not in text


@contextlib.contextmanager
def place() -> Iterator[tuple[Checks, Place]]:
    """Work in the current folder, which is the program's own; what did not hold ends it badly."""
    checks = Checks()
    with Sandbox() as box:
        yield checks, Place(box)
    if not checks.good:
        raise SystemExit(1)


def until(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something that comes soon."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)

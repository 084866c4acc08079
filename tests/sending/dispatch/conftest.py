"""What the tests of the sender share: targets of the sandbox, and senders that do not pause."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from notebook_notify.messages import Message
from notebook_notify.sending.dispatch import Sender
from notebook_notify.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.reports import SendResult
    from notebook_notify.sandbox import Sandbox

#: The budget of a send that must end in time, and what a busy machine may add, in seconds.
TIMEOUT, GRACE = 0.3, 0.5


def _to(sandbox: Sandbox, channel: str = "wecom_chat", **changed: Any) -> Target:
    fields = {**sandbox.targets[f"sandbox-{channel}"], **changed}
    del fields["channel"]
    return Target(channel, fields, name=f"sandbox-{channel}", source="sandbox")


def _sent(sender: Sender, target: Target, text: str = "完成", **options: Any) -> SendResult:
    (result,) = sender.send([(target, Message(text))], **options).results
    return result


def _in_time(sender: Sender, target: Target, **options: Any) -> SendResult:
    started = time.monotonic()
    result = _sent(sender, target, timeout=TIMEOUT, **options)
    assert time.monotonic() - started < TIMEOUT + GRACE
    return result


def _eventually(condition: Callable[[], bool], seconds: float = 3) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def quick() -> Iterator[Sender]:
    """A sender that does not pause between its tries."""
    one = Sender(pauses=(0, 0, 0))
    yield one
    one.close()


@pytest.fixture
def to() -> Callable[..., Target]:
    """Gives a sandbox's target for a channel, of other fields if any are given."""
    return _to


@pytest.fixture
def sent() -> Callable[..., SendResult]:
    """Sends one text to one target, and gives its result."""
    return _sent


@pytest.fixture
def in_time() -> Callable[..., SendResult]:
    """As ``sent``, which must end within a short budget."""
    return _in_time


@pytest.fixture
def sends() -> Callable[[Sandbox], int]:
    """Gives how many requests that send a sandbox has seen."""
    return lambda sandbox: sandbox.stats["requests"] - sandbox.stats["token_requests"]


@pytest.fixture
def eventually() -> Callable[..., bool]:
    """Waits until a condition holds."""
    return _eventually


@pytest.fixture
def interrupt() -> Iterator[Callable[[float], None]]:
    """Press Ctrl-C in so many seconds."""
    timers = []

    def press(seconds: float) -> None:
        main = threading.main_thread().ident
        timers.append(threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT)))
        timers[-1].start()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield press
    for timer in timers:
        timer.join()
    signal.signal(signal.SIGINT, before)

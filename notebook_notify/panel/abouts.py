"""What platforms tell of groups: their names, and how many people are in them."""

from __future__ import annotations

import threading
import time
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from notebook_notify import sender
from notebook_notify.grouping import GROUP_FIELDS
from notebook_notify.panel.drafting import About
from notebook_notify.platforms import channel_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from notebook_notify.panel.desk import Desk
    from notebook_notify.platforms.base import Call, Found
    from notebook_notify.targets import Target

#: The longest wait for an answer, in seconds; nobody waits for it but a thread.
_TIMEOUT = 10.0
#: How long a message waits for it, in seconds: many members are asked about first.
PATIENCE = 2.0
#: Before so many seconds a platform that did not tell is not asked again.
_REST = 600.0


class Abouts:
    """One panel's; what it knows is in the kernel's memory alone.

    Args:
        desk: the panel's.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[tuple[str, str], About] = {}
        self._asked: dict[tuple[str, str], float] = {}
        self._under_way: dict[tuple[str, str], threading.Event] = {}

    def __call__(self, target: Target) -> About | None:
        """What is known of *target*; ``None``: nothing, so far."""
        return self._known.get(_key(target))

    def note(self, target: Target, about: About) -> None:
        """A platform told *about* of *target*."""
        key = _key(target)
        self._known[key], self._asked[key] = about, inf

    def look(self, target: Target, then: Callable[[], None]) -> None:
        """Ask the platform, unless it was asked; in the background, and silent if it fails.

        *then* is called if it told anything. Only groups that have an id can be asked about: of a
        robot's nothing is told.
        """
        key = _key(target)
        rests = key in self._under_way or time.monotonic() < self._asked.get(key, 0.0)
        if target.channel not in GROUP_FIELDS or rests:
            return
        probe = next(iter(channel_of(target).probes(target)), None)
        if probe is None or probe.call is None or probe.find is None:
            return
        self._asked[key] = time.monotonic() + _REST
        self._under_way[key] = threading.Event()
        self._desk.run(
            partial(_ask, target, probe.call, probe.find), partial(self._told, key, then)
        )

    def wait(self, target: Target, then: Callable[[], None]) -> bool:
        """Call *then* when an answer has come that is under way, or ``PATIENCE`` has passed.

        Returns:
            Whether there is one: else *then* is not called.
        """
        answered = self._under_way.get(_key(target))
        if answered is None:
            return False
        self._desk.run(lambda: answered.wait(PATIENCE), lambda _: then())
        return True

    def forget(self) -> None:
        """Ask again, when there is next a reason to; what is known is shown meanwhile."""
        self._asked = {}

    def _told(
        self, key: tuple[str, str], then: Callable[[], None], done: Future[About | None]
    ) -> None:
        self._under_way.pop(key).set()
        about = None if done.exception() else done.result()
        if about is None:
            return
        self._known[key] = about
        self._asked[key] = inf
        then()


def _ask(target: Target, call: Call, find: Callable[[dict[str, object]], Found]) -> About | None:
    found = find(sender.SENDER.ask(target, call, timeout=_TIMEOUT))
    return None if found.name is None else About(found.name, found.members)


def _key(target: Target) -> tuple[str, str]:
    """What stands for the group of *target*, whatever it is called here."""
    return target.channel, str(target.get(GROUP_FIELDS.get(target.channel, ""), target.label))

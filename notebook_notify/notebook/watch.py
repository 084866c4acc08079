"""A notified cell is watched while it runs: ``--every``, ``--stalled``, ``--alert``."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from notebook_notify.content.plain import plain_lines
from notebook_notify.content.progress import Happening, run_progress
from notebook_notify.errors import NotifyError
from notebook_notify.notebook import options
from notebook_notify.notebook.matching import Matcher
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_notify.reports import SendReport

#: So often the output is looked through for alerts, in seconds.
LOOK = 1.0
#: The most output that waits for that, in characters; what comes faster is not looked through.
PENDING = 4 << 20
#: Of longer lines the beginning is looked through, in characters.
LINE = 2000
#: The longest time that the patterns may take each time, in seconds.
MATCHING = 10.0
#: From a match so far into its line on, the line is quoted from a little before it.
FAR, BEFORE = 120, 60
#: The longest sleep, in seconds: the system's calls take no number as large as a user may give.
_LONGEST = 3600.0


class Heard(Protocol):
    """What is asked of the :class:`~notebook_notify.content.screen.Screen`."""

    @property
    def heard(self) -> float:
        """When the last output came, on the ``time.monotonic()`` clock."""

    def tail(self) -> tuple[str, ...]:
        """The last lines, as they stand on the page now."""

    def listen(self, callback: Callable[[str], None]) -> None:
        """Have *callback* called with each new text of a stream."""


@dataclass(frozen=True, slots=True)
class Untold:
    """What a watch leaves to whoever tells the cell's end.

    Attributes:
        notes: what the reader of the box should know.
        alert: a line that matched and was not told; the cell's end came first.
    """

    notes: tuple[str, ...] = ()
    alert: Happening | None = None


class Watch:
    """Tells what happens while one cell runs, at most one message in ``LEAST_PAUSE``.

    Progress is told every *every* seconds; silence and an alert once each. All of it happens on
    one daemon thread: a message that hangs, or a pattern, keeps nobody waiting.

    Args:
        screen: what the cell shows.
        every: seconds between messages on the progress, or ``None``.
        stalled: seconds without output, or ``None``.
        alerts: regular expressions, each searched for in whole lines.
        tell: sends a message; what it raises is told at the end.
        clock: seconds on the clock of ``screen.heard``.
        wait: sleeps so many seconds; true once the cell has ended. ``None`` means really.
    """

    def __init__(
        self,
        screen: Heard,
        *,
        every: float | None,
        stalled: float | None,
        alerts: Sequence[str],
        tell: Callable[[Happening], SendReport | None],
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._screen = screen
        self._every = every
        self._stalled = stalled
        self._tell = tell
        self._clock = clock
        self._over = threading.Event()
        self._wait = wait or self._over.wait
        self._process = os.getpid()
        self._thread: threading.Thread | None = None
        self._started = clock()
        self._next_progress = self._started + (every or 0)
        self._told = float("-inf")
        self._failures = 0
        self._trouble = ""
        self._notes: list[str] = []
        self._ears = _Ears(alerts) if alerts else None
        self._alert: Happening | None = None

    def start(self) -> None:
        """Begin to watch, if there is anything to watch for."""
        if self._every is None and self._stalled is None and self._ears is None:
            return
        if self._ears is not None:
            self._screen.listen(self._ears.hear)
        thread = threading.Thread(target=self._run, name="notebook_notify watch", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads: the cell is told at its end all the same
            self._notes.append(say(f"运行中不会通知：{error}", f"not watched: {error}"))
        else:
            self._thread = thread

    def hush(self) -> None:
        """The cell has ended: no message begins from now on. Does not wait."""
        self._over.set()

    def stop(self, within: float) -> Untold:
        """As :meth:`hush`; then wait for a message that is on its way.

        Call it when the last output was heard: that is looked through for alerts as well.

        Args:
            within: the longest wait, in seconds.
        """
        deadline = time.monotonic() + within
        self.hush()
        if self._process != os.getpid():  # a forked child has no such thread
            return Untold()
        notes = []
        try:
            if self._thread is not None:
                self._thread.join(max(0.0, within))
            if self._thread is not None and self._thread.is_alive():
                notes.append(
                    say("运行中的一条消息还没有结果", "a message while it ran has no outcome yet")
                )
            else:
                self._look(min(MATCHING, max(0.0, deadline - time.monotonic())), last=True)
        finally:
            self.close()
        return Untold((*self._notes, *self._failed(), *notes), self._alert)

    def close(self) -> None:
        """As :meth:`hush`, and listen no more; twice is harmless."""
        self.hush()
        if self._ears is not None and self._process == os.getpid():
            self._ears.close()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                pause = self._step()
                if pause is None or self._wait(min(pause, _LONGEST)):
                    break
        except Exception as error:  # noqa: BLE001 - raised here, it would be printed into the cell
            trouble = scrub(f"{type(error).__name__}: {error}")
            self._notes.append(say(f"运行中不再通知：{trouble}", f"no longer watched: {trouble}"))

    def _step(self) -> float | None:
        """Do what is due; the seconds until something may be, or ``None`` if nothing will."""
        if self._ears is not None:
            self._look(MATCHING)
        happening = self._due()
        if happening is not None and not self._over.is_set():
            self._send(happening)
        pauses = [moment - self._clock() for moment, _ in self._ahead()]
        if self._ears is not None and not self._ears.done:
            pauses.append(LOOK)
        return max(0.0, min(pauses)) if pauses else None

    def _ahead(self) -> list[tuple[float, Callable[[], Happening]]]:
        """What can come, as far as is known now, the more pressing first."""
        ahead: list[tuple[float, Callable[[], Happening]]] = []
        if self._alert is not None:
            alert = self._alert
            ahead.append((self._started, lambda: alert))
        if self._stalled is not None:
            ahead.append((self._last_heard() + self._stalled, self._silence))
        if self._every is not None:
            ahead.append((self._next_progress, self._progress))
        free = self._told + options.LEAST_PAUSE
        return [(max(moment, free), make) for moment, make in ahead]

    def _due(self) -> Happening | None:
        now = self._clock()
        return next((make() for moment, make in self._ahead() if moment <= now), None)

    def _send(self, happening: Happening) -> None:
        self._told = self._clock()
        if happening.kind == "alert":
            self._alert = None
        elif happening.kind == "stalled":
            self._stalled = None
        elif self._every is not None:
            self._next_progress = self._told + self._every
        try:
            report = self._tell(happening)
        except Exception as error:  # noqa: BLE001 - told at the end
            self._failures += 1
            self._trouble = scrub(f"{type(error).__name__}: {error}")
            return
        bad = [one for one in report.results if one.outcome != "sent"] if report is not None else []
        if bad:
            self._failures += 1
            self._trouble = "; ".join(one.lines()[0][1] for one in bad)

    def _failed(self) -> tuple[str, ...]:
        if not self._failures:
            return ()
        return (
            say(
                f"运行中有 {self._failures} 条消息没有全部送达，最近一条：{self._trouble}",
                f"messages while it ran that did not fully arrive: {self._failures}; "
                f"the last: {self._trouble}",
            ),
        )

    def _last_heard(self) -> float:
        return max(self._started, self._screen.heard)

    def _progress(self) -> Happening:
        lines = self._lines()
        elapsed = self._clock() - self._started
        bar = run_progress(lines, elapsed)
        return Happening(
            "progress",
            moment=time.time(),
            elapsed=elapsed,
            line=_last(lines),
            percent=bar.percent if bar else None,
            left=bar.left if bar else None,
        )

    def _silence(self) -> Happening:
        now = self._clock()
        return Happening(
            "stalled",
            moment=time.time(),
            elapsed=now - self._started,
            line=_last(self._lines()),
            quiet=now - self._last_heard(),
        )

    def _lines(self) -> list[str]:
        return plain_lines("\n".join(self._screen.tail()))

    def _look(self, within: float, *, last: bool = False) -> None:
        """Look through what was heard; the first line that matches is kept to be told."""
        if self._ears is None or self._ears.done:
            return
        try:
            found = self._ears.look(within, last=last)
        except NotifyError as error:
            self._notes.append(say(f"--alert 已停用：{error}", f"--alert gave up: {error}"))
            return
        if found is not None:
            elapsed = self._clock() - self._started
            self._alert = Happening("alert", moment=time.time(), elapsed=elapsed, line=found)


class _Ears:
    """Hears text on the threads that print, and looks for alerts on another.

    Attributes:
        done: whether nothing more is looked for.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.done = False
        self._matcher = Matcher(patterns)
        self._heard: deque[str] = deque()
        self._size = 0
        self._rest = ""

    def hear(self, text: str) -> None:
        """Keep *text* to be looked through; on the thread that prints, so nothing else."""
        if not self.done and self._size + len(text) <= PENDING:
            self._size += len(text)
            self._heard.append(text)

    def look(self, within: float, *, last: bool) -> str | None:
        """The first whole line that matches, secrets masked; with *last*, the unfinished too.

        Raises:
            NotifyError: it took more than *within* seconds; there will be no more looking.
        """
        lines = self._lines(last=last)
        if not lines:
            return None
        try:
            found = self._matcher.first([line[:LINE] for line in lines], within)
        except NotifyError:
            self.close()
            raise
        if found is None:
            return None
        self.close()
        number, start = found
        line = lines[number]
        shown = scrub(line)
        # Where something was masked, the place of the match is not known.
        return shown if start < FAR or shown != line else "…" + line[start - BEFORE :]

    def close(self) -> None:
        """Look for nothing more, and forget what was heard."""
        self.done = True
        self._matcher.close()
        self._heard.clear()
        self._rest = ""

    def _lines(self, *, last: bool) -> list[str]:
        texts = [self._heard.popleft() for _ in range(len(self._heard))]
        # Another thread may hear meanwhile: a sum that is a little wrong loses no text.
        self._size = 0
        *lines, self._rest = re.split(r"[\r\n]", self._rest + "".join(texts))
        if last:
            lines.append(self._rest)
        # A line that never ends is looked through only in its beginning.
        self._rest = self._rest[: LINE * 2]
        return [line for line in plain_lines("\n".join(lines)) if line.strip()]


def _last(lines: Sequence[str]) -> str:
    return next((line for line in reversed(lines) if line.strip()), "")

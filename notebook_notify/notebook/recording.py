"""What IPython and our own ears tell of one cell, from its begin to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_notify.content.failures import is_interrupt
from notebook_notify.content.screen import Record
from notebook_notify.notebook.capture import Capture
from notebook_notify.notebook.deathwatch import watch_cell

if TYPE_CHECKING:
    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.deathwatch import Watched


@dataclass(frozen=True, slots=True)
class Ended:
    """A cell that has run.

    Attributes:
        error: what ended it, or ``None``.
        interrupted: whether that was Ctrl-C or a time limit.
        record: what it showed.
        value: the last expression's value.
        count: its number, ``[count]`` in the notebook; ``None`` if it has none of its own.
        source: its code, without the magic line.
        started: seconds since the epoch.
        took: seconds.
    """

    error: BaseException | None
    interrupted: bool
    record: Record
    value: Any
    count: int | None
    source: str
    started: float
    took: float


@dataclass(frozen=True, slots=True)
class Recording:
    """A cell that is listened to.

    Attributes:
        source: its code, without the magic line.
        capture: what listens.
        watched: what has the kernel's death told, if that is wanted.
        started: seconds since the epoch.
        ticks: the same moment by a clock that nobody sets.
    """

    source: str
    capture: Capture
    watched: Watched | None = None
    started: float = field(default_factory=time.time)
    ticks: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(
        cls, source: str, shell: Any, call: Call, count: int | None, passed: float = 0.0
    ) -> Recording:
        """Begin to listen to a cell.

        Args:
            source: its code, without the magic line.
            shell: the ``InteractiveShell``.
            call: what it is told by.
            count: its number, if that is known by now.
            passed: seconds that its batch had run before it.
        """
        capture = Capture(shell)
        try:
            capture.start()
            watched = watch_cell(call, capture.screen, shell, count, passed)
            return cls(source, capture, watched)
        except BaseException:  # Ctrl-C
            capture.close()
            raise

    def end(self, result: Any) -> Ended:
        """Stop listening; *result* is IPython's, which has none for some cancelled cells."""
        took = time.monotonic() - self.ticks
        if self.watched is not None:
            self.watched.end()
        try:
            record = self.capture.stop()
        except Exception:  # noqa: BLE001 - better a message without its output than none
            record = Record()
        error = None if result is None else result.error_before_exec or result.error_in_exec
        return Ended(
            error=error,
            interrupted=result is None or is_interrupt(error),
            record=record,
            value=getattr(result, "result", None),
            count=getattr(result, "execution_count", None),
            source=self.source,
            started=self.started,
            took=took,
        )

    def close(self) -> None:
        """Stop listening; twice is harmless."""
        if self.watched is not None:
            self.watched.end()
        self.capture.close()

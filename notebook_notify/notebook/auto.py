"""What ``%notify_auto`` does: cells are told, those that follow each other as one batch.

A batch of cells that went well is sent by a thread of its own, which lives only while such a
batch waits; a failed cell is told before its cell is over, since a failure ends most runs.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from IPython.display import display

from notebook_notify.notebook.cells import attended
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.content.batch import Batch
    from notebook_notify.content.facts import Run
    from notebook_notify.messages import Making
    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.recording import Ended, Recording
    from notebook_notify.targets import Target

#: Cells that follow each other within so many seconds are one batch.
PAUSE = 2.0
#: How long Python's end may wait for the last message, in seconds. Jupyter itself kills a kernel
#: 2.5 s after it has asked it to end: ``KernelManager.shutdown_wait_time`` is 5 s, and half of
#: it has passed when SIGTERM comes.
EXIT = 5.0
#: So often the waiting thread looks whether its batch still waits, in seconds.
_TICK = 0.1
#: Cells that end the session.
_ENDS = (["exit"], ["exit()"], ["quit"], ["quit()"])


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message that is ready to be sent.

    Attributes:
        messages: one for each target.
        verdict: what became of the run.
        label: what it is about, for the one who reads its report.
        notes: what else he should know.
        unattended: whether nobody watches the run.
    """

    messages: Sequence[tuple[Target, Making]]
    verdict: str
    label: str
    notes: tuple[str, ...]
    unattended: bool


@dataclass(frozen=True, slots=True)
class _Overheard:
    """A cell that runs and is listened to."""

    auto: Auto
    count: int
    recording: Recording

    def finish(self, result: Any) -> None:
        self.auto.take(replace(self.recording.end(result), count=self.count))

    def close(self) -> None:
        self.recording.close()


class Auto:
    """Tells of the cells of one shell, by one call of the magic. Thread-safe.

    Args:
        call: the magic's.
        shell: the ``InteractiveShell``.

    Attributes:
        call: the magic's.
    """

    def __init__(self, call: Call, shell: Any) -> None:
        self.call = call
        self._shell = shell
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._outcome: dict[str, str] | None = None  # of the message sent last, to be displayed
        self._unseen: list[dict[str, str]] = []  # of those that did not go out
        self._batch: Batch | None = None
        self._ended = 0.0  # when its last cell ended, on the monotonic clock
        self._ready: _Parcel | None = None  # its message, if it is to be sent by itself
        self._outbox: list[_Parcel] = []
        self._thread: threading.Thread | None = None

    def overhear(self, raw: str, count: int) -> _Overheard | None:
        """Listen to cell ``[count]``, unless it is told by its own line or only of our magics."""
        if os.getpid() != self._process or not _counts(raw):
            return None
        from notebook_notify.notebook.recording import Recording

        with self._lock:
            if time.monotonic() - self._ended >= PAUSE:
                self._end_batch()
            self._ready = None  # until this cell has ended
            batch = self._batch
            passed = batch.span + time.monotonic() - self._ended if batch is not None else 0.0
        recording = Recording.begin(raw, self._shell, self.call, count, passed)
        return _Overheard(self, count, recording)

    def take(self, ended: Ended) -> None:
        """A cell has ended: send what is to be sent at once, let the rest wait.

        Raises:
            SendInterrupted: Ctrl-C came while it was sent.
        """
        if os.getpid() != self._process:  # a forked child
            return
        from notebook_notify.notebook.recent import RECENT
        from notebook_notify.notebook.runs import run_of

        run = run_of(self.call, ended, "", self._shell)
        RECENT.keep(run)
        self.show_trouble()
        unattended = not attended(self._shell)
        parcel = None
        with self._lock:
            self._ready = None
            if ended.interrupted and not unattended:
                self._batch = None  # the user is there, and has seen it all
                return
            batch = self._batch = self._batch or self._new_batch()
            batch.add(run, ended.count or 0)
            self._ended = time.monotonic()
            run = batch.run()
            well = run.verdict == "done"
            wanted = self.call.options.on in ("always", "success" if well else "error")
            if wanted and batch.span >= self.call.options.after:
                parcel = self._parcel(run, ended.value, unattended=unattended)
            if not well:
                self._batch = None
            elif parcel is not None:
                self._ready = parcel
                self._start()
        if parcel is not None and not well:
            self._outcome, _ = self._send(parcel, held=True)

    def close(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._batch = self._ready = None
            self._outbox.clear()

    def show_trouble(self) -> bool:
        """Show, once, what did not go out while no cell ran; returns whether there was any."""
        unseen, self._unseen = self._unseen, []
        for outcome in unseen:
            display(outcome, raw=True)
        return bool(unseen)

    def show_last(self) -> None:
        """Show what became of the last message, and of those before that nobody saw fail."""
        if not self.show_trouble() and self._outcome is not None:
            display(self._outcome, raw=True)

    def _new_batch(self) -> Batch:
        from notebook_notify.content.batch import Batch
        from notebook_notify.content.context import notebook_name

        name = notebook_name(self._shell.user_ns).removesuffix(".ipynb")
        return Batch(self.call.title or name)

    def _parcel(self, run: Run, value: Any, *, unattended: bool) -> _Parcel:
        from notebook_notify.notebook.telling import messages_of

        notes = list(self.call.notes)
        messages = messages_of(self.call, run, value, notes)
        label = say(
            f"自动通知 · {run.title} · {local(run.ended):%m-%d %H:%M:%S}",
            f"%notify_auto · {run.title} · {local(run.ended):%m-%d %H:%M:%S}",
        )
        return _Parcel(messages, run.verdict, label, tuple(notes), unattended)

    def _end_batch(self) -> None:
        """No cell is added to the batch any more; under the lock."""
        if self._ready is not None:
            self._outbox.append(self._ready)
        self._batch = self._ready = None

    def _start(self) -> None:
        """Have a thread wait for the batch; under the lock."""
        if self._thread is None:
            # No daemon: Python waits for it at its end, and no cell is left untold.
            thread = threading.Thread(target=self._wait, name="notebook_notify auto", daemon=False)
            thread.start()
            self._thread = thread

    def _wait(self) -> None:
        """Send batches as they become due; on a thread of its own."""
        main = threading.main_thread()
        while True:
            with self._lock:
                left = self._ended + PAUSE - time.monotonic()
                if self._ready is not None and (left <= 0 or not main.is_alive()):
                    self._end_batch()
                if not self._outbox and self._ready is None:
                    self._thread = None
                    return
                parcel = self._outbox.pop(0) if self._outbox else None
            if parcel is None:
                main.join(min(left, _TICK))  # woken at once when Python ends
            else:
                self._outcome, sent = self._send(parcel, ending=not main.is_alive())
                if not sent:
                    self._unseen.append(self._outcome)

    def _send(
        self, parcel: _Parcel, *, ending: bool = False, held: bool = False
    ) -> tuple[dict[str, str], bool]:
        """Send it; gives what is to be displayed of it, and whether all went out.

        Args:
            parcel: the message.
            ending: whether Python is ending.
            held: whether a cell is held by it, below which it is displayed.
        """
        from notebook_notify.delivery.budget import Budget
        from notebook_notify.errors import SendInterrupted
        from notebook_notify.notebook.showing import show
        from notebook_notify.secret import scrub
        from notebook_notify.sender import post

        options = self.call.options
        budget = options.budget(watched=not parcel.unattended)
        if not held:
            budget = replace(budget, release=None)
        if ending and not parcel.unattended:
            budget = Budget.of(min(budget.left, EXIT))
        notes = (parcel.label, *parcel.notes)
        try:
            report = post(
                parcel.messages,
                budget=budget,
                verdict=parcel.verdict,
                drops=True,
                persist=parcel.unattended,
            )
        except SendInterrupted as interrupt:
            stopped = replace(interrupt.report, notes=(*interrupt.report.notes, *notes))
            display(stopped.bundle(), raw=True)
            raise
        except Exception as error:  # noqa: BLE001 - nothing here may end the waiting thread
            trouble = scrub(f"{parcel.label}: {type(error).__name__}: {error}")
            told = {"text/plain": f"notebook_notify: {trouble}"}
            if held:
                display(told, raw=True)
            return told, False
        report = replace(report, notes=(*report.notes, *notes))
        if held:
            show(report)
        return report.bundle(), report.ok


def _counts(raw: str) -> bool:
    """Whether a cell is to be told: not one with its own line, nor one of our magics alone.

    Nor is IPython's ``exit`` or ``quit``, after which nothing runs.
    """
    lines = [line.strip() for line in raw.splitlines()]
    code = [line for line in lines if line and not line.startswith("#")]
    if not code or code[0].startswith("%%notify") or code in _ENDS:
        return False
    return not all(line.startswith("%notify") for line in code)

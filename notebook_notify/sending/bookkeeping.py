"""What sending has to do with the ledger: a key is claimed before, the outcome written after.

The ledger serves the messages, never the other way round: it works on a thread of its own, so
that a full disk, a damaged file or a file server that hangs costs a note in the report.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from concurrent.futures import Future, wait
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar, cast

from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import LedgerError, NotifyError, SendInterrupted, TargetError
from notebook_notify.ledger import Entry, Ledger, Line
from notebook_notify.ledger_file import look_at, path_of
from notebook_notify.messages import Making, Message
from notebook_notify.reports import SendReport
from notebook_notify.secret import scrub
from notebook_notify.sending.history import repeated
from notebook_notify.sending.parts import title_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from notebook_notify.delivery.budget import Budget
    from notebook_notify.reports import SendResult
    from notebook_notify.targets import Target


_T = TypeVar("_T")

#: How long the ledger is waited for, in seconds: for a claim, for what ends one, for a look at
#: whether it can be used, and for what is still to be written when Python ends.
CLAIM, SETTLE, LOOK, FLUSH = 5.0, 2.0, 0.25, 2.0
#: Messages are written down together with those that follow within so many seconds.
GATHER = 0.2
#: A claim ends by itself so many seconds after the send must have ended.
_GRACE = 60.0


class Bookkeeping:
    """Sends, and keeps the ledger. Thread-safe."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Make its threads anew, as a forked child must."""
        self._workers = Workers()
        self._lock = threading.Lock()
        self._looked: Path | None = None  # the file that could be used
        self._trouble = ""  # with what was written last, for the next report
        self._unwritten: list[tuple[str, list[Line]]] = []
        self._writer: Future[None] | None = None
        self._hurry = threading.Event()

    def flush(self) -> None:
        """Wait a moment for what is still to be written."""
        with self._lock:
            writer = self._writer
        if writer is not None:
            self._hurry.set()
            wait([writer], FLUSH)

    def send(
        self,
        messages: Sequence[tuple[Target, Making]],
        deliver: Callable[[list[tuple[Target, Making]]], SendReport],
        *,
        budget: Budget,
        once: str | None,
        verdict: str,
    ) -> SendReport:
        """Deliver each message, but for those that went out for the same key before.

        Args:
            messages: targets and messages.
            deliver: sends what it is given, within *budget*.
            budget: how long the outcome is waited for.
            once: the key; ``None`` keeps the history alone.
            verdict: as of :class:`Entry`; the key counts for each by itself.

        Raises:
            TargetError: the key is blank, or *deliver* raises it; nothing was sent.
            SendInterrupted: as of *deliver*.
        """
        earlier: Sequence[Entry | None] = [None] * len(messages)
        notes: tuple[str, ...] = ()
        looked = None
        claims: Future[list[Entry | None]] = Future()  # before Ctrl-C can come
        if once is not None:
            named = [target for target, _ in messages]
            earlier, notes = self._claim(claims, named, once, verdict, budget)
        else:
            looked = self._look()  # while the messages are on their way
        drafts = [
            _Draft(target, message)
            for (target, message), entry in zip(messages, earlier, strict=True)
            if entry is None
        ]
        interrupted, began = False, time.time()
        try:
            report = deliver([(one.target, one.message) for one in drafts])
        except SendInterrupted as interrupt:
            report, interrupted = interrupt.report, True
        except BaseException as error:
            if once is not None:
                # A second Ctrl-C, while what came of the first is found out, tells nothing.
                outcome = "failed" if isinstance(error, Exception) else "unknown"
                lines = [Line(one.target, outcome) for one in drafts]
                self._settle(claims, lines, once, verdict, 0.0)
            raise
        lines = [
            # What is queued may have gone out by now, and that comes after it.
            Line(one.target, result.outcome, result.code, one.text, time=_moment(result, began))
            for one, result in zip(drafts, report.results, strict=True)
        ]
        try:
            if once is None:
                notes = self._note(lines, verdict, looked)
            elif notes:  # one will do, if the ledger cannot be used at all
                self._start(partial(_settled, claims, lines, verdict, once))
            else:
                notes = self._settle(claims, lines, once, verdict, budget.patience)
        except KeyboardInterrupt:  # what became of the messages is known, and is told
            interrupted = True
        results = iter(report.results)
        whole = SendReport(
            tuple(
                next(results) if entry is None else repeated(target, entry)
                for (target, _), entry in zip(messages, earlier, strict=True)
            ),
            (*report.notes, *notes),
        )
        if interrupted:
            raise SendInterrupted(whole)
        return whole

    def _claim(
        self,
        claims: Future[list[Entry | None]],
        targets: list[Target],
        key: str,
        verdict: str,
        budget: Budget,
    ) -> tuple[Sequence[Entry | None], tuple[str, ...]]:
        """What *claims* come to, and what the reader should know if that is not known in time."""
        if not key.strip():
            raise TargetError(
                say("--once 的值为空，未发送", "the key of --once is blank; nothing was sent")
            )
        job = partial(_claimed, targets, key, verdict, budget.left + _GRACE)
        seconds = max(LOOK, min(CLAIM, budget.patience / 2))
        try:
            self._start(job, claims)
            known = _waited(claims, seconds)
        except KeyboardInterrupt:
            claims.add_done_callback(partial(_undo, targets, key, verdict))
            raise
        earlier, trouble = known
        if earlier is not None:
            return earlier, ()
        unchecked = say(
            f"{trouble}；没有查是否已发过（--once {key}），照常发送",
            f"{trouble}; sent without asking whether it had been before (--once {key})",
        )
        return [None] * len(targets), (unchecked,)

    def _settle(
        self,
        claims: Future[list[Entry | None]],
        lines: list[Line],
        key: str,
        verdict: str,
        left: float,
    ) -> tuple[str, ...]:
        """End *claims* with what became of the messages; what the reader should know of that."""
        if not lines:
            return ()
        job = self._start(partial(_settled, claims, lines, verdict, key))
        _, trouble = _waited(job, max(LOOK, min(SETTLE, left)))
        if not trouble:
            return ()
        return (
            say(
                f"{trouble}；重复运行可能再次发送（--once {key}）",
                f"{trouble}; a repeated run may send it again (--once {key})",
            ),
        )

    def _look(self) -> Future[Path] | None:
        """Begin to find out whether the file can be used; ``None`` if that is known."""
        with contextlib.suppress(LedgerError):  # there is no such folder: told by the look
            if self._looked == path_of():
                return None
        return self._start(_usable)

    def _note(
        self, lines: list[Line], verdict: str, looked: Future[Path] | None
    ) -> tuple[str, ...]:
        """Have the messages written down a moment later; what is wrong, now or the last time."""
        if looked is not None:
            known = _waited(looked, LOOK)
            self._looked, trouble = known
            if trouble:
                return (trouble,)
        with self._lock:
            trouble, self._trouble = self._trouble, ""
            self._unwritten.append((verdict, lines))
            if self._writer is None or self._writer.done():  # done: it could not be started
                self._hurry.clear()
                self._writer = self._start(self._write)
        if _ends_unheard():
            self.flush()
        return (trouble,) if trouble else ()

    def _write(self) -> None:
        """Write down what has gathered, until nothing has; on a thread of its own."""
        while True:
            self._hurry.wait(GATHER)
            with self._lock:
                gathered, self._unwritten = self._unwritten, []
                if not gathered:
                    self._writer = None
                    return
            try:
                for verdict, some in groupby(gathered, key=itemgetter(0)):
                    _recorded([line for _, lines in some for line in lines], verdict, None)
            except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
                trouble = str(error)
                if not isinstance(error, LedgerError):
                    trouble = f"{type(error).__name__} in notebook_notify: {error}"
                with self._lock:
                    self._trouble = trouble

    def _start(self, job: Callable[[], _T], future: Future[_T] | None = None) -> Future[_T]:
        future = Future() if future is None else future
        try:
            return self._workers.submit(job, future)
        except (NotifyError, RuntimeError) as error:  # no thread: too many, or Python is ending
            future.set_exception(LedgerError(str(error)))
            return future


def _moment(result: SendResult, began: float) -> float:
    return began if result.outcome == "queued" else time.time()


def _ends_unheard() -> bool:
    """Whether this is a child of ``multiprocessing``, whose end no ``atexit`` function sees."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and module.parent_process() is not None


def _waited(future: Future[_T], seconds: float) -> tuple[_T | None, str]:
    """What a job returns, or why there is nothing."""
    try:
        return future.result(seconds), ""
    except TimeoutError:
        return None, say("发送记录没有及时应答", "the record of what was sent did not answer")
    except LedgerError as error:
        return None, str(error)
    except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
        return None, f"{type(error).__name__} in notebook_notify: {error}"


def _told(message: Message) -> str:
    """What the history may show of *message*: of Markdown the words alone."""
    return title_of(scrub(message.text)) if message.markdown else message.text


class _Draft:
    """A message that is perhaps made late, and the text that it turned out to have."""

    def __init__(self, target: Target, message: Making) -> None:
        self.target = target
        self.text = _told(message) if isinstance(message, Message) else ""
        self.message: Making = message if isinstance(message, Message) else self._make
        self._late = message

    def _make(self) -> Message:
        made = cast("Callable[[], Message]", self._late)()
        self.text = _told(made)
        return made


# What follows runs on a thread of its own.


def _claimed(targets: list[Target], key: str, verdict: str, lasts: float) -> list[Entry | None]:
    return Ledger(path_of()).claim(targets, key, verdict, lasts=lasts)


def _usable() -> Path:
    path = path_of()
    look_at(path)
    return path


def _recorded(lines: list[Line], verdict: str, key: str | None) -> None:
    Ledger(path_of()).record(lines, verdict, key)


def _settled(claims: Future[list[Entry | None]], lines: list[Line], verdict: str, key: str) -> None:
    """Write down what becomes of *claims*, however late they are made."""
    wait([claims])
    _recorded(lines, verdict, key)


def _undo(
    targets: list[Target], key: str, verdict: str, claims: Future[list[Entry | None]]
) -> None:
    """Give back what was claimed by whom Ctrl-C stopped before anything left."""
    with contextlib.suppress(LedgerError):
        given = zip(targets, claims.result(), strict=True)
        ours = [Line(target, "failed") for target, entry in given if entry is None]
        Ledger(path_of()).record(ours, verdict, key)

"""A kernel that dies can tell nothing: a process beside it notices, and tells in its place.

There is one for a kernel, from the first notified cell on, in a session of its own. It hears of
each cell's begin and end through a pipe, now and then of the last line of output, and once of
all that it takes to send: ``sys.path``, the environment, where to. Of that nothing stands on its
command line, in its environment or on the disk: a literal secret passes from this process's
memory into that one's. See :mod:`~notebook_notify.notebook.deathwatch_child`.

It is started at once and not when a cell has lasted: what kills kernels is often one call that
holds Python's lock, under which no timer would come to it.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify import texts
from notebook_notify.content import context
from notebook_notify.content.compose import HEADLINE_BYTES
from notebook_notify.notebook import deathwatch_child
from notebook_notify.notebook.calls import cell_of, title_of
from notebook_notify.notebook.layers import put
from notebook_notify.notebook.options import seconds
from notebook_notify.processes import bare_environment
from notebook_notify.secret import Secret
from notebook_notify.sizes import clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.watch import Heard
    from notebook_notify.targets import Target

#: A cell that ran for less is not told of, in seconds; its user is there. ``VARIABLE`` holds
#: another time, or ``off``.
LEAST = 5.0
VARIABLE = "NOTEBOOK_NOTIFY_STOPPED_AFTER"
#: So often the last line of output is passed on, in seconds.
LOOK = 2.0
#: So often what the pipe did not take is tried again, in seconds.
SOON = 0.1
#: So many processes are started at most: one that dies would die again.
_STARTS = 3


class Watched:
    """A cell that is watched; also ended by being forgotten, as an interrupt may have it."""

    __slots__ = ("__weakref__", "_number", "_watch")

    def __init__(self, watch: DeathWatch, number: int) -> None:
        self._watch = watch
        self._number = number

    def end(self) -> None:
        """The cell has ended; twice is harmless."""
        self._watch.end(self._number)


@dataclass(slots=True)
class _Cell:
    watched: weakref.ref[Watched]
    begin: bytes  # as it was said
    screen: Heard
    told: float  # when the output was shown whose last line was passed on


class DeathWatch:
    """This process's side of it. Thread-safe; nothing here waits for the other side."""

    def __init__(self) -> None:
        self._numbers = numbers(1)
        self._pipe: Any = None
        self._process: subprocess.Popen[bytes] | None = None
        self._let_go: Callable[[], None] = lambda: None
        self.renew()

    def renew(self) -> None:
        """Forget all, as a forked child must; its copy of the pipe would hide the parent's end."""
        self._lock = threading.Lock()
        self._cells: dict[int, _Cell] = {}
        self._waiting = bytearray()
        self._thread: threading.Thread | None = None
        self._news, self._over = threading.Event(), threading.Event()
        self._starts = 0
        self._drop()

    def begin(self, screen: Heard, cell: dict[str, Any], shell: Any) -> Watched:
        """Watch a cell.

        Args:
            screen: what it shows.
            cell: what is to be told of it.
            shell: the ``InteractiveShell``.
        """
        number = next(self._numbers)
        watched = Watched(self, number)
        begin = _line("begin", cell | {"cell": number})
        with self._lock:
            self._cells[number] = _Cell(weakref.ref(watched), begin, screen, float("-inf"))
            if self._pipe is None:
                self._start()
                self._heed(shell)
            else:
                self._put(begin)
            self._news.set()
            if self._thread is None:
                thread = threading.Thread(
                    target=self._work,
                    args=(self._news, self._over),
                    name="notebook_notify deathwatch",
                    daemon=True,
                )
                with contextlib.suppress(RuntimeError):  # then no last line is known
                    thread.start()
                    self._thread = thread
        return watched

    def end(self, number: int) -> None:
        """A cell has ended; one that is not known is none of this process's."""
        if number not in self._cells:
            return
        with self._lock:
            self._put(_line("end", {"cell": number}))  # first: an interrupt leaves it to be ended
            self._cells.pop(number, None)

    def close(self) -> None:
        """The kernel is about to end as it was asked to, or the extension is unloaded."""
        with self._lock:
            self._cells.clear()
            self._put(_line("bye", {}))
            self._drop()
            self._let_go()
            self._let_go = lambda: None
            self._starts = 0
            self._over.set()
            self._news.set()
            self._news, self._over = threading.Event(), threading.Event()
            self._thread = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK)  # it forks and is gone

    def _start(self) -> None:
        """Start the process, and tell it of all cells that run; under the lock."""
        if self._starts >= _STARTS:
            return
        self._starts += 1
        child = str(Path(deathwatch_child.__file__))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", "-S", child, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=bare_environment(),
                start_new_session=True,  # Ctrl-C is for the cell, and so is what kills its group
            )
        except (OSError, ValueError):  # no such Python, or no more processes
            return
        self._pipe = self._process.stdin
        os.set_blocking(self._pipe.fileno(), False)
        root = str(Path(__file__).parents[2])
        hello = {"path": [*map(str, sys.path), root], "environ": dict(os.environ)}
        self._put(_line("hello", hello) + b"".join(one.begin for one in self._cells.values()))

    def _heed(self, shell: Any) -> None:
        """Have a shutdown or restart that was asked for known as such; under the lock."""
        atexit.unregister(self.close)
        atexit.register(self.close)
        kernel = getattr(shell, "kernel", None)
        if hasattr(kernel, "do_shutdown"):
            self._let_go()
            self._let_go = put(kernel, "do_shutdown", self._shut_down)

    def _shut_down(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(Exception):
            self.close()
        return original(*args, **kwargs)

    def _put(self, line: bytes) -> None:
        """Write as much as the pipe takes now, the rest later; under the lock."""
        if self._pipe is None:
            return
        self._waiting += line
        try:
            while self._waiting:
                del self._waiting[: os.write(self._pipe.fileno(), self._waiting)]
        except BlockingIOError:
            pass
        except OSError:  # the process is gone; it is started again for the cells that run
            self._drop()

    def _drop(self) -> None:
        pipe, self._pipe = self._pipe, None
        self._waiting.clear()
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()

    # ── what runs on the thread ──────────────────────────────────────────────────────────────

    def _work(self, news: threading.Event, over: threading.Event) -> None:
        """Pass on the last lines of output while cells run."""
        while True:
            news.wait()  # to begin a thread for each cell would hold it up
            if self._process is not None:
                self._process.wait()  # it forks at once, and what is left of it is taken away
            if over.wait(SOON if self._waiting else LOOK):
                return
            with self._lock:
                for number, cell in list(self._cells.items()):
                    if cell.watched() is None:
                        self._put(_line("end", {"cell": number}))
                        del self._cells[number]
                if not self._cells:
                    news.clear()
                    continue
                if self._pipe is None:
                    self._start()
                self._put(b"")  # what the pipe did not take before: a large environment
                cells = list(self._cells.items())
            for number, cell in cells:
                with contextlib.suppress(Exception):  # a strange stream costs the line alone
                    self._pass_on(number, cell)

    def _pass_on(self, number: int, cell: _Cell) -> None:
        heard = cell.screen.heard
        if heard == cell.told:
            return
        lines = cell.screen.tail()
        if not lines:
            return
        at = time.time() - (time.monotonic() - heard)
        said = {"cell": number, "line": clip(lines[-1], HEADLINE_BYTES), "at": at}
        with self._lock:
            if self._waiting or number not in self._cells:
                return  # the next one will do
            self._put(_line("line", said))
            cell.told = heard


#: That of this process.
DEATHWATCH = DeathWatch()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=DEATHWATCH.renew)


def watch_cell(
    call: Call, screen: Heard, shell: Any, count: int | None, passed: float = 0.0
) -> Watched | None:
    """Have the kernel's end told while a cell runs; ``None`` if it is not to be. Never raises.

    Args:
        call: its magic line, or that of ``%notify_auto``.
        screen: what it shows.
        shell: the ``InteractiveShell``.
        count: its number, if it has one.
        passed: seconds that its batch had run before it.
    """
    options, least = call.options, _least()
    if os.name != "posix" or least is None or options.dry_run or options.on == "success":
        return None
    with contextlib.suppress(Exception):  # better a cell that is not watched than none
        notebook, cell = context.notebook_name(shell.user_ns), cell_of(count)
        told = {
            "ticks": time.monotonic(),
            "least": max(least, options.after - passed),
            "title": title_of(call, notebook, cell),
            "who": context.who(),
            "where": f"{notebook} {cell}".strip(),
            "targets": [_described(target) for target in call.alerts],
            "environ": _referred(call.alerts),
            "mention": options.mention,
            "language": texts.language(),
            "timezone": str(texts.zone() or "") or None,
        }
        return DEATHWATCH.begin(screen, told, shell)
    return None


def _least() -> float | None:
    said = os.environ.get(VARIABLE, "").strip()
    if said == "off":
        return None
    try:
        return seconds(said) if said else LEAST
    except argparse.ArgumentTypeError:
        return LEAST


def _described(target: Target) -> dict[str, Any]:
    """What makes *target* again: a secret as its reference, or as it is if it has none."""
    fields = {
        key: (value.reference or value.reveal()) if isinstance(value, Secret) else value
        for key, value in target.fields.items()
    }
    return {
        "channel": target.channel,
        "fields": fields,
        "name": target.name,
        "source": target.source,
    }


def _referred(targets: tuple[Target, ...]) -> dict[str, str]:
    """The variables that the secrets of *targets* refer to, which may be newer than the pipe."""
    secrets = [v for target in targets for v in target.fields.values() if isinstance(v, Secret)]
    names = [(one.reference or "").removeprefix("env:") for one in secrets]
    return {name: os.environ[name] for name in names if name in os.environ}


def _line(what: str, said: dict[str, Any]) -> bytes:
    return json.dumps({"say": what, **said}).encode("ascii") + b"\n"

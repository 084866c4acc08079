"""The process that watches a kernel from outside, and tells in its place when it is gone.

A program of its own, which :mod:`~notebook_notify.notebook.deathwatch` starts. It hears of cells
on its standard input, a JSON object on each line, the first with what it takes to send. The pipe
ends with the kernel; a process that the kernel forked may hold it open, so that the kernel's
number is looked at as well. Until then only the standard library is imported, and not much.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: So often the memory is looked at while a cell runs, and the kernel where it cannot be waited
#: for, in seconds.
LOOK = 1.0
#: The same while none runs.
IDLE = 60.0
#: How long sending may take, in seconds.
TIMEOUT = 300.0

_PROCESSES, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
#: Of a control group: its limit, its usage, and what of that can be dropped when memory is short.
#: https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


class Watcher:
    """Watches one kernel.

    Args:
        kernel: its process's number.
        pidfd: what becomes readable when that ends, or ``None``.
    """

    def __init__(self, kernel: int, pidfd: int | None) -> None:
        self._kernel = kernel
        self._pidfd = pidfd
        self._rest = b""
        self._config: dict[str, Any] = {}
        self._cells: dict[int, dict[str, Any]] = {}
        self._memory: dict[str, int] | None = None
        self._measure = measure_of(kernel)
        self._farewell = False

    def run(self) -> None:
        """Watch until the kernel is gone, and tell of the cells that it left."""
        os.set_blocking(0, False)
        while self._hear() and not self._farewell:
            self._wait()
        if not self._farewell:
            now = time.monotonic()
            for cell in self._cells.values():
                if now - cell["ticks"] >= cell["least"]:
                    with contextlib.suppress(Exception):  # the next one is told all the same
                        self._tell(cell, now)

    def _wait(self) -> None:
        """Wait for a line, the kernel's end or the next look."""
        if self._cells:
            self._memory = self._measure() or self._memory
        sources = [0] if self._pidfd is None else [0, self._pidfd]
        select.select(sources, [], [], LOOK if self._cells else IDLE)

    def _hear(self) -> bool:
        """Take in all lines that have come; whether more can come."""
        gone = self._gone()  # before reading: its last word counts
        while True:
            try:
                piece = os.read(0, 1 << 16)
            except BlockingIOError:
                return not gone
            if not piece:
                return False
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                with contextlib.suppress(ValueError, KeyError):
                    self._take(json.loads(line))

    def _gone(self) -> bool:
        if self._pidfd is not None:
            return bool(select.select([self._pidfd], [], [], 0)[0])
        try:
            os.kill(self._kernel, 0)
        except OSError:
            return True
        return False

    def _take(self, said: dict[str, Any]) -> None:
        match said.pop("say"):
            case "hello":
                self._config = said
            case "begin":
                self._cells[said["cell"]] = said
            case "line":
                self._cells[said["cell"]] |= said
            case "end":
                self._cells.pop(said["cell"], None)
            case "bye":
                self._farewell = True

    def _tell(self, cell: dict[str, Any], now: float) -> None:
        sys.path[:] = self._config["path"]
        os.environ.clear()
        os.environ.update(self._config["environ"] | cell["environ"])
        from notebook_notify import sender, texts
        from notebook_notify.content.stopped import Memory, Stopped, stopped_message
        from notebook_notify.delivery.budget import Budget
        from notebook_notify.targets import Target

        memory = self._memory
        stopped = Stopped(
            title=cell["title"],
            who=cell["who"],
            where=cell["where"],
            moment=time.time(),
            elapsed=now - cell["ticks"],
            line=cell.get("line", ""),
            line_at=cell.get("at", 0.0),
            memory=Memory(**memory) if memory else None,
        )
        texts.configure(language=cell["language"], timezone=cell["timezone"])
        with texts.speaking(cell["language"]):
            messages = [
                (target, stopped_message(stopped, target, tuple(cell["mention"])))
                for target in (Target(**one) for one in cell["targets"])
            ]
            budget = Budget.of(TIMEOUT)
            sender.post(messages, budget=budget, verdict="failed", drops=True, persist=True)


def measure_of(pid: int) -> Callable[[], dict[str, int] | None]:
    """A function that gives the memory of now, as of ``content.stopped.Memory``, or ``None``."""
    group, names = _group_of(pid)

    def measure() -> dict[str, int] | None:
        try:
            kernel = _number((_PROCESSES / f"{pid}/status").read_bytes(), b"VmRSS:") << 10
            if group is not None:
                limit, usage, spare = names
                used = int((group / usage).read_bytes())
                used -= _number((group / "memory.stat").read_bytes(), spare.encode())
                return {
                    "kernel": kernel,
                    "used": used,
                    "limit": int((group / limit).read_bytes()),
                }
            machine = (_PROCESSES / "meminfo").read_bytes()
            total = _number(machine, b"MemTotal:") << 10
            free = _number(machine, b"MemAvailable:") << 10
        except (OSError, ValueError):  # it is gone, or this is no Linux
            return None
        return {"kernel": kernel, "used": total - free, "limit": total}

    return measure


def _group_of(pid: int) -> tuple[Path | None, tuple[str, str, str]]:
    """The nearest control group of a process that limits memory, and the names of its files."""
    with contextlib.suppress(OSError, ValueError):
        total = _number((_PROCESSES / "meminfo").read_bytes(), b"MemTotal:") << 10
        for line in (_PROCESSES / f"{pid}/cgroup").read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds and "memory" not in kinds.split(","):
                continue
            root, names = (_CGROUPS / "memory", _V1) if kinds else (_CGROUPS, _V2)
            # In a container the path may be the host's, and only the root is there.
            inner = root / path.lstrip("/")
            for group in (inner, *inner.parents):
                with contextlib.suppress(OSError, ValueError):  # no such group, or "max"
                    if int((group / names[0]).read_bytes()) < total:
                        return group, names
                if group == root:
                    break
    return None, _V2


def _number(text: bytes, name: bytes) -> int:
    """The number behind *name* at the beginning of a line; raises ``ValueError``."""
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[1])
    raise ValueError(name)


def main() -> None:
    """Watch the kernel whose number is the first argument."""
    kernel = int(sys.argv[1])
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    pidfd = None
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):  # an old kernel of Linux, or a sandbox
            pidfd = os.pidfd_open(kernel)
    if os.getppid() != kernel:  # it was gone before this began; the number may be another's
        return
    # No child of the kernel's: a cell that waits for its children (`os.wait`) must not wait for
    # this one, and one that kills them must not kill it.
    if os.fork() == 0:
        Watcher(kernel, pidfd).run()


if __name__ == "__main__":
    main()

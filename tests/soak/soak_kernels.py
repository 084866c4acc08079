"""The kernels of the soak as the one who runs it has them: to start, to kill, to look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from soak_judge import read_log

if TYPE_CHECKING:
    from jupyter_client import KernelManager

SENDER = Path(__file__).with_name("soak_sender.py")
#: Numbers of a kernel begin at so many times its own.
ROOM = 1_000_000
#: What a real kernel runs, in a cell of its own.
CELL = """%load_ext notebook_notify
import sys
sys.path.insert(0, {folder!r})
import soak_sender
soak_sender.work({log!r}, {first}, {count}, {stop!r}, soak_sender.by_magic)
"""


class Kernel:
    """Sends *quota* messages, however often it is killed and started again.

    Args:
        number: which one it is, from 1 on.
        quota: how many messages it sends.
        folder: where its log is.
        real: whether it is an IPython kernel, which sends by the magic.
    """

    def __init__(self, number: int, quota: int, folder: Path, *, real: bool = False) -> None:
        self._first, self._quota, self._real = number * ROOM, quota, real
        self._stop = folder / "stop"
        self.log = folder / f"kernel-{number}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._manager: KernelManager | None = None
        self.start()

    def start(self) -> None:
        """Begin with the number after the last that began."""
        first = max(read_log(self.log), default=self._first - 1) + 1
        count = self._first + self._quota - first
        log, stop = str(self.log), str(self._stop)
        if not self._real:
            command = [sys.executable, str(SENDER), log, str(first), str(count), stop]
            self._process = subprocess.Popen(command)
            return
        from jupyter_client import KernelManager

        # By sockets in the folder: nobody else on the machine reads what is said.
        self._manager = KernelManager(transport="ipc", ip=str(self.log.with_suffix(".socket")))
        self._manager.start_kernel()
        client = self._manager.blocking_client()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        folder = str(SENDER.parent)
        client.execute(CELL.format(folder=folder, log=log, first=first, count=count, stop=stop))
        self._client = client

    @property
    def pid(self) -> int:
        if self._process is not None:
            return self._process.pid
        return self._manager.provisioner.pid

    @property
    def alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return self._manager.is_alive()

    @property
    def done(self) -> bool:
        """Whether it has sent all of its messages."""
        return self.log.exists() and self.log.read_text().endswith("end 0\n")

    def kill(self) -> None:
        """End it as the OOM killer does."""
        self._process.kill()
        self._process.wait()

    def end(self, seconds: float) -> None:
        """Wait until it has ended, as it was told to by the file ``stop``."""
        if self._process is not None:
            self._process.wait(seconds)
            return
        reply = self._client.get_shell_msg(timeout=seconds)["content"]
        self._client.stop_channels()
        self._manager.shutdown_kernel()
        if reply["status"] != "ok":
            raise SystemExit("\n".join(reply["traceback"]))

    def close(self) -> None:
        """End it in any case, should it still be there."""
        if self._process is not None:
            self.kill()
        elif self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)


def size_of(pid: int) -> dict[str, float]:
    """What a process has: memory in MB, descriptors, threads."""
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return {
        "memory": int(status["VmRSS"].split()[0]) / 1024,
        "descriptors": sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        "threads": int(status["Threads"]),
    }


def offspring() -> int:
    """How many processes there are that this one, or one of them, has started."""
    parents = {}
    for one in Path("/proc").iterdir():
        if not one.name.isdecimal():
            continue
        try:
            state, parent, *_ = (
                (one / "stat").read_text(errors="replace").rpartition(")")[2].split()
            )
        except OSError:  # it has ended
            continue
        if state != "Z":
            parents[int(one.name)] = int(parent)
    ours, count = {os.getpid()}, 0
    while len(ours) > count:
        count = len(ours)
        ours |= {pid for pid, parent in parents.items() if parent in ours}
    return count - 1

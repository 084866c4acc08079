"""Processes, told apart for longer than their numbers are."""

from __future__ import annotations

import os
from pathlib import Path

#: What a Python may need to start, and its clock; nothing of it is secret.
_NEEDED = ("LD_", "DYLD_", "LC_", "LANG", "TZ", "SYSTEMROOT")


def bare_environment() -> dict[str, str]:
    """The environment of a process of ours: a user's variables may hold secrets."""
    return {name: value for name, value in os.environ.items() if name.startswith(_NEEDED)}


def this_process() -> str:
    """A name for this process that no other bears, not even after its number is used again."""
    return f"{_machine()} {os.getpid()} {_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Whether the process that :func:`this_process` named still runs, as far as can be told here.

    Of another machine's or container's that cannot be told: it counts as alive.
    """
    machine, pid, started = owner.rsplit(" ", 2)
    if machine != _machine() or os.name != "posix":
        return True
    if started:
        return _started(int(pid)) == started
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _machine() -> str:
    """Where process numbers mean what they mean here: this boot of this machine or container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        import socket

        return socket.gethostname()


def _started(pid: int) -> str:
    """When a process was started, in clock ticks since the boot; empty if it is gone or unknown."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    fields = status.rpartition(b")")[2].split()  # its name may hold anything
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()

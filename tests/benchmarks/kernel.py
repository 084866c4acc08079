"""One cell in a fresh kernel whose client reads everything, and what it cost. Linux only."""

from __future__ import annotations

import os
import re
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager
from table import interleave

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

#: Longer than any cell here takes, in seconds.
TIMEOUT = 300


@dataclass(frozen=True)
class Cost:
    """What a cell took: ``seconds`` from request to idle, the kernel's ``peak`` in MB.

    And ``shown``: how many characters of its streams arrived.
    """

    seconds: float
    peak: float
    shown: int


def with_and_without(magic: str, cell: str, pairs: int) -> list[tuple[Cost, Cost]]:
    """*cell* under *magic*, and without it, by turns; a fresh kernel for each run.

    Either kernel has the extension loaded and the sandbox for its target. Nothing is taken out:
    the time under one of our magics includes the first send, with all that it imports.
    """
    notifies = magic.startswith("%%notify")
    with Sandbox() as sandbox:

        def under() -> Cost:
            sandbox.clear()
            cost = _cost(sandbox.url, f"{magic}\n{cell}")
            assert bool(sandbox.inbox) == notifies
            return cost

        measured = interleave(under, lambda: _cost(sandbox.url, cell), pairs)
    assert not notifies or len({cost.shown for pair in measured for cost in pair}) == 1
    return measured


def _cost(sandbox: str, cell: str) -> Cost:
    with kernel(alone=True) as (client, manager):
        execute(client, f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox}")
        seconds, shown = execute(client, cell)
        return Cost(seconds, _peak(manager.provisioner), len(shown))


@contextmanager
def kernel(*, alone: bool = False) -> Iterator[tuple[BlockingKernelClient, KernelManager]]:
    """A fresh kernel in this process's environment; *alone*: with a config and state of its own."""
    with tempfile.TemporaryDirectory() as folder:
        manager = KernelManager(
            kernel_name="python3", transport="ipc", ip=str(Path(folder) / "kernel")
        )
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        if alone:
            environment["NOTEBOOK_NOTIFY_CONFIG"] = str(Path(folder) / "notebook_notify.toml")
            environment["NOTEBOOK_NOTIFY_STATE"] = str(Path(folder) / "state")
        manager.start_kernel(env={**environment, "IPYTHONDIR": folder})
        client = manager.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=60)
            yield client, manager
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def execute(client: BlockingKernelClient, cell: str) -> tuple[float, str]:
    """Run *cell*, read all its output: seconds from request to idle, and what it printed."""
    shown: list[str] = []
    began = time.perf_counter()
    request = client.execute(cell)
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != request:
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            shown.append(content["text"])
        elif message["msg_type"] == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            return time.perf_counter() - began, "".join(shown)


def _peak(provisioner: Any) -> float:
    """The most memory that the kernel ever had resident, in MB."""
    status = Path(f"/proc/{provisioner.pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024

"""One cell in a fresh kernel whose client reads everything, and what it cost. Linux only."""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager
from table import interleave

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
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
    the time under the magic includes the first send, with all that it imports.
    """
    with Sandbox() as sandbox:

        def ours() -> Cost:
            sandbox.clear()
            cost = _run(sandbox.url, f"{magic}\n{cell}")
            assert sandbox.inbox
            return cost

        measured = interleave(ours, lambda: _run(sandbox.url, cell), pairs)
    assert len({cost.shown for pair in measured for cost in pair}) == 1
    return measured


def _run(sandbox: str, cell: str) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        manager = KernelManager(
            kernel_name="python3", transport="ipc", ip=str(Path(folder) / "kernel")
        )
        manager.start_kernel(
            env={
                **{k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
                "IPYTHONDIR": folder,
                "NOTEBOOK_NOTIFY_CONFIG": str(Path(folder) / "notebook_notify.toml"),
                "NOTEBOOK_NOTIFY_STATE": str(Path(folder) / "state"),
            }
        )
        client = manager.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=60)
            _execute(client, f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox}")
            seconds, shown = _execute(client, cell)
            return Cost(seconds, _peak(manager.provisioner), shown)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def _execute(client: BlockingKernelClient, cell: str) -> tuple[float, int]:
    """Run *cell*, read all its output: seconds from request to idle, characters of streams."""
    shown = 0
    began = time.perf_counter()
    request = client.execute(cell)
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != request:
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            shown += len(content["text"])
        elif message["msg_type"] == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            return time.perf_counter() - began, shown


def _peak(provisioner: Any) -> float:
    """The most memory that the kernel ever had resident, in MB."""
    status = Path(f"/proc/{provisioner.pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024

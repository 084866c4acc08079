"""Real kernels, run by nbclient, and the sandbox that they send to."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MARKS = ("✓", "◐", "?", "✗")
# ipykernel does not listen to file descriptors under pytest, and PYTHON… is the test run's.
_NOT_FOR_KERNELS = ("NOTEBOOK_NOTIFY_", "PYTEST_", "JPY_", "JUPYTER", "IPYTHON", "PYTHON")


def clean_environment_for(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing of the machine's settings is seen."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_FOR_KERNELS) and not name.lower().endswith("_proxy")
    }
    return environment | {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "NOTEBOOK_NOTIFY_CONFIG": str(folder / "notebook_notify.toml"),
        "NOTEBOOK_NOTIFY_STATE": str(folder / "state"),
        "NOTEBOOK_NOTIFY_LANGUAGE": "en",
        **more,
    }


@dataclass
class Shown:
    """What a reader sees under a cell, and when each piece of it came (seconds)."""

    outputs: list[Any]
    error: CellExecutionError | None = None
    arrivals: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    seconds: float = 0.0
    count: int = 0

    @property
    def box(self) -> str:
        """Our box, in its text form; empty if there is none."""
        boxes = [
            output.data["text/plain"]
            for output in self.outputs
            if output.output_type == "display_data"
            and output.data.get("text/plain", "").startswith(_MARKS)
        ]
        assert len(boxes) <= 1, boxes
        return boxes[0] if boxes else ""

    @property
    def text(self) -> str:
        """All of standard output and standard error."""
        return "".join(o.text for o in self.outputs if o.output_type == "stream")

    @property
    def tracebacks(self) -> list[str]:
        """The errors shown, without colours."""
        return [
            re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
            for output in self.outputs
            if output.output_type == "error"
        ]

    @property
    def value(self) -> str | None:
        """The text of ``Out[n]``."""
        values = [o.data["text/plain"] for o in self.outputs if o.output_type == "execute_result"]
        return values[0] if values else None


class _Client(NotebookClient):
    """Notes when each message of the kernel arrives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrivals: list[tuple[float, dict[str, Any]]] = []

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        self.arrivals.append((time.monotonic(), msg))
        return super().process_message(msg, cell, cell_index)


class Kernel:
    """A kernel that runs one cell after the other, as a notebook does."""

    def __init__(self, environment: dict[str, str], history: str = ":memory:") -> None:
        self._client = _Client(
            nbformat.v4.new_notebook(),
            timeout=60,
            iopub_timeout=30,  # else nbclient drops what a busy machine brings late
            kernel_name="python3",
            ipython_hist_file=history,
        )
        self._environment = environment
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._client.setup_kernel(env=self._environment))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, source: str) -> Shown:
        """Run a cell; an error is in what it gives."""
        cell = nbformat.v4.new_code_cell(source)
        cells = self._client.nb.cells
        cells.append(cell)
        self._client.arrivals = []
        error = None
        started = time.monotonic()
        try:
            self._client.execute_cell(cell, len(cells) - 1)
        except CellExecutionError as raised:
            error = raised
        seconds = time.monotonic() - started
        return Shown(cell.outputs, error, self._client.arrivals, seconds, cell.execution_count or 0)

    def interrupted(self, source: str, when: Callable[[], bool]) -> Shown:
        """Run a cell, and press Ctrl-C once *when* is true."""
        return self.met(source, when, lambda: os.kill(self.pid, signal.SIGINT))

    def met(self, source: str, when: Callable[[], bool], act: Callable[[], None]) -> Shown:
        """Run a cell, and *act* while it runs, once *when* is true."""

        def meet() -> None:
            deadline = time.monotonic() + 20
            while not when() and time.monotonic() < deadline:
                time.sleep(0.02)
            act()

        self._client.arrivals = []
        thread = threading.Thread(target=meet)
        thread.start()
        try:
            return self.run(source)
        finally:
            thread.join()

    @property
    def pid(self) -> int:
        """The kernel's process."""
        pid: int = self._client.km.provisioner.pid
        return pid

    @property
    def notebook(self) -> Any:
        """The notebook that was made."""
        return self._client.nb

    def ask(self, kind: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The reply's content to a question that front ends ask: ``complete``, ``inspect``."""
        from jupyter_core.utils import run_sync

        async def question() -> Any:
            client = self._client.kc
            for _ in range(3):  # as a front end does at the next key, if there was no answer
                asked = getattr(client, kind)(*args, **kwargs)
                with contextlib.suppress(queue.Empty):
                    while True:
                        reply = await client.get_shell_msg(timeout=10)
                        if reply["parent_header"].get("msg_id") == asked:
                            return reply["content"]
            raise AssertionError("no reply")

        content: dict[str, Any] = run_sync(question)()
        return content


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module's kernel keeps its things."""
    return tmp_path_factory.mktemp("kernel")


@pytest.fixture(scope="session")
def environment_for() -> Callable[..., dict[str, str]]:
    """Makes the environment of a process from a folder and variables."""
    return clean_environment_for


@pytest.fixture(scope="session")
def start_kernel() -> type[Kernel]:
    """Starts a kernel: an environment, and the file of IPython's history."""
    return Kernel


@pytest.fixture(scope="module")
def shared_box() -> Iterator[Sandbox]:
    """The sandbox that the module's kernel sends to."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    """That sandbox, with an empty inbox and no fault waiting."""
    shared_box.faults.__init__()  # type: ignore[misc]
    shared_box.clear()
    return shared_box


@pytest.fixture(scope="module")
def kernel(folder: Path, shared_box: Sandbox) -> Iterator[Kernel]:
    """A kernel with our extension, in which the sandbox is the default."""
    with Kernel(clean_environment_for(folder)) as running:
        shown = running.run(f"%load_ext notebook_notify\n%notify_sandbox --url {shared_box.url}")
        assert shown.error is None
        yield running


@pytest.fixture
def message(box: Sandbox) -> Callable[[], str]:
    """Gives the one message that arrived since the last call, its white space as it is."""

    def only() -> str:
        (arrived,) = box.inbox
        box.clear()
        return str(arrived["content"])

    return only


@pytest.fixture(scope="session")
def run_notebook() -> Callable[..., tuple[Any, CellExecutionError | None]]:
    """Runs cells from first to last in a kernel of their own, as Run All does."""

    def run(
        sources: list[str], environment: dict[str, str], **options: Any
    ) -> tuple[Any, CellExecutionError | None]:
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
        client = NotebookClient(notebook, timeout=60, kernel_name="python3", **options)
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            return notebook, error
        return notebook, None

    return run

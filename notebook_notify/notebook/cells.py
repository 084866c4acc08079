"""Which cells of a shell run now: their numbers, and which end belongs to which begin."""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from notebook_notify.notebook.calls import Call

#: So many cells may run at once; of more, the ends of some must have been missed.
CELLS = 16


class Listener(Protocol):
    """What listens to a cell that runs."""

    def finish(self, result: Any) -> None:
        """The cell has run; *result* is IPython's, which has none for some cancelled cells."""

    def close(self) -> None:
        """Stop listening and tell nothing; twice is harmless."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A cell that is about to run: its text, the call if its line was taken away, its number."""

    text: str
    call: Call | None
    count: int


@dataclass(slots=True)
class Cell:
    """A cell that runs.

    Attributes:
        info: what IPython says of it.
        count: its number, or ``None`` if it has none.
        listener: what listens to it.
        background: whether it is listened to though it has no line of its own.
        trouble: why nothing does, if it should.
    """

    info: Any
    count: int | None
    listener: Listener | None = None
    background: bool = False
    trouble: str | None = None

    def leave_to_another(self) -> None:
        """Drop the listener in the background: a line within the cell has it told."""
        if self.background and self.listener is not None:
            self.listener.close()
            self.listener = None


class Cells:
    """The cells of one shell that run now. Thread-safe: a kernel's subshells run some at once."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._lock = threading.Lock()
        self._cells: dict[Any, Cell] = {}  # by their moment
        self._local = threading.local()

    def __len__(self) -> int:
        return len(self._cells)

    def see(self, seen: Seen) -> None:
        """What runs next in this thread is that cell."""
        self._local.seen = seen

    def take_seen(self) -> Seen | None:
        """What this thread saw last, once: until a cell begins."""
        seen: Seen | None = getattr(self._local, "seen", None)
        self._local.seen = None
        return seen

    def current(self) -> Cell | None:
        """The cell that runs now. One whose end was missed does not count."""
        return self._cells.get(self._moment())

    def add(self, cell: Cell) -> None:
        """*cell* runs from now on."""
        with self._lock:
            self._cells[self._moment()] = cell
            stale = list(self._cells)[:-CELLS]
        for moment in stale:
            self._forget(moment)

    def ended(self, result: Any) -> Cell | None:
        """The cell that *result* ends; ``None`` for a cell within a cell."""
        moment = self._moment()
        with self._lock:
            cells = dict(self._cells)
        if moment not in cells:  # other requests were served meanwhile, or the count was raised
            same = [one for one, cell in cells.items() if result and cell.info is result.info]
            last = None if self.in_kernel() else next(reversed(cells), None)
            moment = same[-1] if same else last
        cell: Cell | None = cells.get(moment)
        # Compared by their code: of a run that is broken off, IPython makes a new `info`.
        if cell is None or (result and result.info.raw_cell != cell.info.raw_cell):
            return None
        return cell

    def remove(self, cell: Cell) -> None:
        """*cell* has ended; what listens to it stops."""
        for moment in [moment for moment, one in self._cells.copy().items() if one is cell]:
            self._forget(moment)

    def clear(self) -> None:
        """As if all had ended."""
        for moment in list(self._cells):
            self._forget(moment)

    def in_kernel(self) -> bool:
        """Whether the shell is a kernel's."""
        return getattr(self._shell, "kernel", None) is not None

    def _moment(self) -> Any:
        """What stays the same as long as the outer cell runs."""
        with contextlib.suppress(Exception):
            return self._shell.kernel.get_parent()["header"]["msg_id"]
        return self._shell.execution_count

    def _forget(self, moment: Any) -> None:
        with self._lock:
            cell = self._cells.pop(moment, None)
        if cell is not None and cell.listener is not None:
            cell.listener.close()


def attended(shell: Any) -> bool:
    """Whether somebody sits at *shell*: nobody whom its cell could ask, nobody who watches."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return sys.stdin is not None and sys.stdin.isatty()
    # What the request that runs the cell allows; ipykernel has no public name for it.
    return bool(getattr(kernel, "_allow_stdin", True))

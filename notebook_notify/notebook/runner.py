"""Strip the magic line, let the cell run as the ordinary cell it is, then send and show.

The line is taken away by a pure input transformer, and IPython's ``pre_run_cell`` and
``post_run_cell`` events frame the run. So ``await``, ``Out[n]``, line numbers, the traceback and
Run All are IPython's own. A line that is not ready (bad options, no such target, ``--text``)
stays, and the registered magic of the same name deals with it.
"""

from __future__ import annotations

import contextlib
import re
import signal
import threading
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.display import display

from notebook_notify.errors import SendError, SendInterrupted
from notebook_notify.notebook.cells import Cell, Cells, Seen
from notebook_notify.notebook.layers import put
from notebook_notify.notebook.questions import keep_questions
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.cells import Listener


EVENTS = ("pre_run_cell", "post_execute", "post_run_cell")


class Runner:
    """Frames the cells of one shell.

    Args:
        shell: the ``InteractiveShell``.
        ready: gives the :class:`Call` of a magic line, or ``None``; pure.

    Attributes:
        overhear: what listens to a cell that has no line of ours, from its text and its number,
            or ``None``.
    """

    def __init__(self, shell: Any, ready: Callable[[str], Call | None]) -> None:
        self._shell = shell
        self._ready = ready
        self._cells = Cells(shell)
        self.overhear: Callable[[str, int], Listener | None] | None = None

    def install(self) -> None:
        """Hook into the shell."""
        # Last: after IPython's own clean-up of blank lines, indents and prompts.
        self._shell.input_transformers_cleanup.append(self.strip)
        for event in EVENTS:
            self._shell.events.register(event, getattr(self, event))

    def uninstall(self) -> None:
        """Leave no trace."""
        cleanup = self._shell.input_transformers_cleanup
        cleanup[:] = [one for one in cleanup if one != self.strip]
        for event in EVENTS:
            with contextlib.suppress(ValueError):
                self._shell.events.unregister(event, getattr(self, event))
        self._cells.clear()

    def strip(self, lines: list[str]) -> list[str]:
        """Take a ready magic line away; an input transformer, which changes nothing else."""
        if self._cells.current():  # a cell within a cell
            return _left(lines)
        call = None
        with contextlib.suppress(Exception):  # raised here, it would be the cell's error
            call = self._call(lines)
        # What runs next in this thread is this cell. Its number is taken here: some versions of
        # IPython raise the count when the cell begins, and others when it has ended.
        self._cells.see(Seen("".join(lines).rstrip(), call, self._shell.execution_count))
        if call is None:
            return _left(lines)
        first, *rest = lines
        body = [line for line in rest if line.strip()]
        if body and body[0].startswith("%%"):  # another cell magic, which must come first
            return rest[rest.index(body[0]) :]
        return keep_questions(["#" + first, *rest])  # a comment keeps the line numbers

    # Without it `check_complete` calls a lone magic line complete, and terminal IPython runs it.
    strip.has_side_effects = True  # type: ignore[attr-defined]

    def pre_run_cell(self, info: Any) -> None:
        """IPython is about to run a cell."""
        if self._cells.current():
            return
        seen = self._cells.take_seen()
        cell = Cell(info, seen.count if seen and info.store_history else None)
        self._cells.add(cell)
        try:  # the cell runs, whatever happens to us
            self._listen(cell, seen)
        except Exception as error:  # noqa: BLE001 - told when the cell has run
            cell.trouble = _told(error)

    def _listen(self, cell: Cell, seen: Seen | None) -> None:
        raw: str = cell.info.raw_cell
        if seen is not None and seen.call is not None and "%%notify" in raw:
            from notebook_notify.notebook.telling import Running

            lines = self._cleaned(raw)
            if "".join(lines).rstrip() == seen.text:
                cell.listener = Running.begin(
                    seen.call, "".join(lines[1:]), self._shell, cell.count
                )
            else:
                cell.trouble = say("它被别的扩展改动了", "another extension has changed it")
        elif self.overhear is not None and cell.count is not None:
            cell.listener = self.overhear(raw, cell.count)
            cell.background = True

    def post_execute(self) -> None:
        """IPython has run something. Of a silent cell this is all that is heard."""
        seen = self._cells.take_seen()
        if seen is not None and seen.call is not None and not self._cells.current():
            _show_trouble(_not_notified(say("它是静默运行的", "it was run silently")))

    def post_run_cell(self, result: Any) -> None:
        """IPython has run a cell."""
        cell = self._cells.ended(result)
        if cell is None:
            if result is not None and not self._cells:
                _hint_misplaced(result)
            return
        try:
            self._finish(cell, result)
        except SendInterrupted:
            interrupt = KeyboardInterrupt(say("发送时被中断", "interrupted while sending"))
            self._fail(result, interrupt)
        except KeyboardInterrupt:
            doubt = say(
                "被中断：消息可能没有发出", "interrupted: the message may not have been sent"
            )
            self._fail(result, KeyboardInterrupt(doubt))
        except SendError as error:
            self._fail(result, error)
        except BaseException as error:  # noqa: BLE001 - raised here, SystemExit would kill the kernel
            _show_trouble(_told(error))
        finally:
            self._cells.remove(cell)

    def _finish(self, cell: Cell, result: Any) -> None:
        if cell.listener is not None:
            with self._interruptible():
                if result is not None and not cell.background:
                    result.execution_count = cell.count
                cell.listener.finish(result)
        elif cell.trouble is not None:
            _show_trouble(_not_notified(cell.trouble))
        if result is not None:
            _hint_misplaced(result)

    def run_nested(self, call: Call, body: str) -> None:
        """Run *body* under another magic (``%%time`` above ours), then send; raises its error."""
        shell = self._shell
        if _needs_loop(shell, body):
            raise UsageError(
                say(
                    "含 await 的单元要把 %%notify 写在第一行，不能放在其他魔法之下",
                    "a cell with await needs %%notify on its first line, not below another magic",
                )
            )
        from notebook_notify.notebook.telling import Running

        outer = self._cells.current()  # the one that it is part of
        if outer is not None:
            outer.leave_to_another()
        running = Running.begin(call, body, shell)
        result = None
        try:
            with _tracebacks_unshown(shell):
                result = shell.run_cell(body)
                result.execution_count = outer.count if outer else None
        finally:
            try:
                running.finish(result)
            except (KeyboardInterrupt, SendError):
                if _error(result) is None:  # one that failed keeps its own error
                    raise
            except Exception as error:  # noqa: BLE001 - our trouble is not the cell's
                _show_trouble(_told(error))
        result.raise_error()

    def _cleaned(self, raw: str) -> list[str]:
        """*raw* as :meth:`strip` saw it: after the transformers before ours."""
        lines = raw.splitlines(keepends=True)
        for transform in self._shell.input_transformers_cleanup:
            if transform == self.strip:
                break
            lines = transform(lines)
        return lines

    def _call(self, lines: list[str]) -> Call | None:
        if not lines or not lines[0].startswith("%%notify") or _empty(lines):
            return None
        return self._ready(lines[0])

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let Ctrl-C raise; a kernel has it cancel the cell if that has ``await``."""
        before = signal.getsignal(signal.SIGINT)
        changed = False
        if callable(before) and self._cells.in_kernel():
            with contextlib.suppress(ValueError):  # not on the main thread
                signal.signal(signal.SIGINT, signal.default_int_handler)
                changed = True
        try:
            yield
        finally:
            if changed:
                signal.signal(signal.SIGINT, before)

    def _fail(self, result: Any, error: BaseException) -> None:
        """Fail a cell that ran well; one that failed keeps its own error."""
        if result is None or _error(result) is not None:
            return
        result.error_in_exec = error
        told = f"{type(error).__name__}: {error}"
        self._shell._showtraceback(type(error), error, [told])  # noqa: SLF001 - the only way that marks the cell


def _empty(lines: list[str]) -> bool:
    """Whether there is nothing under a line of ours."""
    first, *rest = lines or [""]
    return bool(re.match(r"%%notify\w*(\s|$)", first)) and not "".join(rest).strip()


def _left(lines: list[str]) -> list[str]:
    """A cell whose first line is not ours to take away."""
    if _empty(lines):  # the magic says so; without a body IPython would, and in English
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines if lines and lines[0].startswith("%%") else keep_questions(lines)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _not_notified(why: str) -> str:
    return say(f"此单元没有通知：{why}", f"this cell was not notified: {why}")


def _show_trouble(said: str) -> None:
    """The cell stands, and the reader is told in one line."""
    from notebook_notify.secret import scrub
    from notebook_notify.sizes import clip

    line = clip(" ".join(scrub(said).split()), 1000)
    display({"text/plain": f"notebook_notify: {line}"}, raw=True)


def _error(result: Any) -> BaseException | None:
    if result is None:
        return None
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def _needs_loop(shell: Any, body: str) -> bool:
    """Whether *body* needs an event loop where one runs already."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    with contextlib.suppress(Exception):
        return bool(shell.should_run_async(body, transformed_cell=shell.transform_cell(body)))
    return False


@contextlib.contextmanager
def _tracebacks_unshown(shell: Any) -> Iterator[None]:
    """The error is raised again by our magic, and must be shown once."""
    here = threading.get_ident()

    def unshown(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Those of a cell that another thread runs at the same time are shown.
        return None if threading.get_ident() == here else original(*args, **kwargs)

    with contextlib.ExitStack() as undo:
        for name in ("showtraceback", "showsyntaxerror", "showindentationerror"):
            undo.callback(put(shell, name, unshown))
        yield


def _hint_misplaced(result: Any) -> None:
    """IPython takes ``%%notify`` below the first line for a line magic that it does not know."""
    error = _error(result)
    if not isinstance(error, UsageError):
        return
    named = re.search(r"`(%%notify\w*)` not found", str(error))
    if named is not None:
        hint = say(
            f"{named[1]} 要写在单元的第一行", f"{named[1]} belongs on the first line of the cell"
        )
        display({"text/plain": f"notebook_notify: {hint}"}, raw=True)

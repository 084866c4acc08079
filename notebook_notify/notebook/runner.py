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
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import make_tokens_by_line
from IPython.display import display

from notebook_notify.errors import SendError, SendInterrupted
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.notebook.telling import Call, Running


class Runner:
    """Frames the cells of one shell.

    Args:
        shell: the ``InteractiveShell``.
        ready: gives the :class:`Call` of a magic line, or ``None``; pure.
    """

    def __init__(self, shell: Any, ready: Callable[[str], Call | None]) -> None:
        self._shell = shell
        self._ready = ready
        self._outer: tuple[Any, Any] | None = None
        self._running: Running | None = None

    def install(self) -> None:
        """Hook into the shell."""
        # Last: after IPython's own clean-up of blank lines, indents and prompts.
        self._shell.input_transformers_cleanup.append(self.strip)
        self._shell.events.register("pre_run_cell", self.pre_run_cell)
        self._shell.events.register("post_run_cell", self.post_run_cell)

    def uninstall(self) -> None:
        """Leave no trace."""
        cleanup = self._shell.input_transformers_cleanup
        cleanup[:] = [one for one in cleanup if one != self.strip]
        for event, callback in (
            ("pre_run_cell", self.pre_run_cell),
            ("post_run_cell", self.post_run_cell),
        ):
            with contextlib.suppress(ValueError):
                self._shell.events.unregister(event, callback)

    def strip(self, lines: list[str]) -> list[str]:
        """Take a ready magic line away; an input transformer, pure."""
        call = None
        with contextlib.suppress(Exception):  # raised here, it would be the cell's error
            call = None if self._nested() else self._call(lines)
        if call is None:
            return lines if lines and lines[0].startswith("%%") else _keep_questions(lines)
        first, *rest = lines
        body = [line for line in rest if line.strip()]
        if body and body[0].startswith("%%"):  # another cell magic, which must come first
            return rest[rest.index(body[0]) :]
        return _keep_questions(["#" + first, *rest])  # a comment keeps the line numbers

    # Without it `check_complete` calls a lone magic line complete, and terminal IPython runs it.
    strip.has_side_effects = True  # type: ignore[attr-defined]

    def pre_run_cell(self, info: Any) -> None:
        """IPython is about to run a cell."""
        if self._nested():
            return
        self._outer = (self._moment(), info)
        self._running = None
        with contextlib.suppress(Exception):  # the cell runs, whatever happens to us
            lines = self._cleaned(info.raw_cell)
            call = self._call(lines)
            if call is not None:
                self._running = call.begin("".join(lines[1:]), self._shell)

    def post_run_cell(self, result: Any) -> None:
        """IPython has run a cell."""
        # Compared by their code: of a run that is broken off, IPython makes a new `info`.
        if self._outer and result and result.info.raw_cell != self._outer[1].raw_cell:
            return  # a cell within the cell
        if result is not None and result.execution_count is None:
            result.execution_count = self._count()
        self._outer = None
        running, self._running = self._running, None
        try:
            if running is not None:
                with self._interruptible():
                    running.finish(result)
            elif result is not None:
                _hint_misplaced(result)
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
            _show_trouble(error)

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
        running = call.begin(body, shell)
        result = None
        try:
            with _tracebacks_unshown(shell):
                result = shell.run_cell(body)
                result.execution_count = self._count()  # the number of the cell that it is part of
        finally:
            try:
                running.finish(result)
            except (KeyboardInterrupt, SendError):
                if _error(result) is None:  # one that failed keeps its own error
                    raise
        result.raise_error()

    def _moment(self) -> Any:
        """What stays the same as long as the outer cell runs."""
        with contextlib.suppress(Exception):
            return self._shell.kernel.get_parent()["header"]["msg_id"]
        return self._shell.execution_count

    def _count(self) -> int | None:
        """The number of the cell that runs, as the notebook shows it."""
        if self._outer is None or not self._outer[1].store_history:
            return None
        return int(self._shell.execution_count) - 1

    def _nested(self) -> bool:
        """Whether a cell is running already. One whose end was missed does not count."""
        return self._outer is not None and self._outer[0] == self._moment()

    def _cleaned(self, raw: str) -> list[str]:
        """*raw* as :meth:`strip` saw it: after the transformers before ours."""
        lines = raw.splitlines(keepends=True)
        for transform in self._shell.input_transformers_cleanup:
            if transform == self.strip:
                break
            lines = transform(lines)
        return lines

    def _call(self, lines: list[str]) -> Call | None:
        if not lines or not lines[0].startswith("%%notify"):
            return None
        return self._ready(lines[0])

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let Ctrl-C raise; a kernel has it cancel the cell if that has ``await``."""
        before = signal.getsignal(signal.SIGINT)
        changed = False
        if callable(before) and getattr(self._shell, "kernel", None) is not None:
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


_QUESTION = re.compile(r"(\s*)%(notify\w*)\s+(.*\?)\s*")


def _keep_questions(lines: list[str]) -> list[str]:
    """Keep IPython from taking a text that ends in ``?`` for a call for help on its last word."""
    found = {
        row: match for row, line in enumerate(lines, 1) if (match := _QUESTION.fullmatch(line))
    }
    if not found:
        return lines
    kept = list(lines)
    for tokens in make_tokens_by_line(lines):  # not what stands within a longer string
        rows = [token.start[0] for token in tokens if token.string.strip()]
        if rows and rows[0] in found:
            indent, name, text = found[rows[0]].groups()
            kept[rows[0] - 1] = f"{indent}get_ipython().run_line_magic({name!r}, {text!r})\n"
    return kept


def _show_trouble(error: BaseException) -> None:
    """A mistake of ours: the cell stands, and the reader is told in one line."""
    from notebook_notify.secret import scrub

    display({"text/plain": scrub(f"notebook_notify: {type(error).__name__}: {error}")}, raw=True)


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
    names = ("showtraceback", "showsyntaxerror", "showindentationerror")
    for name in names:
        setattr(shell, name, lambda *_, **__: None)
    try:
        yield
    finally:
        for name in names:
            delattr(shell, name)


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

"""A live, bounded tee: what a cell shows is shown at once, and its end is kept beside it.

Three ways to listen, the first that the shell offers is taken:

* a kernel's outgoing socket, ``iopub_thread.send_multipart``, which everything passes, forked
  children and file descriptors included;
* ``session.send``, where there is a session but no such thread;
* in terminal IPython, the ``write`` of ``sys.stdout`` and ``sys.stderr``. There ``!cmd`` and
  child processes write to the terminal themselves, and are not in the record.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from notebook_notify.content.screen import Record, Screen
from notebook_notify.notebook.frames import read_frames
from notebook_notify.notebook.layers import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: How long the last output of file descriptors may take to come through, in seconds.
DRAIN = 1.0
#: So often a thread that may have just read them is given time, lest busy threads starve it.
TURNS = 5


class _Tap(Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...


class Capture:
    """Records what one cell shows.

    >>> capture = Capture(shell); capture.start(); ...; record = capture.stop()
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        #: what the cell shows
        self.screen = Screen()
        self._tap = _tap(shell, self.screen)
        self._streams = (sys.stdout, sys.stderr)  # the cell may put others in their place

    def start(self) -> None:
        """Begin to listen."""
        self._tap.open()

    def stop(self) -> Record:
        """Wait for what is on its way, stop listening, and give the record."""
        try:
            _drain((*self._streams, sys.stdout, sys.stderr))
        finally:
            self._tap.close()
        return self.screen.record()

    def close(self) -> None:
        """Stop listening, whatever the state; twice is harmless."""
        self._tap.close()


def _tap(shell: Any, screen: Screen) -> _Tap:
    kernel = getattr(shell, "kernel", None)
    parent = _parent_id(shell, kernel)
    if kernel is None or parent is None:
        return _StreamTap(shell, screen)
    thread = getattr(kernel, "iopub_thread", None)
    if thread is not None and hasattr(thread, "send_multipart"):

        def hear_frames(frames: list[Any], *_: Any, **__: Any) -> None:
            read_frames(frames, parent, screen)

        return _CallTap(thread, "send_multipart", hear_frames)

    def hear_message(_stream: Any, kind: Any, content: Any = None, *args: Any, **kw: Any) -> None:
        header = kw.get("parent") or (args[0] if args else None) or {}
        if isinstance(kind, dict):  # a whole message: printed text comes so
            kind, content, header = (
                kind.get(key) for key in ("msg_type", "content", "parent_header")
            )
        header = header.get("header", header)
        if isinstance(kind, str) and header.get("msg_id") == parent.decode():
            screen.message(kind, content or {})

    return _CallTap(kernel.session, "send", hear_message)


def _parent_id(shell: Any, kernel: Any) -> bytes | None:
    """The id of the request that runs the cell: what its messages name as their parent."""
    for source in (kernel, shell):
        with contextlib.suppress(Exception):
            header = source.get_parent()
            return str(header["header"]["msg_id"]).encode()
    return None


class _CallTap:
    """Hears the calls of one method of one object."""

    def __init__(self, owner: Any, name: str, hear: Callable[..., None]) -> None:
        self._owner = owner
        self._name = name
        self._hear = hear
        self._process: int | None = None
        self._undo = contextlib.ExitStack()

    def open(self) -> None:
        self._process = os.getpid()
        self._undo.callback(put(self._owner, self._name, self._heard))

    def close(self) -> None:
        self._process = None
        self._undo.close()

    def _heard(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        # A forked child's output comes by way of the parent; our lock may be held for ever.
        if self._process == os.getpid():
            with contextlib.suppress(Exception):  # the cell's output comes first
                self._hear(*args, **kwargs)
        return result


class _StreamTap:
    """Hears ``sys.stdout`` and ``sys.stderr``, but not the prompts and tracebacks put there."""

    def __init__(self, shell: Any, screen: Screen) -> None:
        self._shell = shell
        self._screen = screen
        self._deaf = threading.local()
        self._process = os.getpid()
        self._undo = contextlib.ExitStack()

    def open(self) -> None:
        hook = self._shell.displayhook
        try:
            for stream in _once(sys.stdout, sys.stderr):
                self._wrap(stream, "write", self._heard)
            self._wrap(hook, "write_output_prompt", self._unheard)
            self._wrap(hook, "write_format_data", self._value)
            self._wrap(self._shell, "_showtraceback", self._unheard)
        except BaseException:  # Ctrl-C, or a stream that cannot be wrapped
            self.close()
            raise

    def close(self) -> None:
        self._undo.close()

    def _heard(self, write: Callable[..., Any], text: str, *args: Any, **kwargs: Any) -> Any:
        result = write(text, *args, **kwargs)
        if not getattr(self._deaf, "on", False) and self._process == os.getpid():
            with contextlib.suppress(Exception):
                self._screen.stream(text)
        return result

    def _wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        if hasattr(owner, name):
            self._undo.callback(put(owner, name, around))

    def _unheard(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self._deafly():
            return original(*args, **kwargs)

    def _value(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(Exception):
            self._screen.message("execute_result", {"data": args[0]})
        return self._unheard(original, *args, **kwargs)

    @contextlib.contextmanager
    def _deafly(self) -> Iterator[None]:
        before = getattr(self._deaf, "on", False)
        self._deaf.on = True
        try:
            yield
        finally:
            self._deaf.on = before


def _once(*streams: Any) -> tuple[Any, ...]:
    """Each of them once: a program may have made ``sys.stderr`` the same as ``sys.stdout``."""
    return tuple({id(stream): stream for stream in streams}.values())


def _drain(streams: tuple[Any, ...]) -> None:
    """Let what was written to file descriptors come through.

    ``ipykernel`` reads them on a thread of its own; a last ``os.write`` would be missed without.
    """
    _flush_c_streams()
    streams = _once(*streams)
    waiting = [
        stream
        for stream in streams
        if getattr(stream, "_fid", None) is not None  # ipykernel's, not public
    ]
    deadline = time.monotonic() + DRAIN
    while any(_unread(stream) for stream in waiting) and time.monotonic() < deadline:
        time.sleep(0.001)
    for stream in waiting:  # from the pipe into its buffer
        turns = TURNS
        while (rests := _at_rest(stream)) is not True and time.monotonic() < deadline:
            if rests is None and (turns := turns - 1) < 0:
                break
            time.sleep(0.001)
    for stream in streams:
        with contextlib.suppress(Exception):
            stream.flush()


def _unread(stream: Any) -> int:
    try:
        import array
        import fcntl
        import termios

        count = array.array("i", [0])
        fcntl.ioctl(stream._fid, termios.FIONREAD, count)  # noqa: SLF001 - there is no public way
        return count[0]
    except (ImportError, OSError, ValueError, TypeError):
        return 0


def _at_rest(stream: Any) -> bool | None:
    """Whether the thread that reads *stream*'s pipe has nothing in hand; ``None``: unknown.

    On Linux it is at rest if the system has it wait for more (proc_pid_syscall(5)): one that has
    just read something waits for its turn to run Python instead.
    """
    try:
        thread = stream.watch_fd_thread.native_id  # ipykernel's, not public
        state = Path(f"/proc/self/task/{thread}/syscall").read_text("ascii")
        _, descriptor, *_ = state.split()
    except (AttributeError, OSError):
        return None
    except ValueError:  # "running"
        return False
    return int(descriptor, 16) == int(stream._fid)  # noqa: SLF001 - there is no public way


def _flush_c_streams() -> None:
    """C's own buffers: a ``printf`` of an extension module.

    These two only: to flush every stream would wait for ever on a full pipe of the user's.
    """
    with contextlib.suppress(Exception):
        import ctypes

        libc = ctypes.CDLL(None)
        for names in (("stdout", "__stdoutp"), ("stderr", "__stderrp")):  # elsewhere, macOS
            for name in names:
                with contextlib.suppress(ValueError):  # no such symbol
                    libc.fflush(ctypes.c_void_p.in_dll(libc, name))
                    break

"""The tee: it hears, changes nothing, and goes without a trace."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest

from notebook_notify.notebook import capture as module
from notebook_notify.notebook.capture import Capture, _drain


class Thread:
    """Stands in for a kernel's outgoing socket."""

    def __init__(self):
        self.sent = []

    def send_multipart(self, frames, *args, **kwargs):
        self.sent.append(frames)
        return "sent"


class Session:
    """Stands in for a kernel's session."""

    def __init__(self):
        self.sent = []

    def send(self, stream, kind, content=None, parent=None, **more):
        self.sent.append(kind)
        return "sent"


PARENT = {"header": {"msg_id": "p1"}}


def _frames(text):
    parts = [{"msg_type": "stream"}, {"msg_id": "p1"}, {}, {"name": "stdout", "text": text}]
    return [b"<IDS|MSG>", b"hmac", *(json.dumps(part).encode() for part in parts)]


def _kernel(**parts):
    return SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: PARENT, **parts))


def test_the_outgoing_socket_is_heard():
    """Everything passes on at once and unchanged; what answers the cell is kept."""
    thread = Thread()
    capture = Capture(_kernel(iopub_thread=thread, session=Session()))
    capture.start()
    assert thread.send_multipart(_frames("one\n"), copy=True) == "sent"
    assert thread.send_multipart([b"odd"]) == "sent"
    assert capture.stop().lines == ("one",)
    assert thread.sent == [_frames("one\n"), [b"odd"]]
    thread.send_multipart(_frames("later\n"))
    assert "send_multipart" not in vars(thread)


def test_a_wrapper_of_somebody_else_stays():
    """What wrapped the socket before is there afterwards; what wrapped it meanwhile too."""
    thread = Thread()
    before = thread.send_multipart
    thread.send_multipart = partial(before)
    theirs = thread.send_multipart
    capture = Capture(_kernel(iopub_thread=thread))
    capture.start()
    assert thread.send_multipart is not theirs
    capture.stop()
    assert thread.send_multipart is theirs
    capture = Capture(_kernel(iopub_thread=thread))
    capture.start()
    ours = thread.send_multipart
    thread.send_multipart = partial(ours)
    later = thread.send_multipart
    thread.send_multipart(_frames("heard\n"))
    assert capture.stop().lines == ("heard",)
    assert thread.send_multipart is later
    assert later(_frames("still passed on\n")) == "sent"


def test_the_session_is_heard_where_there_is_no_thread():
    """A kernel without that thread is heard at its session."""
    session = Session()
    capture = Capture(_kernel(session=session))
    capture.start()
    session.send(None, "stream", {"text": "mine\n"}, PARENT)
    session.send(None, "stream", {"text": "other\n"}, parent={"header": {"msg_id": "p2"}})
    session.send(None, "stream", {"text": "also mine\n"}, parent=PARENT["header"])
    for number in ("p1", "p2"):  # as printed text comes: made before, its parent within
        whole = {"msg_type": "stream", "content": {"text": f"of {number}\n"}}
        session.send(None, whole | {"parent_header": {"msg_id": number}}, ident=b"stream")
    assert capture.stop().lines == ("mine", "also mine", "of p1")
    assert session.sent[:3] == ["stream"] * 3
    assert "send" not in vars(session)


@pytest.fixture
def terminal(monkeypatch):
    """A shell without a kernel, and streams that can be wrapped."""

    class Stream(io.StringIO):
        pass

    class Hook:
        def write_output_prompt(self):
            sys.stdout.write("Out[1]: ")

        def write_format_data(self, data, metadata=None):
            sys.stdout.write(data["text/plain"] + "\n")

    class Shell:
        displayhook = Hook()

        def _showtraceback(self, etype, value, lines):
            sys.stdout.write("\n".join(lines))

    def start():
        # In the test itself: pytest puts its own streams in place before.
        monkeypatch.setattr(sys, "stdout", Stream())
        monkeypatch.setattr(sys, "stderr", Stream())
        return Shell()

    return start


def test_a_terminal_is_heard(terminal):
    """Output is shown and kept; prompts and tracebacks are shown only; the value is apart."""
    shell = terminal()
    capture = Capture(shell)
    capture.start()
    print("out")
    print("err", file=sys.stderr)
    shell.displayhook.write_output_prompt()
    shell.displayhook.write_format_data({"text/plain": "42"})
    shell._showtraceback(None, None, ["Traceback"])
    record = capture.stop()
    assert (record.lines, record.value) == (("out", "err"), "42")
    assert sys.stdout.getvalue() == "out\nOut[1]: 42\nTraceback"
    print("later")
    for owner, name in (
        (sys.stdout, "write"),
        (sys.stderr, "write"),
        (shell, "_showtraceback"),
        (shell.displayhook, "write_format_data"),
    ):
        assert name not in vars(owner)


def test_a_stream_that_was_replaced(terminal, monkeypatch):
    """A cell that puts another stream in place leaves neither of them changed."""
    capture = Capture(terminal())
    first = sys.stdout
    capture.start()
    print("one")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    print("elsewhere")
    assert capture.stop().lines == ("one",)
    assert "write" not in vars(first)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_at_once_end_in_any_order(order):
    """Of two that listen to one socket either may leave first; the last leaves no trace."""
    thread = Thread()
    captures = [Capture(_kernel(iopub_thread=thread)) for _ in range(2)]
    for capture in captures:
        capture.start()
    thread.send_multipart(_frames("both\n"))
    assert captures[order[0]].stop().lines == ("both",)
    thread.send_multipart(_frames("one\n"))
    assert captures[order[1]].stop().lines == ("both", "one")
    assert "send_multipart" not in vars(thread)
    assert len(thread.sent) == 2


def test_two_at_once_and_a_wrapper_of_somebody_else():
    """What was put over two listeners stays when both have left, and passes everything on once."""
    thread = Thread()
    first, second = (Capture(_kernel(iopub_thread=thread)) for _ in range(2))
    first.start()
    thread.send_multipart = theirs = partial(thread.send_multipart)
    second.start()
    thread.send_multipart(_frames("both\n"))
    assert first.stop().lines == ("both",)
    assert second.stop().lines == ("both",)
    assert thread.send_multipart is theirs
    thread.send_multipart(_frames("later\n"))
    assert len(thread.sent) == 2


def test_one_stream_under_two_names_is_heard_once(terminal, monkeypatch):
    """Where ``sys.stderr`` is ``sys.stdout``, what is written stands once in the record."""
    shell = terminal()
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    capture = Capture(shell)
    capture.start()
    print("once")
    assert capture.stop().lines == ("once",)
    assert "write" not in vars(sys.stdout)


def test_a_stream_that_cannot_be_heard_leaves_the_other_alone(terminal, monkeypatch):
    """If listening cannot begin, what was put in place until then is taken away."""

    class Fixed:
        __slots__ = ()

        def write(self, text):
            return len(text)

    shell = terminal()
    monkeypatch.setattr(sys, "stderr", Fixed())
    with pytest.raises((AttributeError, TypeError)):
        Capture(shell).start()
    assert "write" not in vars(sys.stdout)


FULL_PIPE = """
import ctypes, os
from types import SimpleNamespace
from notebook_notify.notebook.capture import Capture, _drain

libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
reading, writing = os.pipe()
os.set_blocking(writing, False)
try:
    while True:
        os.write(writing, b"x" * 65536)
except BlockingIOError:
    os.set_blocking(writing, True)
stream = ctypes.c_void_p(libc.fdopen(writing, b"w"))
libc.fputs(b"waits for a reader", stream)
capture = Capture(SimpleNamespace(displayhook=None))
capture.start()
libc.printf(b"from C")
print(capture.stop().lines, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of C")
def test_a_full_pipe_of_the_users_is_not_waited_for():
    """C's own output is flushed, and no other stream, which might wait for its reader for ever."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_PIPE], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "from C()\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what a thread does")
def test_a_reader_with_something_in_hand_is_waited_for(monkeypatch):
    """What was taken out of the pipe and is not yet shown counts as on its way."""
    monkeypatch.setattr(module, "DRAIN", 10.0)
    reading, writing = os.pipe()
    holding, shown = threading.Event(), []

    def read():
        while data := os.read(reading, 100):
            holding.wait(20)  # as if busy threads kept it from running
            shown.append(data)

    class Stream(io.StringIO):
        _fid = reading
        watch_fd_thread = threading.Thread(target=read, daemon=True)

    Stream.watch_fd_thread.start()
    os.write(writing, b"last")
    threading.Timer(0.1, holding.set).start()
    _drain((Stream(),))
    assert shown == [b"last"]
    os.close(writing)
    Stream.watch_fd_thread.join(10)
    os.close(reading)


def test_a_reader_that_nobody_knows_of_is_not_waited_for(monkeypatch):
    """Where the system does not tell what it does, it is given a moment, and no more."""
    monkeypatch.setattr(module, "DRAIN", 60.0)
    reading, writing = os.pipe()

    class Stream(io.StringIO):
        _fid = reading

    before = time.monotonic()
    _drain((Stream(),))
    assert time.monotonic() - before < 30
    os.close(writing)
    os.close(reading)

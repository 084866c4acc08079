"""The complete output: on disk while the cell runs, whole, without secrets, gone afterwards."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_notify import secret
from notebook_notify.content import spool as module
from notebook_notify.content.plain import plain_lines
from notebook_notify.content.screen import Screen
from notebook_notify.content.spool import Complete, Spool

UNIT = st.sampled_from(["a", "bc", "\n", "\r", "\r\n", "中", "🎉", "\x1b[31m", "\t"])
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="processes and limits of POSIX")


@pytest.fixture
def small(monkeypatch):
    """Little is gathered, and scrubbed at once, so that every border is met."""
    monkeypatch.setattr(module, "GATHER", 200)
    monkeypatch.setattr(module, "BLOCK", 200)
    monkeypatch.setattr(module, "PIECE", 1000)
    monkeypatch.setattr(module, "REACH", 400)
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    monkeypatch.setattr(secret, "_known", {})  # what is remembered here is no other test's


def _complete(text, step=97):
    screen = Screen(1000)
    for at in range(0, len(text), step):
        screen.stream(text[at : at + step])
    return screen.record().complete


@given(st.lists(UNIT, min_size=1, max_size=60).map("".join), st.integers(1, 9))
def test_the_file_is_the_page(text, step):
    """Colours, carriage returns and characters cut anywhere: the file has what the page has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "GATHER", 20)
        text = text * 4 + "\nend\n"
        screen = Screen(10)
        for at in range(0, len(text), step):
            screen.stream(text[at : at + step])
        record = screen.record()
        lines = plain_lines(text)
        if max(map(len, text.split("\n"))) <= 10:  # longer ones are given up to carriage returns
            assert record.complete.file().decode() == "".join(f"{line}\n" for line in lines)
        assert record.total == len(lines)


def test_a_progress_bar_takes_one_line(small):
    """Of a bar that is redrawn for hours only the last state is on the disk."""
    frames = "".join(f"\r{n / 10_000:7.2%}" for n in range(10_001))
    text = f"begin\n{frames}\n" + "line\n" * 200
    assert _complete(text).file().decode() == "begin\n100.00%\n" + "line\n" * 200


def test_a_line_without_an_end(small):
    """A line of any length is kept, in bounded memory."""
    screen = Screen(100)
    for _ in range(3000):
        screen.stream("abc")
    assert len(screen._spool.waiting) <= 200
    record = screen.record()
    assert record.complete.file().decode() == "abc" * 3000 + "\n"
    assert (record.total, record.total_bytes) == (1, 9001)


def test_more_than_fits(small, monkeypatch):
    """Of too much the first part and the end are given, and what lies between is said exactly."""
    monkeypatch.setattr(module, "MOST", 20_000)
    text = "".join(f"line {n} 中文\n" for n in range(5000))
    complete = _complete(text)
    data = complete.file()
    assert 15_000 < len(data) <= 20_000
    first, said, last = data.decode().partition("\n… ")
    said, _, last = last.partition("\n\n")
    assert text.startswith(first)
    assert text.endswith(last)
    assert first
    assert last
    lines = 5000 - first.count("\n") - last.count("\n")
    size = len(text.encode()) - len(first.encode()) - len(last.encode())
    assert said == f"{lines:,} lines ({size:,} bytes) are left out here …"
    assert complete.size == len(text.encode())


def test_masks_that_are_longer_than_what_they_hide(small, monkeypatch):
    """The file stays within its limit even if masking makes the text longer."""
    monkeypatch.setattr(module, "MOST", 20_000)
    secret.remember("s3cret")
    data = _complete("s3cret ok\n" * 1900).file()
    assert len(data) <= 20_000
    assert b"s3cret" not in data
    assert b"are left out here" in data


PEM = "-----BEGIN KEY-----\n" + "".join(f"{n:060d}\n" for n in range(4)) + "-----END KEY-----"


@pytest.mark.parametrize("most", [20 << 20, 30_000])
@pytest.mark.parametrize("lead", range(0, 300, 23))
def test_no_secret_is_cut(small, monkeypatch, lead, most):
    """A secret of several lines is masked wherever the text is cut, in pieces or in the middle."""
    monkeypatch.setattr(module, "MOST", most)
    secret.remember(PEM)
    text = "x" * lead + "\n"
    for n in range(200):
        text += f"{'=' * (7 * n % 61)}\n" + (PEM if n % 2 else f"password=hunter{n}xyz") + "\n"
    data = _complete(text).file().decode()
    assert len(data) > 5000
    assert "000000" not in data
    assert "hunter" not in data
    assert "KEY" not in data
    assert ("left out" in data) == (most == 30_000)


def test_nothing_is_written_for_a_short_output(monkeypatch):
    """No file is made until something falls out of memory."""

    def none(**_):
        raise AssertionError("a file was made")

    monkeypatch.setattr(tempfile, "TemporaryFile", none)
    assert _complete("short\n").file() == b"short\n"


class Disk:
    """A file on a disk that has room for so many bytes, and takes few at once."""

    def __init__(self, room):
        self.room = room
        self.closed = False

    def write(self, data):
        taken = min(len(data), 50, self.room)
        if not taken:
            raise OSError(28, "No space left on device")
        self.room -= taken
        return taken

    def close(self):
        self.closed = True


@pytest.mark.parametrize("room", [None, 0, 1000])
def test_a_full_disk(small, monkeypatch, room):
    """Without a folder or room there is no complete output; nothing is raised, all is counted."""
    disk = Disk(room)

    def made(**_):
        if room is None:
            raise FileNotFoundError("no usable temporary directory")
        return disk

    monkeypatch.setattr(tempfile, "TemporaryFile", made)
    screen = Screen(100)
    for n in range(1000):
        screen.stream(f"line {n}\n")
    record = screen.record()
    assert record.complete is None
    assert (record.total, record.lines[-1]) == (1000, "line 999")
    assert record.total_bytes == sum(len(f"line {n}\n") for n in range(1000))
    assert disk.closed == (room is not None)


@POSIX
def test_the_file_has_no_name(small, monkeypatch, tmp_path):
    """Nothing is in the folder, even while it is written: a crash leaves nothing behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    complete = _complete("line\n" * 1000)
    assert list(tmp_path.iterdir()) == []
    assert complete.file() == b"line\n" * 1000


@POSIX
def test_it_is_closed_when_nobody_holds_it(small):
    """The file goes with the record, without a warning."""

    def files():
        return len(list(Path("/dev/fd").iterdir()))

    gc.collect()  # what other tests left
    before = files()
    complete = _complete("line\n" * 1000)
    assert files() == before + 1
    del complete
    gc.collect()
    assert files() == before


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_writes_nothing(small):
    """A child that ends while its parent prints has nothing to add to the parent's file."""
    screen = Screen(100)
    for n in range(1000):
        screen.stream(f"line {n}\n")
        if n == 500:
            child = os.fork()
            if not child:
                del screen
                gc.collect()
                os._exit(0)
            os.waitpid(child, 0)
    assert screen.record().complete.file().decode() == "".join(f"line {n}\n" for n in range(1000))


def test_two_may_read_at_once(small):
    """Messages to several targets are made on several threads: each reads all of it."""
    spool = Spool()
    spool.add("line\n" * 1000)
    one, other = spool.read(), spool.read()
    both = list(zip(one, other, strict=True))
    assert len(both) > 5
    assert all(mine == yours for mine, yours in both)
    assert Complete(spool, "", 1000).file() == b"line\n" * 1000

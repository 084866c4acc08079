"""The store in a file: shared by processes, private, and never worth a failed message."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time

import pytest

from notebook_notify.delivery.file_store import BUSY, SLACK, FileStore
from notebook_notify.errors import StoreError


@pytest.fixture
def path(tmp_path):
    """Where the file will be; its folder is not there yet."""
    return tmp_path / "state" / "store.sqlite3"


@pytest.fixture
def store(path):
    """The store of that file."""
    one = FileStore(path)
    yield one
    one.close()


def python(path, code):
    """What another process prints, which has the same store."""
    begin = (
        "import sys\nfrom pathlib import Path\n"
        "from notebook_notify.delivery.file_store import FileStore\n"
        "store = FileStore(Path(sys.argv[1]))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(code), str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_processes_share_it(store, path):
    """What one kernel sets, another finds, compares and replaces."""
    store.compare_and_set("k", None, "v", 60)
    found = python(path, "print(store.get('k'), store.compare_and_set('k', 'v', 'w', 60))")
    assert found == "v True\n"
    assert store.get("k") == "w"
    assert not store.compare_and_set("k", "v", "x", 60)


def test_each_step_of_many_processes_counts(store, path):
    """Four processes that count together lose no step."""
    code = """
        import os
        for _ in range(3):
            if not os.fork():
                break
        for _ in range(200):
            while not store.compare_and_set(
                "k", (old := store.get("k")), str(int(old or 0) + 1), 60
            ):
                pass
        try:
            while True:
                os.wait()
        except ChildProcessError:
            pass
    """
    python(path, code)
    assert store.get("k") == "800"


def test_a_forked_child_opens_its_own(store, path):
    """A child uses no connection of its parent's, though a thread of that one was busy with it."""
    code = """
        import os, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        store.compare_and_set("k", None, "0", 60)
        def count(times):
            for _ in range(times):
                while not store.compare_and_set("k", (old := store.get("k")), str(int(old) + 1), 60):
                    pass
        thread = threading.Thread(target=count, args=(2000,))
        thread.start()
        for _ in range(5):
            mine = store._file._connection
            if not os.fork():
                assert store._file._connection is None
                count(20)
                assert store._file._connection is not mine
                os._exit(0)
        ended = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(5)]
        thread.join()
        print(ended, store.get("k"))
    """
    assert python(path, code) == "[0, 0, 0, 0, 0] 2100\n"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_nobody_else_can_read_it(store, path):
    """Folder and files are their owner's alone, whatever the umask is, or the mode was."""
    before = os.umask(0)
    try:
        store.compare_and_set("k", None, "v", 60)
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
        assert modes[path.name] == 0o600
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        store.close()
        path.chmod(0o644)
        store.get("k")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_a_clock_that_is_set_back(path):
    """A value written an hour ahead is none; a minute's step does no harm."""
    now = 10_000.0
    store = FileStore(path, lambda: now)
    store.compare_and_set("k", None, "v", 7200)
    now -= SLACK
    assert store.get("k") == "v"
    now -= 3600
    assert store.get("k") is None
    assert store.compare_and_set("k", None, "w", 60)
    assert store.get("k") == "w"
    store.close()


def test_what_has_expired_is_let_go(path):
    """The file does not grow for ever."""
    now = 0.0
    store = FileStore(path, lambda: now)
    for number in range(500):
        now += 1
        store.compare_and_set(f"k{number}", None, "v", 70)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone()[0] <= 70 + 50
    connection.close()
    assert store.get("k499") == "v"
    store.close()


def damaged(path):
    """A file that SQLite does not know."""
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)


def foreign(path):
    """Another program's file."""
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()


def folder(path):
    """A folder in its place."""
    path.mkdir(parents=True)


def no_folder(path):
    """A file where the folder should be."""
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("broken", "advice"),
    [
        (damaged, "move it away"),
        (foreign, "move it away"),
        (folder, "check the permissions"),
        (no_folder, "check the permissions"),
    ],
)
def test_a_file_that_cannot_be_used(store, path, broken, advice):
    """It is named, with what to do; nothing of another's is touched; mended, it is used again."""
    broken(path)
    before = path.read_bytes() if path.is_file() else b""
    for call in (lambda: store.get("k"), lambda: store.compare_and_set("k", None, "v", 60)):
        with pytest.raises(StoreError, match=advice) as caught:
            call()
        assert str(path) in str(caught.value)
    if path.is_file():
        assert path.read_bytes() == before
        path.unlink()
    elif path.is_dir():
        path.rmdir()
    else:
        path.parent.unlink()
    assert store.compare_and_set("k", None, "v", 60)
    assert store.get("k") == "v"


def test_a_disk_that_is_full(store):
    """It is told as the system says it, and what is there can still be read."""
    store.compare_and_set("k", None, "v", 60)
    pages = store._file._connection.execute("PRAGMA page_count").fetchone()[0]
    store._file._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        store.compare_and_set("big", None, "x" * 100_000, 60)
    assert store.get("k") == "v"


def test_another_process_holds_it(store, path):
    """Nobody waits for a process that does not let go of the file."""
    store.compare_and_set("k", None, "v", 60)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(StoreError, match="another process holds it"):
        store.compare_and_set("k", "v", "w", 60)
    assert time.monotonic() - began < BUSY + 0.5
    assert store.get("k") == "v"  # to read is no trouble
    holder.close()


def test_a_thread_that_hangs(store):
    """Nor for another thread's call, which a file server may hold up."""
    store.get("k")
    with store._file._lock, pytest.raises(StoreError, match="no answer in time"):
        store.get("k")

"""What ``outbox.py`` promises of its file: whose it is, what breaks, who shares it."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from notebook_notify import secret
from notebook_notify.delivery import outbox_waiting as module
from notebook_notify.delivery.outbox import Outbox
from notebook_notify.errors import OutboxError
from notebook_notify.messages import File, Message

MOON = "place of the moon"
ERROR = {"errcode": -1001, "errmsg": "cannot connect"}


def put(outbox, text="完成"):
    """Queue a text."""
    return outbox.put("ops", MOON, Message(text))


def test_others_cannot_read_it(outbox):
    """Folder, file and what SQLite lays beside it are the owner's alone, whatever the umask."""
    before = os.umask(0)
    try:
        put(outbox)
        files = list(outbox.path.parent.iterdir())
        assert len(files) == 3  # with its log and its index
        assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
        assert outbox.path.parent.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_no_secret_is_in_its_bytes(outbox):
    """Neither a known secret nor what looks like one is written down, wherever it stood."""
    secret.remember("s3cr3t-V4lue-of-the-app")
    bad = "s3cr3t-V4lue-of-the-app password=hunter2hunter2"
    message = Message(bad, (File(b"", bad),), mention=(bad,), title=bad, missing=(bad,))
    outbox.put("ops", MOON, message, key=bad)
    for one in outbox.path.parent.iterdir():
        data = one.read_bytes()
        assert b"s3cr3t-V4lue" not in data
        assert b"hunter2hunter2" not in data


@pytest.mark.parametrize(
    ("limit", "told"),
    [("ITEM_BYTES", "0 of 0 MB"), ("FILE_BYTES", "too much"), ("MOST", "holds 2 messages")],
)
def test_limits(outbox, monkeypatch, limit, told):
    """A full outbox says so, and what is in it stays."""
    two = [put(outbox).id, put(outbox).id]
    monkeypatch.setattr(module, limit, 2)
    with pytest.raises(OutboxError, match=told):
        put(outbox)
    assert [item.id for item in outbox.items()] == two


def test_room_is_given_back(outbox):
    """What was delivered takes no room on the disk."""
    item = outbox.put("ops", MOON, Message("x", (File(bytes(5 << 20), "big"),)))
    outbox.drop(item.id)
    outbox.close()
    assert sum(one.stat().st_size for one in outbox.path.parent.iterdir()) < 100_000


# ── what breaks ──────────────────────────────────────────────────────────────────────────────


def a_text(path):
    """The file is no database."""
    path.write_text("not a database " * 500)


def another_program(path):
    """The file is somebody else's database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def a_later_version(path):
    """The file is of a layout that is not known yet."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {0x4E424E4F}")
        connection.execute("PRAGMA user_version = 99")


def torn(path):
    """The second half of an outbox is gone."""
    one = Outbox(path)
    for _ in range(50):
        put(one, "x" * 900)
    one.close()
    os.truncate(path, 9000)


@pytest.mark.parametrize("make", [a_text, another_program, a_later_version, torn, Path.mkdir])
def test_a_file_that_cannot_be_used(tmp_path, make):
    """It is named, with what to do; it is not touched; and once it is moved away all is well."""
    path = tmp_path / "outbox.sqlite3"
    make(path)
    outbox = Outbox(path)
    for call in (outbox.items, lambda: outbox.lease([MOON]), outbox.hasten):
        with pytest.raises(OutboxError, match=r"the outbox cannot be used: .*outbox\.sqlite3"):
            call()
    path.rename(tmp_path / "aside")
    put(outbox)
    assert len(outbox.items()) == 1
    outbox.close()


def test_moved_away_while_it_is_open(outbox):
    """What is accepted afterwards is in the file that others see."""
    put(outbox, "old")
    outbox.path.rename(outbox.path.with_name("aside"))
    put(outbox, "new")
    assert [item.title for item in Outbox(outbox.path).items()] == ["new"]


def test_no_such_folder(monkeypatch):
    """Where no folder can be made, the word is the system's."""
    outbox = Outbox(Path("/proc/no/outbox.sqlite3"))
    with pytest.raises(OutboxError, match="check the permissions and the disk"):
        put(outbox)


def test_the_disk_is_full(outbox):
    """The message is refused whole, the earlier ones stay, and room makes it work again."""
    put(outbox, "1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(OutboxError, match="check the permissions and the disk"):
            outbox.put("ops", MOON, Message("2", (File(os.urandom(1 << 20), "big"),)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [item.title for item in outbox.items()] == ["1"]
    put(outbox, "3")
    assert [item.title for item in outbox.items()] == ["1", "3"]


def test_another_process_holds_it(outbox, monkeypatch):
    """It is waited for, but not for ever."""
    put(outbox, "1")
    monkeypatch.setattr(module, "BUSY", 0.1)
    with closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutboxError, match="another process holds it"):
            put(Outbox(outbox.path), "2")
    put(outbox, "3")
    assert [item.title for item in outbox.items()] == ["1", "3"]


class Failing(sqlite3.Connection):
    """A connection of which one statement fails: the one that ``which`` picks."""

    count = 0
    which = staticmethod(lambda _count, _statement: False)

    def execute(self, statement, *given):
        """Fail or do it."""
        Failing.count += 1
        if Failing.which(Failing.count, statement):
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(statement, *given)


@pytest.fixture
def failing(monkeypatch):
    """Every connection from here on is a ``Failing``."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Failing))
    monkeypatch.setattr(Failing, "count", 0)
    return monkeypatch


#: Calls, each with how it leaves two items, the first of which is leased.
CALLS = {
    "put": (lambda o, _: put(o, "3"), ["leased", "queued", "queued"]),
    "lease": (lambda o, _: o.lease(["sun"]), ["leased", "queued"]),
    "fly": (lambda o, lease: o.fly(lease), ["flying", "queued"]),
    "accept": (lambda o, lease: o.accept(lease, 1, 2), ["leased", "queued"]),
    "done": (lambda o, lease: o.done(lease), ["queued"]),
    "later": (lambda o, lease: o.later(lease, ERROR), ["queued", "queued"]),
    "lose": (lambda o, lease: o.lose(lease, ERROR), ["unknown", "queued"]),
    "bury": (lambda o, lease: o.bury(lease, ERROR), ["dead", "queued"]),
    "items": (lambda o, _: o.items(), ["leased", "queued"]),
    "waiting": (lambda o, _: o.waiting(), ["leased", "queued"]),
    "due_in": (lambda o, _: o.due_in([MOON]), ["leased", "queued"]),
    "hasten": (lambda o, _: o.hasten(), ["leased", "queued"]),
    "drop": (lambda o, _: o.drop(o.second), ["leased"]),
    "resend": (lambda o, _: o.resend(o.second, MOON), ["leased", "queued"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_each_statement_fails_once(outbox, failing, name):
    """Whatever fails: a clear word, nothing half done, and the same call then works."""
    call, after = CALLS[name]
    outbox.close()
    put(outbox, "1")
    outbox.second = put(outbox, "2").id
    lease = outbox.lease([MOON])
    for number in range(1, 99):
        outbox.close()  # so that opening it is among what fails
        Failing.count = 0
        failing.setattr(Failing, "which", lambda count, _, number=number: count == number)
        told = ""
        try:
            call(outbox, lease)
        except OutboxError as error:
            told = str(error)
        used = Failing.count
        failing.setattr(Failing, "which", lambda _count, _statement: False)
        if not told:
            break
        assert "disk I/O error" in told
        assert [item.state for item in outbox.items()] == ["leased", "queued"]
    assert 4 < used < number
    assert [item.state for item in outbox.items()] == after


def test_where_there_is_no_write_ahead_log(outbox, failing):
    """On NFS, say, the older way to write is used, and the promise is the same."""
    failing.setattr(Failing, "which", lambda _, statement: "journal_mode" in statement)
    put(outbox, "1")
    assert [one.name for one in outbox.path.parent.iterdir()] == ["outbox.sqlite3"]
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    outbox.done(lease)
    assert outbox.items() == []


# ── who shares it ────────────────────────────────────────────────────────────────────────────

WORKER = """
    import os, random, sys, time
    from pathlib import Path
    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.messages import Message
    outbox, log = Outbox(Path(sys.argv[1])), os.open(sys.argv[2], os.O_APPEND | os.O_WRONLY)
    places, idle = ["a", "b", "c"], 0
    for number in range(int(sys.argv[3])):
        place = random.choice(places)
        outbox.put("ops", place, Message(f"{place} {os.getpid()} {number}"))
    while idle < 20:
        lease = outbox.lease(places)
        if lease is None:
            idle += 1
            time.sleep(0.01)
            continue
        idle = 0
        os.write(log, f"+ {lease.item.place} {lease.message.text}\\n".encode())
        outbox.fly(lease)
        time.sleep(random.random() / 500)
        os.write(log, f"- {lease.item.place} {lease.message.text}\\n".encode())
        outbox.done(lease)
"""


@pytest.mark.parametrize("processes", [2, 8])
def test_processes_share_it(outbox, tmp_path, processes):
    """No item is had by two, no place is sent to by two at once, and each place keeps its order."""
    log, each = tmp_path / "log", 64 // processes
    log.touch()
    code = [sys.executable, "-c", textwrap.dedent(WORKER), str(outbox.path), str(log), str(each)]
    for one in [subprocess.Popen(code) for _ in range(processes)]:
        assert one.wait(60) == 0
    lines = log.read_text().splitlines()
    begun = Counter(line for line in lines if line.startswith("+"))
    assert len(begun) == processes * each
    assert set(begun.values()) == {1}
    for place in "abc":
        of_it = [line for line in lines if line[2] == place]
        for start, end in zip(of_it[::2], of_it[1::2], strict=True):
            assert (start[0], end[0], start[1:]) == ("+", "-", end[1:])
        for pid in {line.split()[3] for line in of_it}:
            numbers = [int(line.split()[4]) for line in of_it if line.split()[3] == pid]
            assert numbers == sorted(numbers)
    assert outbox.items() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_while_it_is_written(outbox):
    """A forked child writes by itself, though a thread of its parent's was writing just then."""
    code = """
        import os, sys, threading, time, warnings
        from pathlib import Path
        from notebook_notify.delivery.outbox import Outbox
        from notebook_notify.messages import Message
        warnings.simplefilter("ignore", DeprecationWarning)
        outbox = Outbox(Path(sys.argv[1]))
        outbox.put("ops", "moon", Message("parent"))
        begun = threading.Event()
        def write():
            with outbox._file.writing() as connection:
                connection.execute("UPDATE items SET title = 'changed'")
                begun.set()
                time.sleep(0.3)
        thread = threading.Thread(target=write)
        thread.start()
        begun.wait()
        child = os.fork()
        if not child:
            one = Outbox(Path(sys.argv[1]))
            one.put("ops", "moon", Message("child"))
            os._exit(len(one.items()))
        status = os.waitpid(child, 0)[1]
        thread.join()
        print(os.waitstatus_to_exitcode(status), *(item.title for item in outbox.items()))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(outbox.path)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert run.stdout == "2 changed child\n", run.stderr

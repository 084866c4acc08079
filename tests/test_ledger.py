"""What ``ledger.py`` promises."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from notebook_notify import ledger as module
from notebook_notify import secret
from notebook_notify.errors import LedgerError
from notebook_notify.ledger import Entry, Ledger, Line, clipped
from notebook_notify.ledger_file import FILE, look_at, path_of
from notebook_notify.targets import Target

VALUE = "s3cr3t-V4lue-of-the-app"
OPS = Target("wecom_chat", {"corp_id": "ww1", "corp_secret": VALUE, "chat_id": "c"}, "ops", "f")
DING = Target("dingtalk_chat", {"app_key": "k", "app_secret": VALUE, "chat_id": "c"}, "ding", "f")


@pytest.fixture
def ledger():
    """The ledger of the test's own folder, which is not there yet."""
    return Ledger(path_of())


def claim(ledger, *targets, key="daily", verdict="done", lasts=60.0):
    """What is there for the key: None, or the earlier outcome, for each target."""
    found = ledger.claim(targets or [OPS], key, verdict, lasts=lasts)
    return [one and one.outcome for one in found]


def child(code, *arguments, **options):
    """Another process that uses the same ledger."""
    begin = (
        "import sys\n"
        "from notebook_notify.ledger import Ledger, Line\nfrom notebook_notify.ledger_file import path_of\n"
        "from notebook_notify.targets import Target\n"
        "ops = Target('wecom_chat', {'corp_id': 'ww1', 'chat_id': 'c'}, 'ops')\n"
        "ledger = Ledger(path_of())\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", begin + code, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


# ── once ─────────────────────────────────────────────────────────────────────────────────────


def test_the_first_may_send_and_the_next_may_not(ledger):
    """A key is claimed once; whoever comes later is told what went out, and when."""
    assert claim(ledger) == [None]
    assert claim(ledger) == ["sending"]
    before = time.time()
    ledger.record([Line(OPS, "sent", None, "✅ Done · backtest\nSharpe 1.2")], "done", "daily")
    (entry,) = ledger.claim([OPS], "daily", "done", lasts=60)
    assert before <= entry.time <= time.time()
    told = Entry(
        "ops", "wecom_chat", "daily", "done", "sent", None, entry.time, "✅ Done · backtest"
    )
    assert entry == told
    assert ledger.recent(9) == [told]


@pytest.mark.parametrize("outcome", ["sent", "partial", "unknown"])
def test_what_may_have_arrived_is_not_repeated(ledger, outcome):
    """Sent, in part or perhaps: the key is used up."""
    ledger.record([Line(OPS, outcome)], "done", "daily")
    assert claim(ledger) == [outcome]


def test_what_is_queued_does_not_wait_for_ever(ledger):
    """Once no outbox can still hold it, nobody is told that it waits there; it is not repeated."""
    for age, told in ((0, "queued"), (module.LONGEST_LIFE + 1, "unknown")):
        ledger.record([Line(OPS, "queued", time=time.time() - age)], "done", "daily")
        assert claim(ledger) == [told]
        assert ledger.recent(1)[0].outcome == told


def test_a_failure_is_tried_again(ledger):
    """What failed has not arrived; the next run may send it."""
    claim(ledger)
    ledger.record([Line(OPS, "failed", 60020)], "done", "daily")
    assert claim(ledger) == [None]


@pytest.mark.parametrize(
    ("target", "key", "verdict"),
    [
        (OPS, "daily 2", "done"),
        (OPS, "daily", "failed"),
        (DING, "daily", "done"),
        (Target("wecom_chat", {**OPS.fields, "chat_id": "d"}, "ops"), "daily", "done"),
        (Target("wecom_chat", {**OPS.fields, "base_url": "http://127.0.0.1:1"}, "ops"), "daily", "done"),
        (Target("wecom_chat", OPS.fields, "other"), "daily", "done"),
    ],
)  # fmt: skip
def test_what_is_another_message(ledger, target, key, verdict):
    """Another key, verdict, name, chat or platform address is sent to in its own right."""
    claim(ledger)
    assert claim(ledger, target, key=key, verdict=verdict) == [None]


def test_what_is_the_same_target(ledger):
    """A renewed secret, a proxy or another alert does not make another target of it."""
    claim(ledger)
    changes = {
        "corp_secret": "env:NEW",
        "proxy": "http://egress:3128",
        "alert": "b",
        "mention": "c",
    }
    assert claim(ledger, Target("wecom_chat", {**OPS.fields, **changes}, "ops")) == ["sending"]


def test_two_robots_without_a_name(ledger):
    """Of targets made on the spot, what their secrets refer to tells them apart."""
    one, other = (Target("robot", {"webhook": f"env:{name}"}) for name in ("ONE", "OTHER"))
    assert claim(ledger, one, other) == [None, None]
    assert claim(ledger, one) == ["sending"]


def test_a_claim_ends_by_itself(ledger):
    """A process that lives but never tells what became of it does not hold a key for good."""
    claim(ledger, lasts=-1)
    assert claim(ledger) == ["unknown"]
    assert [entry.outcome for entry in ledger.recent(1)] == ["unknown"]


def test_four_processes_at_once():
    """Of four processes that claim the same key on a new file at once, exactly one gets it."""
    code = (
        "sys.stdin.readline()\n"
        "for n in range(20):\n"
        "    (found,) = ledger.claim([ops], f'k{n}', 'done', lasts=60)\n"
        "    print(found.outcome if found else 'mine')\n"
        "print('', flush=True)\n"
        "sys.stdin.readline()\n"  # lives until all have asked
    )
    several = [child(code) for _ in range(4)]
    for one in several:
        one.stdin.write("\n")
        one.stdin.flush()
    told = [[one.stdout.readline().strip() for _ in range(20)] for one in several]
    for one in several:
        one.communicate("\n", timeout=30)
        assert one.returncode == 0
    for answers in zip(*told, strict=True):
        assert sorted(answers) == ["mine", "sending", "sending", "sending"]


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
def test_killed_while_sending(ledger):
    """What a killed process was sending may have arrived: it is unknown, and not sent again."""
    with child(
        "ledger.claim([ops], 'daily', 'done', lasts=600)\nprint('on', flush=True)\n"
        "sys.stdin.readline()"
    ) as other:
        assert other.stdout.readline() == "on\n"
        assert claim(ledger) == ["sending"]
        other.send_signal(signal.SIGKILL)
        other.wait(10)
    assert claim(ledger) == ["unknown"]


# ── history ──────────────────────────────────────────────────────────────────────────────────


def test_history_is_read_newest_first(ledger):
    """Every message is there, failures and repeats among them; reading it makes no file."""
    assert ledger.recent(5) == []
    assert not ledger.path.exists()
    for number in range(3):
        ledger.record([Line(OPS, "failed", 60020, f"n {number}")], "text")
    assert [(one.title, one.code) for one in ledger.recent(2)] == [("n 2", 60020), ("n 1", 60020)]


def test_only_a_masked_first_line_is_kept(ledger):
    """Neither the text, nor a secret in its first line or in a key, nor one's rest after a cut."""
    long = "字" * 36 + VALUE
    secret.remember(VALUE)
    text = f"\n {long}\nline two"
    ledger.record([Line(OPS, "sent", None, text)], "done", f"password={VALUE}")
    (entry,) = ledger.recent(1)
    assert entry.title == "字" * 36 + "••••"
    assert len(clipped("字" * 90).encode()) <= 120
    for path in ledger.path.parent.iterdir():
        data = path.read_bytes()
        assert VALUE[:6].encode() not in data
        assert b"line two" not in data


def test_old_messages_are_forgotten(ledger, monkeypatch):
    """A thousand messages without a key are kept; those with one, for 90 days."""
    monkeypatch.setattr(module, "MOST", 100)
    with monkeypatch.context() as long_ago:
        now = time.time()
        long_ago.setattr(time, "time", lambda: now - 91 * 86_400)
        ledger.record([Line(OPS, "sent")], "done", "old")
    ledger.record([Line(OPS, "sent")], "done", "new")
    ledger.record([Line(OPS, "sent")] * 300, "text")
    assert len([one for one in ledger.recent(999) if one.key is None]) < 250
    assert claim(ledger, key="old") == [None]
    assert claim(ledger, key="new") == ["sent"]


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
def test_it_is_its_owners_alone(ledger):
    """Folder and files are closed to others, and a file that was open is closed."""
    before = os.umask(0)
    try:
        ledger.record([Line(OPS, "sent")], "text")
        connection = sqlite3.connect(ledger.path)
        connection.execute("SELECT * FROM messages").fetchone()  # while it is open, its log stays
        ledger.record([Line(OPS, "sent")], "text")
    finally:
        os.umask(before)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in ledger.path.parent.iterdir()}
    connection.close()
    assert modes.pop(FILE) == 0o600
    assert modes
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700
    ledger.path.chmod(0o644)
    ledger.record([Line(OPS, "sent")], "text")
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


# ── what cannot be used ──────────────────────────────────────────────────────────────────────


def refused(call, *args, **kwargs):
    """The words with which the ledger refuses."""
    with pytest.raises(LedgerError) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_a_damaged_file(ledger):
    """A file that is no database is told with what to do, and left as it is."""
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(b"no database, " * 100)
    for call in (claim, lambda one: one.recent(1), lambda one: look_at(one.path)):
        message = refused(call, ledger)
        assert str(ledger.path) in message
        assert message.endswith("(file is not a database); it is damaged: move it away")
    assert ledger.path.read_bytes().startswith(b"no database")


@pytest.mark.parametrize(
    "script", ["CREATE TABLE theirs (x)", f"PRAGMA application_id = {0x4E424E46}; PRAGMA user_version = 2"]
)  # fmt: skip
def test_a_file_of_somebody_else(ledger, script):
    """Another program's database, or a later version's, is left alone."""
    ledger.path.parent.mkdir()
    with sqlite3.connect(ledger.path) as connection:
        connection.executescript(script)
    connection.close()
    before = ledger.path.read_bytes()
    assert "it is none of this version" in refused(claim, ledger)
    assert "it is none of this version" in refused(ledger.recent, 1)
    if "version" in script:  # without a mark, only a closer look tells
        assert "it is none of this version" in refused(look_at, ledger.path)
    assert ledger.path.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
def test_a_folder_that_cannot_be_written():
    """A read-only folder is told with the system's reason."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        ledger = Ledger(Path(folder) / FILE)
        was = os.geteuid()
        if was == 0:  # whom no mode stops
            os.seteuid(65534)
        try:
            message = refused(claim, ledger)
            assert refused(look_at, ledger.path) == message
        finally:
            os.seteuid(was)
    assert "(Permission denied); check the permissions and the disk" in message


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
def test_a_folder_that_cannot_be_looked_into():
    """What is there is not known, and so not said to be nothing: it is told, not raised at one."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / FILE)
        Path(folder).chmod(0)
        was = os.geteuid()
        if was == 0:  # whom no mode stops
            os.seteuid(65534)
        try:
            assert "check the permissions" in refused(ledger.recent, 1)
            line = Line(OPS, "sent", item="1")
            assert "check the permissions" in refused(ledger.told, line, "text", None)
        finally:
            os.seteuid(was)
            Path(folder).chmod(0o700)


def test_a_file_in_the_folders_place(tmp_path):
    """Where no folder can be made, that is told."""
    (tmp_path / "file").touch()
    for call in (claim, lambda one: look_at(one.path)):
        assert "cannot be used" in refused(call, Ledger(tmp_path / "file" / "x" / FILE))


def test_a_disk_that_is_full(ledger):
    """A write that finds no room raises, and what was there before is still there."""
    resource = pytest.importorskip("resource")
    ledger.record([Line(OPS, "sent")], "done", "before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        message = refused(ledger.record, [Line(OPS, "sent", None, "x" * 100)] * 900, "text")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "check the permissions and the disk" in message
    assert [entry.key for entry in ledger.recent(9)] == ["before"]


def test_where_it_is(monkeypatch, tmp_path):
    """The user's state folder, or the one that the variable names; ``~`` is understood."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of({}).parent.name == "notebook_notify"
    assert path_of({"NOTEBOOK_NOTIFY_STATE": "~/s"}) == tmp_path / "s" / "ledger.sqlite3"
    assert "name one in NOTEBOOK_NOTIFY_STATE" in refused(
        path_of, {"NOTEBOOK_NOTIFY_STATE": "~no-such-user-here/x"}
    )


def test_where_write_ahead_logs_do_not_work(ledger, monkeypatch):
    """On a file system without the shared memory that they need, the ledger works the older way."""
    connect = sqlite3.connect

    class Connection(sqlite3.Connection):
        def execute(self, sql, *args):
            if "journal_mode" in sql:
                raise sqlite3.OperationalError("locking protocol")
            return super().execute(sql, *args)

    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Connection))
    assert claim(ledger) == [None]
    assert claim(ledger) == ["sending"]
    assert [one.name for one in ledger.path.parent.iterdir()] == [FILE]

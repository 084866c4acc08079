"""What ``private_file.py`` promises beside what ``outbox.py`` does with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from notebook_notify import private_file
from notebook_notify.errors import StoreError
from notebook_notify.private_file import Layout, PrivateFile, is_remote

LAYOUT = Layout(7, 1, ("CREATE TABLE t (x)",), ("PRAGMA synchronous = FULL",))
MOUNTS = """\
/dev/sda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb /home/local\\040disk xfs rw 0 0
me@host: /mnt/ssh fuse.sshfs rw 0 0
broken
"""


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    """A table of mounts of the test's own."""
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    monkeypatch.setattr(private_file, "_MOUNTS", table)
    return table


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/etc/x", False),
        ("/home/me/x", True),
        ("/home/local disk/x", False),
        ("/homestead/x", False),
        ("/mnt/ssh/x", True),
    ],
)
def test_where_machines_share(mounts, path, remote):
    """The innermost mount decides, by whole names."""
    assert is_remote(Path(path)) is remote


def test_where_nothing_is_told(mounts):
    """Without a table of mounts, a file counts as this machine's own."""
    mounts.unlink()
    assert not is_remote(Path("/home/me/x"))


@pytest.mark.parametrize(("kind", "files"), [("ext4", 3), ("nfs4", 1)])
def test_no_shared_memory_between_machines(tmp_path, mounts, kind, files):
    """A file that two machines may open has no write-ahead log."""
    mounts.write_text(f"x / {kind} rw 0 0\n")
    file = PrivateFile(tmp_path / "folder" / "f", LAYOUT, busy=1, problem=StoreError)
    with file.writing() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    assert len(list((tmp_path / "folder").iterdir())) == files
    file.close()


def test_what_is_raised_within_undoes_the_rest(tmp_path):
    """Ctrl-C in the middle of a transaction leaves nothing of it, and the next one works."""
    file = PrivateFile(tmp_path / "f", LAYOUT, busy=1, problem=StoreError)

    def interrupted():
        with file.writing() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with file.writing() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    with file.using() as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(2,)]
    file.close()

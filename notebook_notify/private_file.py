"""A private SQLite file that a process keeps open: made for its owner alone, and looked at first.

It is opened when it is needed, and again if it was moved away. A fork closes it before: SQLite
would tell the child for ever that a transaction of a thread of the parent's goes on.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from notebook_notify.ledger_file import make_file
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from sqlite3 import Connection

    from notebook_notify.errors import NotifyError

#: File systems that machines share, by the beginning of their names in Linux's table of mounts.
_REMOTE = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.gluster", "ceph", "fuse.ceph", "lustre",
           "gpfs", "beegfs", "afs", "9p", "ocfs2", "gfs2")  # fmt: skip
_MOUNTS = Path("/proc/self/mounts")
#: How long a fork waits for a transaction to end, in seconds.
BEFORE_FORK = 2.0
#: All files of this process, and connections that a forked child could not but inherit: closing
#: one there, as its end would, might wait for a lock that a thread of the parent held.
_files: WeakSet[PrivateFile] = WeakSet()
_inherited: list[Connection] = []


@dataclass(frozen=True, slots=True)
class Layout:
    """What is in such a file.

    Attributes:
        application: marks the file as ours: SQLite's ``application_id``.
        version: of the layout: SQLite's ``user_version``.
        schema: the statements that make its tables.
        each: statements for each connection, such as ``PRAGMA synchronous = FULL``, by which
            what is committed outlives a power cut.
        first: statements for a new file, before all others.
    """

    application: int
    version: int
    schema: tuple[str, ...]
    each: tuple[str, ...] = ()
    first: tuple[str, ...] = ()


def is_remote(path: Path) -> bool:
    """Whether *path* is on a file system that machines share, as far as the system tells."""
    try:
        table = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    here, found = path.resolve(), ("", "")
    for line in table.splitlines():
        _, mount, kind, *_ = f"{line}   ".split(" ")
        mount = mount.replace("\\040", " ")
        if len(mount) >= len(found[0]) and mount and here.is_relative_to(mount):
            found = mount, kind
    return found[1].startswith(_REMOTE)


class PrivateFile:
    """The file at *path*; threads and processes may share it.

    Args:
        path: where it is, or will be.
        layout: what is in it.
        busy: how long another process, or another thread's hanging call, is waited for, in s.
        problem: makes the error of what is wrong, and of SQLite's name for it (may be empty).
    """

    def __init__(
        self, path: Path, layout: Layout, *, busy: float, problem: Callable[[str, str], NotifyError]
    ) -> None:
        self.path = path
        self._layout = layout
        self._busy = busy
        self._problem = problem
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._is: tuple[int, ...] = ()  # which file the connection has
        self._forking = self._stuck = False
        _files.add(self)

    def close(self) -> None:
        """Close it; it is opened again when it is needed."""
        if self._lock.acquire(timeout=self._busy):  # else its end closes it
            try:
                self._drop()
            finally:
                self._lock.release()

    @contextlib.contextmanager
    def using(self) -> Iterator[Connection]:
        """The connection, each statement a transaction; raises *problem* if that fails."""
        import sqlite3

        if not self._lock.acquire(timeout=self._busy):
            raise self._problem(say("没有及时应答", "no answer in time"), "SQLITE_BUSY")
        try:
            yield self._connected(sqlite3)
            return
        except (sqlite3.Error, OSError) as error:
            self._drop()
            reason = getattr(error, "strerror", None) or str(error)
            name = getattr(error, "sqlite_errorname", "")
        finally:
            self._lock.release()
        raise self._problem(reason, name)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """The connection within one transaction, which nobody else writes beside."""
        with self.using() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:  # something was raised, Ctrl-C perhaps
                    connection.rollback()

    def _connected(self, sqlite: Any) -> Connection:
        if self._connection is None or self._is != self._which():
            self._drop()
            make_file(self.path)
            connection: Connection = sqlite.connect(
                self.path, timeout=self._busy, isolation_level=None, check_same_thread=False
            )
            try:
                self._make(connection, sqlite)
                for statement in self._layout.each:
                    connection.execute(statement)
                self._is = self._which()
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _which(self) -> tuple[int, ...]:
        try:
            status = self.path.stat()
        except FileNotFoundError:  # moved away, as it should be if it is damaged
            return ()
        return status.st_dev, status.st_ino

    def _make(self, connection: Connection, sqlite: Any) -> None:
        """Make the tables, if there are none."""
        connection.execute("BEGIN")  # what is looked at must be of one moment
        new = self._is_new(connection)
        connection.execute("COMMIT")
        if not new:
            return
        for statement in self._layout.first:
            connection.execute(statement)
        # Its index is memory that processes share, which those of two machines cannot: there, and
        # where there is none, the older way stays (https://www.sqlite.org/wal.html).
        if not is_remote(self.path):
            with contextlib.suppress(sqlite.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("BEGIN IMMEDIATE")
        if self._is_new(connection):  # nobody else was faster
            for statement in self._layout.schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {self._layout.application}")
            connection.execute(f"PRAGMA user_version = {self._layout.version}")
        connection.execute("COMMIT")

    def _is_new(self, connection: Connection) -> bool:
        marks = tuple(
            connection.execute(f"PRAGMA {mark}").fetchone()[0]
            for mark in ("application_id", "user_version")
        )
        if marks == (self._layout.application, self._layout.version):
            return False
        if marks == (0, 0) and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return True
        raise self._problem(say("不是本版本的文件", "it is none of this version"), "SQLITE_NOTADB")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def before_fork(self) -> None:
        """Close it, and let nobody use it until the fork is done."""
        # One wait is enough for a file that hangs, until it answers again.
        self._forking = self._lock.acquire(timeout=0 if self._stuck else BEFORE_FORK)
        self._stuck = not self._forking
        if self._forking:
            self._drop()

    def after_fork(self, *, child: bool) -> None:
        """Let it be used again."""
        if child:
            self._lock = threading.Lock()
            if self._connection is not None:  # in use for too long
                _inherited.append(self._connection)
                self._connection = None
        elif self._forking:
            self._lock.release()


def _each(call: Callable[[PrivateFile], None]) -> None:
    for file in list(_files):
        call(file)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _each(PrivateFile.before_fork),
        after_in_parent=lambda: _each(lambda one: one.after_fork(child=False)),
        after_in_child=lambda: _each(lambda one: one.after_fork(child=True)),
    )

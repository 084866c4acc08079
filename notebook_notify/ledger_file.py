"""The ledger's file: where it is, made for its owner alone, and whether it is ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from notebook_notify import folders
from notebook_notify.errors import LedgerError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The environment variable that names another folder for it.
VARIABLE = "NOTEBOOK_NOTIFY_STATE"
#: The file's name in its folder.
FILE = "ledger.sqlite3"
#: What marks the file as ours, and its layout.
APPLICATION, VERSION = 0x4E424E46, 1
#: How an SQLite file begins, and where these two stand in it: https://www.sqlite.org/fileformat.html
_MAGIC, _VERSION_AT, _APPLICATION_AT = b"SQLite format 3\0", 60, 68


def path_of(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the file is, or would be: in the folder of ``VARIABLE``, else the user's state folder.

    Raises:
        LedgerError: there is no such folder to name, since the user has no home.
    """
    try:
        if environ.get(VARIABLE):
            return folders.named(environ[VARIABLE]) / FILE
        return folders.user_state(FILE)
    except RuntimeError:
        problem = LedgerError(
            say(
                f"没有可放发送记录的文件夹；请用环境变量 {VARIABLE} 指定",
                f"there is no folder for the record of what was sent; name one in {VARIABLE}",
            )
        )
    raise problem


def is_there(path: Path) -> bool:
    """Whether there is such a file; also if that cannot be told, since opening it will say why."""
    try:
        return path.exists()
    except OSError:
        return True


def make_file(path: Path) -> None:
    """Make folder and file, if they are not there, and see that nobody else can read it.

    Raises:
        OSError: that cannot be done.
    """
    missing = [one for one in path.parents if not one.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    # SQLite gives its files beside it the same mode.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(handle).st_mode & 0o077:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def look_at(path: Path) -> None:
    """Raise ``LedgerError`` if it is plain that the file cannot be used; it is made if need be.

    Without SQLite, whose locks and writes might have to be waited for.
    """
    try:
        make_file(path)
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        problem = unusable(path, error.strerror or type(error).__name__, *advice_on(""))
    else:
        marks = [int.from_bytes(head[at : at + 4], "big") for at in (_APPLICATION_AT, _VERSION_AT)]
        if head and not head.startswith(_MAGIC):
            reason = say("不是数据库", "file is not a database")
            problem = unusable(path, reason, *advice_on("SQLITE_NOTADB"))
        elif marks not in ([APPLICATION, VERSION], [0, 0]):  # nothing yet: all is in its log
            problem = foreign(path)
        else:
            return
    raise problem


def foreign(path: Path) -> LedgerError:
    """What is told of another program's file, or of another version's."""
    return unusable(
        path,
        say("不是本版本的发送记录", "it is none of this version"),
        f"请移走它，或用环境变量 {VARIABLE} 另指定文件夹",
        f"move it away, or name another folder in {VARIABLE}",
    )


def unusable(path: Path, reason: str, zh: str, en: str) -> LedgerError:
    """What is wrong with the file, and what to do about it."""
    return LedgerError(
        say(
            f"发送记录 {path} 用不了（{reason}）；{zh}",
            f"the record of what was sent, {path}, cannot be used ({reason}); {en}",
        )
    )


def advice_on(name: str) -> tuple[str, str]:
    """What to do about an error of SQLite's of that name, in Chinese and in English."""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "文件已损坏，请移走它", "it is damaged: move it away"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "另一进程正占用它", "another process holds it"
    return (
        f"请检查权限和磁盘空间，或用环境变量 {VARIABLE} 另指定文件夹",
        f"check the permissions and the disk, or name another folder in {VARIABLE}",
    )

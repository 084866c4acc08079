"""A config file as text and as TOML, read with care; what is wrong is said with its place."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import ConfigError
from notebook_notify.fields import did_you_mean
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: The environment variable that names a config file, instead of all others.
VARIABLE = "NOTEBOOK_NOTIFY_CONFIG"
LARGEST = 1 << 20  # bytes of a config file


def wrong(path: Path, zh: str, en: str, where: str = "") -> ConfigError:
    """What is wrong, with the file and the place in it."""
    return ConfigError(" · ".join(filter(None, (str(path), where, say(zh, en)))))


def reason_of(error: Exception) -> str:
    """Why the system refused, in its own words."""
    return getattr(error, "strerror", None) or type(error).__name__


def stat_of(path: Path) -> os.stat_result | None:
    """The status of a file; ``None`` if there is none, ``ConfigError`` if it is no file."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    # A pipe, say, might never come to an end.
    fits = stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST
    if not fits and str(path) != os.devnull:
        raise wrong(
            path,
            f"不是文件，或超过 1 MB；请移走它，或用环境变量 {VARIABLE} 指定配置文件",
            f"this is not a file, or over 1 MB; move it, or name the config file in {VARIABLE}",
        )
    return status


def read_text(path: Path) -> str:
    """The content of a file; ``ConfigError`` if it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")  # Windows' editors like to leave a mark
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = wrong(
            path,
            f"第 {line} 行不是 UTF-8；请以 UTF-8 编码另存",
            f"line {line} is not UTF-8; save the file in that encoding",
        )
    except OSError as error:
        problem = _unreadable(path, error)
    # Raised here: a decoding error holds the whole file, secrets and all.
    raise problem


def _unreadable(path: Path, error: Exception) -> ConfigError:
    why = reason_of(error)
    en = f"cannot be read ({why}); check the permissions of the file and its folder"
    return wrong(path, f"读不了（{why}）；请检查文件和文件夹的权限", en)


def parse(path: Path, text: str) -> dict[str, Any]:
    """*text* as TOML; ``ConfigError`` if it is none."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError alone
        reason = str(error)
    # Raised here: the decoder's error may hold the whole text.
    raise wrong(
        path,
        f"不是有效的 TOML：{reason}；请改正该行",
        f"this is not valid TOML: {reason}; correct that line",
    )


def check_keys(path: Path, table: dict[str, Any], known: Iterable[str], where: str = "") -> None:
    """Raise ``ConfigError`` if *table* has a key that is not *known*."""
    for key in table:
        if key not in known:
            near = did_you_mean(key, known)
            raise wrong(path, f"没有这一项{near}", f"there is no such key{near}", where + key)


def checked_table(path: Path, where: str, value: object) -> dict[str, Any]:
    """*value* if it is a table; else ``ConfigError``."""
    if not isinstance(value, dict):
        raise wrong(path, "应为一张表", "a table is expected", where)
    return value


def checked_text(path: Path, where: str, value: object) -> str:
    """*value* if it is a text; else ``ConfigError``."""
    if not isinstance(value, str):
        raise wrong(path, "应为文字（加引号）", "a text in quotes is expected", where)
    return value

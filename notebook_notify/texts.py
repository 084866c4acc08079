"""What is said to people, in Chinese and in English.

The setting decides (``NOTEBOOK_NOTIFY_LANGUAGE``, then ``language`` of the config file), else
the locale; an unset or C locale means Chinese, since every channel here is a Chinese platform's.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")

_LANGUAGES = ("zh", "en")
_configured: dict[str, str] = {}
_spoken: ContextVar[str | None] = ContextVar("notebook_notify.language", default=None)


def configure(*, language: str | None = None, timezone: str | None = None) -> None:
    """Take over the config file's ``language`` and ``timezone``; ``None`` forgets one."""
    for key, value in (("language", language), ("timezone", timezone)):
        if value is None:
            _configured.pop(key, None)
        else:
            _configured[key] = value


def language() -> str:
    """``"zh"`` or ``"en"``, read anew at each call."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    for setting in (os.environ.get("NOTEBOOK_NOTIFY_LANGUAGE"), _configured.get("language")):
        if setting and setting.lower()[:2] in _LANGUAGES:
            return setting.lower()[:2]
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            chinese = value.startswith("zh") or value.partition(".")[0] in ("C", "POSIX")
            return "zh" if chinese else "en"
    return "zh"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Whatever is said within it, and by jobs that are :func:`carried` off, is in *language*."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def carried(job: Callable[[], _T]) -> Callable[[], _T]:
    """*job*, which on another thread speaks the language that is :func:`speaking` here."""
    spoken = _spoken.get()
    return job if spoken is None else partial(_spoken_in, spoken, job)


def _spoken_in(language: str, job: Callable[[], _T]) -> _T:
    with speaking(language):
        return job()


def say(zh: str, en: str) -> str:
    """The one of the two that the reader reads."""
    return zh if language() == "zh" else en


def zone() -> tzinfo | None:
    """The configured time zone; ``None`` means the machine's own."""
    name = _configured.get("timezone")
    if not name:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def local(moment: float) -> datetime:
    """*moment* (seconds since the epoch) as people there read the clock."""
    return datetime.fromtimestamp(moment, UTC).astimezone(zone())


def duration(seconds: float) -> str:
    """A duration as one says it: ``12 ms``, ``0.4 s``, ``41m``, ``2h 03m``, ``1d 4h``."""
    if seconds < 10:  # noqa: PLR2004 - tenths matter below ten seconds
        return _short(seconds)
    whole = round(seconds)
    minutes, sec = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return say(f"{days}天{hour}小时", f"{days}d {hour}h")
    if hours:
        return say(f"{hours}小时{minute:02d}分", f"{hours}h {minute:02d}m")
    if minutes >= 10 or (minutes and not sec):  # noqa: PLR2004 - seconds stop mattering
        return say(f"{minutes}分", f"{minutes}m")
    if minutes:
        return say(f"{minutes}分{sec:02d}秒", f"{minutes}m {sec:02d}s")
    return say(f"{whole} 秒", f"{whole} s")


def _short(seconds: float) -> str:
    if seconds < 0.05:  # noqa: PLR2004 - it would be no tenth; or the clock was set back
        thousandths = max(1, round(seconds * 1000))
        return say(f"{thousandths} 毫秒", f"{thousandths} ms")
    return say(f"{seconds:.1f} 秒", f"{seconds:.1f} s")

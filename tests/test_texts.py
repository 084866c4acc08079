"""Which language, which clock, and how durations are said."""

from __future__ import annotations

import pytest

from notebook_notify import texts


@pytest.mark.parametrize(
    ("setting", "configured", "locale", "language"),
    [
        ("en", "zh", "zh_CN.UTF-8", "en"),
        ("zh_CN", None, "en_US.UTF-8", "zh"),
        ("auto", "en", "zh_CN.UTF-8", "en"),
        (None, "auto", "de_DE.UTF-8", "en"),
        (None, None, "zh_TW.UTF-8", "zh"),
        (None, None, "C.UTF-8", "zh"),
        (None, None, "POSIX", "zh"),
        (None, None, None, "zh"),
    ],
)
def test_language(monkeypatch, setting, configured, locale, language) -> None:
    """The environment decides, then the config file, then the locale; none of them means Chinese."""
    for name, value in (("NOTEBOOK_NOTIFY_LANGUAGE", setting), ("LANG", locale)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    texts.configure(language=configured)
    assert texts.language() == language
    assert texts.say("中文", "English") == {"zh": "中文", "en": "English"}[language]


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-1.0, "1 毫秒", "1 ms"),
        (0.0004, "1 毫秒", "1 ms"),
        (0.012, "12 毫秒", "12 ms"),
        (0.049, "49 毫秒", "49 ms"),
        (0.051, "0.1 秒", "0.1 s"),
        (0.42, "0.4 秒", "0.4 s"),
        (12.4, "12 秒", "12 s"),
        (90, "1分30秒", "1m 30s"),
        (41 * 60 + 2, "41分", "41m"),
        (7380, "2小时03分", "2h 03m"),
        (100_000, "1天3小时", "1d 3h"),
    ],
)
def test_duration(monkeypatch, seconds: float, zh: str, en: str) -> None:
    """A duration is as precise as one would say it."""
    assert texts.duration(seconds) == en
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert texts.duration(seconds) == zh


def test_the_configured_zone_is_the_clock() -> None:
    """Times are those of the configured zone; a zone that does not exist means the machine's."""
    texts.configure(timezone="Asia/Shanghai")
    assert f"{texts.local(0):%H:%M}" == "08:00"
    texts.configure(timezone="No/Where")
    assert texts.zone() is None


def test_who_speaks_for_a_moment() -> None:
    """A panel may speak another language than its process, also on threads that work for it."""
    with texts.speaking("zh"):
        assert texts.say("好", "good") == "好"
        job = texts.carried(texts.language)
        with texts.speaking("en"):
            assert texts.language() == "en"
        assert texts.language() == "zh"
    assert texts.language() == "en"
    assert job() == "zh"
    assert texts.carried(texts.language)() == "en"

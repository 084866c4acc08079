"""What ``argparse`` says, in the reader's language."""

from __future__ import annotations

import argparse

import pytest

from notebook_notify.usage import manual, refusal


class _ToldError(Exception):
    """What the parser's ``error`` was given."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise _ToldError(refusal(message))


@pytest.fixture
def parser():
    """One with an argument of each kind that ours have."""
    parser = _Parser(prog="try", add_help=False)
    parser.add_argument("-n", "--count", type=int, help="how many")
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--title")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("action", metavar="ACTION", choices=("flush", "drop"))
    return parser


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("", "还缺 ACTION", "also needed: ACTION"),
        ("flush x -y", "不认识 x -y", "not understood: x -y"),
        ("flush --count", "-n/--count 后面缺少值", "-n/--count needs a value"),
        ("eat", "ACTION 不能是 eat，可选：flush, drop", "ACTION cannot be eat; it is one of flush, drop"),
        ("flush -n x", "-n/--count 应是数字，不是 x", "-n/--count is a number, not x"),
        ("flush --timeout soon", "--timeout 应是数字，不是 soon", "--timeout is a number, not soon"),
        ("flush --strict=1", "--strict 后面不带值", "--strict takes no value"),
        ("flush --ti 1", "--ti 不明确：--timeout, --title", "--ti may mean --timeout, --title"),
    ],
)  # fmt: skip
def test_each_refusal_is_in_both_languages(parser, line, zh, en, monkeypatch):
    """Every mistake that argparse finds is told in words of ours, on each version of Python."""
    for language, told in (("zh", zh), ("en", en)):
        monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
        with pytest.raises(_ToldError) as caught:
            parser.parse_args(line.split())
        assert str(caught.value) == told


def test_what_is_not_known_stays():
    """A sentence that a later Python says otherwise is still told."""
    assert refusal("something new: 'x'") == "something new: 'x'"


def test_headings(parser, monkeypatch):
    """The headings of a help are in Chinese for whoever reads Chinese, and else as they were."""
    assert manual(parser.format_help()) == parser.format_help()
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    shown = manual(parser.format_help())
    for word in ("用法：try", "参数：", "选项："):
        assert word in shown
    for word in ("usage", "arguments:", "options:"):
        assert word not in shown

"""The manuals of the magics and what is told of a mistyped line, in the reader's language."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.oinspect import getdoc

from notebook_notify.notebook.manuals import argument, arguments_of, in_chinese, write


@magics_class
class _Some(Magics):
    @line_magic
    @argument("--share", metavar="N", help=("百分之 50% 等", "50% or so"))
    @in_chinese("""做一件事。""")
    def some(self, line):
        """Do something."""

    @line_magic
    def other(self, line):
        """Stay as it is."""


def test_a_manual_is_written_in_the_language_of_now(shell, monkeypatch):
    """Text, options and headings, as ``?`` has them, are in one language, written anew with it."""
    magics = _Some(shell)
    write(magics)
    told = getdoc(magics.some)
    assert "Do something." in told
    assert "50% or so" in told
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    write(magics)
    told = getdoc(magics.some)
    assert "做一件事。" in told
    assert "选项：" in told
    assert "百分之 50% 等" in told
    assert "Do something." not in told
    assert getdoc(magics.other) == "Stay as it is."


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("--share", "--share 后面缺少值", "--share needs a value"),
        ("--sahre 1", "不认识 --sahre 1", "not understood: --sahre 1"),
        ("--share 'x", "引号没有成对", "a quotation mark is not closed"),
    ],
)
def test_a_mistyped_line(shell, line, zh, en, monkeypatch):
    """It is told in words of ours, in either language."""
    magics = _Some(shell)
    write(magics)
    assert arguments_of(magics.some, "--share 5").share == "5"
    for language, told in (("zh", zh), ("en", en)):
        monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
        with pytest.raises(UsageError) as caught:
            arguments_of(magics.some, line)
        assert str(caught.value) == told

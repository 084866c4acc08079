"""The manuals of the magics, ``%%notify_wechat?``, and their parsers, in the reader's language."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core import magic_arguments
from IPython.core.error import UsageError

from notebook_notify.texts import say
from notebook_notify.usage import manual, refusal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from IPython.core.magic import Magics


class argument(magic_arguments.argument):  # noqa: N801 - as IPython's
    """IPython's, with its help in Chinese and in English."""

    def __init__(self, *names: str, help: tuple[str, str], **settings: Any) -> None:  # noqa: A002
        super().__init__(*names, **settings)
        self._help = help

    def add_to_parser(self, parser: argparse.ArgumentParser, group: Any) -> None:
        """Add it, in the language of now; a ``%`` of the help is only a ``%``."""
        self.kwds["help"] = say(*self._help).replace("%", "%%")
        super().add_to_parser(parser, group)


def in_chinese(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The manual of a magic in Chinese; its docstring is the one in English.

    It stands below all other decorators.
    """

    def mark(magic: Callable[..., Any]) -> Callable[..., Any]:
        magic.manuals = (text, magic.__doc__ or "")  # type: ignore[attr-defined]
        return magic

    return mark


def write(magics: Magics) -> None:
    """Write the manuals of *magics* in the language of now.

    Those with options, and their parsers, are made when they are first asked for: a kernel that
    loads the extension waits for none of it.
    """
    for magic in vars(type(magics)).values():
        manuals = getattr(magic, "manuals", None)
        if manuals is None:
            continue
        magic.__doc__ = say(*manuals)
        if hasattr(magic, "decorators"):
            magic.parser = None
            magic.getdoc = partial(_manual_of, magic)  # which IPython's ``?`` asks first


def parser_of(magic: Any) -> Any:
    """The parser of *magic*, whose manual is whole with it."""
    function = getattr(magic, "__func__", magic)
    if function.parser is None:
        function.parser = magic_arguments.construct_parser(function)
        function.__doc__ = manual(function.__doc__)
    return function.parser


def _manual_of(magic: Any) -> str:
    parser_of(magic)
    return str(magic.__doc__)


def arguments_of(magic: Any, line: str) -> argparse.Namespace:
    """What *line* says to *magic*; raises ``UsageError`` in the reader's language."""
    try:
        arguments: argparse.Namespace = parser_of(magic).parse_argstring(line)
    except UsageError as error:
        told = refusal(str(error))
    except ValueError:  # of the split into words
        told = say("引号没有成对", "a quotation mark is not closed")
    else:
        return arguments
    raise UsageError(told)

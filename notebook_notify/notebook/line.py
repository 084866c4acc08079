"""A magic line taken apart: options first, then the text as it was typed."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

# Chinese quotation marks are what a Chinese keyboard gives.
_TOKEN = re.compile(r"""(?:[^\s"'“‘]|"(?:[^"\\]|\\.)*"|'[^']*'|“[^”]*”|‘[^’]*’)+(?=\s|$)""")
_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'|“([^”]*)”|‘([^’]*)’""")


def split_line(line: str, parser: argparse.ArgumentParser) -> tuple[list[str], str]:
    """The options as a list for argparse, and the rest of the line as typed.

    Raises:
        UsageError: an option is not one, lacks its value or has a wrong one, or stands last.
    """
    known = parser._option_string_actions  # noqa: SLF001 - argparse has no public way to ask
    tokens: list[str] = []
    at = 0
    while True:
        at = len(line) - len(line[at:].lstrip())
        if not line.startswith("-", at):
            _refuse_options_in(line[at:], parser)
            return tokens, line[at:]
        if re.match(r"--(?:\s|$)", line[at:]):
            return tokens, line[at + 3 :]
        word, at = _token(line, at)
        name, has_value, value = word.partition("=")
        action = known.get(name)
        if action is None:
            raise UsageError(_unknown_option(name, known))
        if action.nargs == 0:
            tokens.append(name)
            continue
        if not has_value:
            at = len(line) - len(line[at:].lstrip())
            end = at
            if at < len(line):
                value, end = _token(line, at)
            # An option is no value, unless it is quoted: the value behind it would go out as text.
            if end == at or value.partition("=")[0] in known:
                raise UsageError(say(f"{name} 后面缺少值", f"{name} needs a value"))
            at = end
        value = _unquoted(value)
        if value == "--":  # argparse takes it away
            raise UsageError(say(f"{name} 的值不能是 --", f"{name} cannot be --"))
        _check(name, value, action)
        tokens.append(f"{action.option_strings[-1]}={value}")


def _refuse_options_in(text: str, parser: argparse.ArgumentParser) -> None:
    """Refuse a text that ends in options: they would be posted with it, and not do their work."""
    known = parser._option_string_actions  # noqa: SLF001 - as above
    for word in re.finditer(r"(?<=\s)-\S*", text):
        name = word[0].partition("=")[0]
        if name not in known:
            continue
        try:
            _, rest = split_line(text[word.start() :], parser)
        except UsageError:  # no option, only a word that looks like one
            continue
        if not rest:
            raise UsageError(
                say(
                    f"选项要写在前面：{name} 在文字之后（若它是文字的一部分，在文字前加 --）",
                    f"options go first: {name} stands after other words "
                    "(if it is part of a text, put -- before the text)",
                )
            )


def _check(name: str, value: str, action: argparse.Action) -> None:
    """Tell of a wrong value in the user's language, which argparse does not know."""
    if action.choices is not None and value not in action.choices:
        choices = list(action.choices)
        raise UsageError(
            say(
                f"{name} 不能是 {value}，可选：{'、'.join(choices)}",
                f"{name} cannot be {value}; it is one of {', '.join(choices)}",
            )
        )
    if callable(action.type):
        try:
            action.type(value)
        except (TypeError, ValueError, argparse.ArgumentTypeError) as error:
            raise UsageError(say(f"{name}：{error}", f"{name}: {error}")) from None


def _token(line: str, at: int) -> tuple[str, int]:
    match = _TOKEN.match(line, at)
    if match is None:
        raise UsageError(
            say("选项里的引号没有成对", "a quotation mark in the options is not closed")
        )
    return match[0], match.end()


def _unquoted(value: str) -> str:
    def bare(match: re.Match[str]) -> str:
        if match[1] is None:
            return next(text for text in match.groups()[1:] if text is not None)
        return re.sub(r'\\(["\\])', r"\1", match[1])

    return _QUOTED.sub(bare, value)


def _unknown_option(name: str, known: Mapping[str, object]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    hint = say(f"，是不是 {near[0]}？", f"; did you mean {near[0]}?") if near else ""
    return say(
        f"没有选项 {name}{hint}（以 - 开头的文字请放在 -- 之后）",
        f"no option {name}{hint} (text that begins with a dash goes after --)",
    )

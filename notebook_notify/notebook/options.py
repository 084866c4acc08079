"""The line of a notifying magic: options first, then the text as it was typed."""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument

from notebook_notify.delivery import TIMEOUT
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Options that make a target, or replace a field of one: ``--corp-id`` is ``corp_id``.
TARGET_OPTIONS = ("corp_id", "corp_secret", "chat_id", "agent_id", "app_key", "app_secret")
SECRET_OPTIONS = frozenset({"corp_secret", "app_secret"})


@dataclass(frozen=True, slots=True)
class Options:
    """A parsed line.

    Attributes:
        to: names of targets.
        explicit: fields given on the line, by name.
        title: what the message calls the run; fields in braces not yet filled in.
        summary: the message's second line, filled in after the cell.
        text: whether the cell's body is the message, and is not run.
        on: ``always``, ``error`` or ``success``.
        after: only runs of at least so many seconds are told.
        source: whether the message carries the cell's code.
        attach: paths of files that go along.
        images: whether pictures that the cell shows go along.
        timeout: the longest wait for the outcome, in seconds.
        dry_run: whether to show the message instead of sending it.
        strict: whether anything but *sent* fails the cell.
        out: the variable that takes the report.
        rest: what follows the options, as typed.
    """

    to: tuple[str, ...] = ()
    explicit: Mapping[str, str] = field(default_factory=dict)
    title: str | None = None
    summary: str | None = None
    text: bool = False
    on: str = "always"
    after: float = 0.0
    source: bool = False
    attach: tuple[str, ...] = ()
    images: bool = True
    timeout: float = TIMEOUT
    dry_run: bool = False
    strict: bool = False
    out: str | None = None
    rest: str = ""


def seconds(text: str) -> float:
    """``90``, ``90s``, ``5m``, ``2h`` or ``1d`` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: 90s, 5m, 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


_ARGUMENTS = (
    argument(
        "-t", "--to", action="append", default=[], metavar="NAME", help="a saved target; repeatable"
    ),
    argument("--title", metavar="TEXT", help="what the message calls the run; {name} is filled in"),
    argument(
        "--summary", metavar="TEXT", help="second line, filled in after the cell: 'loss {loss:.4f}'"
    ),
    argument("--text", action="store_true", help="send the cell's body as typed, do not run it"),
    argument(
        "--on", choices=("always", "error", "success"), default="always", help="which runs are told"
    ),
    argument(
        "--after", type=seconds, default=0.0, metavar="TIME", help="only runs this long: 90s, 5m"
    ),
    argument(
        "--attach",
        action="append",
        default=[],
        metavar="PATH",
        help="a file to go along; repeatable",
    ),
    argument("--no-images", dest="images", action="store_false", help="send no pictures"),
    argument("--source", action="store_true", help="put the cell's code into the message too"),
    argument(
        "--timeout",
        type=seconds,
        default=TIMEOUT,
        metavar="TIME",
        help=f"longest wait for the outcome; default {TIMEOUT:.0f}s",
    ),
    argument("--dry-run", action="store_true", help="show the message, send nothing"),
    argument("--strict", action="store_true", help="fail the cell if the message is not sent"),
    argument("-o", "--out", metavar="VAR", help="the variable that takes the report"),
    *(
        argument(
            f"--{name.replace('_', '-')}",
            metavar="REF" if name in SECRET_OPTIONS else "ID",
            help="env:NAME, keyring:SERVICE/USER or {name}; never the secret itself"
            if name in SECRET_OPTIONS
            else "instead of the saved target's",
        )
        for name in TARGET_OPTIONS
    ),
)


def notify_arguments(magic: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every notifying magic, for use below ``@magic_arguments()``."""
    for one in reversed(_ARGUMENTS):
        magic = one(magic)
    return magic


def parse(line: str, parser: argparse.ArgumentParser) -> Options:
    """Parse *line*; raises ``UsageError`` in words that do not repeat a secret."""
    tokens, rest = _split(line, parser)
    arguments = vars(parser.parse_args(tokens))
    explicit = {
        name: value for name in TARGET_OPTIONS if (value := arguments.pop(name)) is not None
    }
    _refuse_literals(explicit)
    refuse_secrets_in(rest)
    out = arguments["out"]
    if out is not None and not out.isidentifier():
        raise UsageError(say(f"-o {out}：不是变量名", f"-o {out}: not a variable's name"))
    to, attach = (tuple(arguments.pop(name)) for name in ("to", "attach"))
    return Options(**arguments, to=to, attach=attach, explicit=explicit, rest=rest)


def _refuse_literals(explicit: Mapping[str, str]) -> None:
    for name in SECRET_OPTIONS & explicit.keys():
        if not re.fullmatch(r"(?:env|keyring):\S+|\{\w+\}", explicit[name]):
            raise _no_literal(f"--{name.replace('_', '-')}")


def refuse_secrets_in(text: str) -> None:
    """Refuse a text that holds an option for a secret: the secret would be posted with it."""
    option = re.search(r"(?<!\S)--(?:corp|app)-secret\b", text)
    if option is not None:
        raise _no_literal(option[0])


def _no_literal(option: str) -> UsageError:
    return UsageError(
        say(
            f"{option} 不接受密钥本身，只接受 env:变量名、keyring:服务/用户 或 {{变量}}，"
            "且要写在文字之前。密钥若已写出，它现在已留在这个单元和 IPython 的历史里："
            "请在平台上重置该密钥",
            f"{option} takes no secret itself, only env:NAME, keyring:SERVICE/USER or "
            "{name}, before any text. A secret that was typed now stands in this cell and in "
            "IPython's history: renew it at the platform",
        )
    )


# Chinese quotation marks are what a Chinese keyboard gives.
_TOKEN = re.compile(r"""(?:[^\s"'“‘]|"(?:[^"\\]|\\.)*"|'[^']*'|“[^”]*”|‘[^’]*’)+(?=\s|$)""")
_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'|“([^”]*)”|‘([^’]*)’""")


def _split(line: str, parser: argparse.ArgumentParser) -> tuple[list[str], str]:
    """The options as a list for argparse, and the rest of the line as typed."""
    known = parser._option_string_actions  # noqa: SLF001 - argparse has no public way to ask
    tokens: list[str] = []
    at = 0
    while True:
        at = len(line) - len(line[at:].lstrip())
        if not line.startswith("-", at):
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
            if at >= len(line):
                raise UsageError(say(f"{name} 后面缺少值", f"{name} needs a value"))
            value, at = _token(line, at)
        value = _unquoted(value)
        if value == "--":  # argparse takes it away
            raise UsageError(say(f"{name} 的值不能是 --", f"{name} cannot be --"))
        tokens.append(f"{action.option_strings[-1]}={value}")


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
    near = difflib.get_close_matches(name, known, 1)
    hint = say(f"，是不是 {near[0]}？", f"; did you mean {near[0]}?") if near else ""
    return say(
        f"没有选项 {name}{hint}（以 - 开头的文字请放在 -- 之后）",
        f"no option {name}{hint} (text that begins with a dash goes after --)",
    )


_FIELD = re.compile(
    r"(?<!\{)\{([^\W\d]\w*)((?:\.[^\W\d]\w*|\[[^\[\]{}]+\])*)(![rsa])?(:[^{}]*)?\}(?!\})"
)


def fill(text: str, namespace: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Fill the ``{fields}`` of *text* from *namespace*; the rest stays as typed.

    A field is a name with attributes and keys, a conversion and a format: ``{loss:.4f}``,
    ``{table.shape}``, ``{best[lr]!r}``. Doubled braces are no field.

    Returns:
        The text, and the fields that could not be filled in, which stay as typed.
    """
    failed: list[str] = []

    def value(match: re.Match[str]) -> str:
        try:
            # One field at a time: a failing one must not take the others with it.
            return match[0].format_map(namespace)
        except (Exception, SystemExit):  # noqa: BLE001 - whatever the user's objects raise
            failed.append(match[0])
            return match[0]

    return _FIELD.sub(value, text), failed


def explicit_fields(options: Options, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The target's fields of the line, ``{name}`` being looked up; raises ``UsageError``."""
    from notebook_notify.secret import Secret

    fields: dict[str, Any] = {}
    for name, given in options.explicit.items():
        reference = re.fullmatch(r"\{(\w+)\}", given)
        if reference is None:
            fields[name] = given
        elif reference[1] in namespace:
            value = namespace[reference[1]]
            literal = name in SECRET_OPTIONS and not isinstance(value, Secret)
            fields[name] = Secret(str(value)) if literal else value
        else:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                say(f"{option}：没有变量 {reference[1]}", f"{option}: no variable {reference[1]}")
            )
    return fields

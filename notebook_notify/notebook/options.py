"""The options of the notifying magics."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from notebook_notify import spans
from notebook_notify.delivery import HOLD, TIMEOUT
from notebook_notify.delivery.budget import Budget
from notebook_notify.notebook.line import split_line
from notebook_notify.notebook.manuals import argument
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Options that make a target, or replace a field of one: ``--corp-id`` is ``corp_id``.
TARGET_OPTIONS = ("corp_id", "corp_secret", "chat_id", "agent_id", "app_key", "app_secret")
SECRET_OPTIONS = frozenset({"corp_secret", "app_secret"})
#: Messages that come by themselves are at least so far apart, in seconds.
LEAST_PAUSE = 300.0
#: What stands for a secret on a line.
_REFERENCE = re.compile(r"(?:env|keyring):\S+|\{\w+\}")
#: How long a run that nobody watches waits for the outcome, in seconds.
WAIT = 300.0


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
        every: seconds between messages on the progress, or ``None``.
        stalled: a cell that shows nothing for so many seconds is told, or ``None``.
        alert: regular expressions; output that one of them matches is told.
        form: ``auto``, ``text``, ``markdown`` or ``file``: how the output is sent.
        attach: paths of files that go along.
        images: whether pictures that the cell shows go along.
        max_messages: the most messages, what goes along included; ``None`` means the default.
        mention: who is mentioned if the cell failed: ids or mobile numbers.
        once: what keeps a repeated run from sending twice; fields in braces not yet filled in.
        timeout: the longest wait for the outcome, in seconds; ``None`` means ``TIMEOUT``, and
            that what can go on by itself is waited for no longer than ``HOLD``.
        wait: the same where nobody watches the run, in seconds; ``None`` means *timeout* if
            there is one, else ``WAIT``.
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
    every: float | None = None
    stalled: float | None = None
    alert: tuple[str, ...] = ()
    form: str = "auto"
    attach: tuple[str, ...] = ()
    images: bool = True
    max_messages: int | None = None
    mention: tuple[str, ...] = ()
    once: str | None = None
    timeout: float | None = None
    wait: float | None = None
    dry_run: bool = False
    strict: bool = False
    out: str | None = None
    rest: str = ""

    def budget(self, *, watched: bool) -> Budget:
        """How long the outcome of what is sent now is waited for."""
        if watched and self.timeout is None:
            return Budget.of(TIMEOUT, HOLD)
        if watched or self.wait is None:
            return Budget.of(WAIT if self.timeout is None else self.timeout)
        return Budget.of(self.wait)


def seconds(text: str) -> float:
    """``90``, ``90s``, ``5m``, ``2h`` or ``1d`` in seconds."""
    given = spans.seconds(text)
    if given is None:
        raise argparse.ArgumentTypeError(
            say(
                f"{text!r} 不是时长，例如 90s、5m、2h",
                f"{text!r} is not a time, such as 90s, 5m, 2h",
            )
        )
    return given


def _pause(text: str) -> float:
    """As :func:`seconds`, at least ``LEAST_PAUSE``."""
    pause = seconds(text)
    if pause < LEAST_PAUSE:
        least = f"{LEAST_PAUSE / 60:.0f}m"
        raise argparse.ArgumentTypeError(say(f"至少 {least}", f"at least {least}"))
    return pause


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(
            say(
                f"{text!r} 不是正则表达式：{error}",
                f"{text!r} is not a regular expression: {error}",
            )
        ) from None
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(
            say(f"{text!r} 不是正整数", f"{text!r} is not a whole number above 0")
        )
    return int(text)


_ARGUMENTS = (
    argument(
        "-t", "--to", action="append", default=[], metavar="NAME",
        help=("已保存的目标；可重复", "a saved target; repeatable"),
    ),
    argument(
        "--title", metavar="TEXT",
        help=("消息里对这次运行的称呼；{name} 会填入",
              "what the message calls the run; {name} is filled in"),
    ),
    argument(
        "--summary", metavar="TEXT",
        help=("第二行，单元运行后填入：'loss {loss:.4f}'",
              "second line, filled in after the cell: 'loss {loss:.4f}'"),
    ),
    argument(
        "--text", action="store_true",
        help=("原样发送单元的正文，不运行", "send the cell's body as typed, do not run it"),
    ),
    argument(
        "--on", choices=("always", "error", "success"), default="always",
        help=("哪些运行要通知", "which runs are told"),
    ),
    argument(
        "--after", type=seconds, default=0.0, metavar="TIME",
        help=("只通知运行至少这么久的：90s、5m", "only runs this long: 90s, 5m"),
    ),
    argument(
        "--every", type=_pause, metavar="TIME",
        help=("运行中每隔多久报一次进度：30m、2h", "a message on the progress so often: 30m, 2h"),
    ),
    argument(
        "--stalled", type=_pause, metavar="TIME",
        help=("这么久没有输出就报一次", "a message if nothing is shown for so long"),
    ),
    argument(
        "--alert", action="append", default=[], type=_pattern, metavar="REGEX",
        help=("输出匹配时报一次：'loss: nan'；可重复",
              "a message when the output matches: 'loss: nan'; repeatable"),
    ),
    argument(
        "--as", dest="form", choices=("auto", "text", "markdown", "file"), default="auto",
        help=("输出的形式：纯文字、Markdown，或含全部输出的文件",
              "the form of the output: text alone, Markdown, or a file with all of it"),
    ),
    argument(
        "--attach", action="append", default=[], metavar="PATH",
        help=("随消息发出的文件；可重复", "a file to go along; repeatable"),
    ),
    argument(
        "--no-images", dest="images", action="store_false",
        help=("不发图片", "send no pictures"),
    ),
    argument(
        "--max-messages", type=_count, metavar="N",
        help=("最多几条消息，含图片和文件；默认一条文字、两张图、一个文件",
              "the most messages, all included; default a text, two pictures, a file"),
    ),
    argument(
        "--mention", action="append", default=[], metavar="WHO",
        help=("失败时提醒谁：账号或手机号；可重复",
              "mention an id or a mobile number if the cell failed; repeatable"),
    ),
    argument(
        "--source", action="store_true",
        help=("消息里附上单元的代码", "put the cell's code into the message too"),
    ),
    argument(
        "--timeout", type=seconds, metavar="TIME",
        help=(f"最多等多久结果；默认 {HOLD:.0f}s，之后在后台继续发送",
              f"longest wait for the outcome; default {HOLD:.0f}s, then it goes on by itself"),
    ),
    argument(
        "--wait", type=seconds, metavar="TIME",
        help=(f"无人值守时最多等多久；默认 {WAIT / 60:.0f}m",
              f"the same where nobody watches the run; default {WAIT / 60:.0f}m"),
    ),
    argument(
        "--once", metavar="KEY",
        help=("同一个 KEY 只发一次，重跑不重发",
              "send once for this key, however often the run is repeated"),
    ),
    argument(
        "--dry-run", action="store_true",
        help=("只显示消息，不发送", "show the message, send nothing"),
    ),
    argument(
        "--strict", action="store_true",
        help=("消息没有发出时让单元失败", "fail the cell if the message is not sent"),
    ),
    argument(
        "-o", "--out", metavar="VAR",
        help=("接收发送报告的变量", "the variable that takes the report"),
    ),
    *(
        argument(
            f"--{name.replace('_', '-')}",
            metavar="REF" if name in SECRET_OPTIONS else "ID",
            help=(
                "env:变量名、keyring:服务/用户 或 {变量}；不能写密钥本身",
                "env:NAME, keyring:SERVICE/USER or {name}; never the secret itself",
            )
            if name in SECRET_OPTIONS
            else ("替代已保存目标的值", "instead of the saved target's"),
        )
        for name in TARGET_OPTIONS
    ),
)  # fmt: skip


def notify_arguments(magic: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every notifying magic, for use below ``@no_var_expand``."""
    for one in reversed(_ARGUMENTS):
        magic = one(magic)
    return magic


def parse(line: str, parser: argparse.ArgumentParser) -> Options:
    """Parse *line*; raises ``UsageError`` in words that do not repeat a secret."""
    try:
        tokens, rest = split_line(line, parser)
    except UsageError:
        # What it says may quote the line, and a secret that was taken for another option's value.
        for option, value in re.findall(r"(--(?:corp|app)-secret)[=\s]+(\S+)", line):
            if not _REFERENCE.fullmatch(value):
                raise _no_literal(option) from None
        raise
    arguments = vars(parser.parse_args(tokens))
    explicit = {
        name: value for name in TARGET_OPTIONS if (value := arguments.pop(name)) is not None
    }
    _refuse_literals(explicit)
    refuse_secrets_in(rest)
    out = arguments["out"]
    if out is not None and not out.isidentifier():
        raise UsageError(say(f"-o {out}：不是变量名", f"-o {out}: not a variable's name"))
    arguments |= {name: tuple(arguments[name]) for name in ("to", "attach", "alert", "mention")}
    return Options(**arguments, explicit=explicit, rest=rest)


def _refuse_literals(explicit: Mapping[str, str]) -> None:
    for name in SECRET_OPTIONS & explicit.keys():
        if not _REFERENCE.fullmatch(explicit[name]):
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

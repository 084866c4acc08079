"""The shell's door: ``python -m notebook_notify send|check|history|outbox|sandbox``."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import NotifyError
from notebook_notify.texts import say
from notebook_notify.usage import manual, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from notebook_notify.reports import SendReport

#: Exit codes beside 0: not sent, or not to everyone; and the caller's mistake.
NOT_SENT = 1
MISTAKE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 sent, 1 not (wholly) sent, 2 a mistake."""
    for stream in (sys.stdin, sys.stdout):  # no character that is foreign to them ends a send
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser = _parser()
    options = parser.parse_args(arguments)
    if "run" not in options:  # no command: a script's mistake, and a newcomer's question
        parser.print_help(sys.stderr)
        return MISTAKE
    try:
        code: int = options.run(options)
    except NotifyError as error:
        print(f"notebook_notify: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        return MISTAKE
    except KeyboardInterrupt as interrupt:
        interrupted = getattr(interrupt, "report", None)
        if interrupted is not None:
            print(interrupted, file=sys.stderr)  # noqa: T201
        return NOT_SENT
    return code


class _Parser(argparse.ArgumentParser):
    """One that speaks the reader's language."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(add_help=False, **settings)
        shows = say("显示这份帮助", "show this help")
        self.add_argument("-h", "--help", action="help", help=shows)

    def format_usage(self) -> str:
        return manual(super().format_usage())

    def format_help(self) -> str:
        return manual(super().format_help())

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(MISTAKE, f"{self.prog}: {refusal(message)}\n")


def _parser() -> _Parser:
    from notebook_notify.delivery import TIMEOUT

    parser = _Parser(
        prog="python -m notebook_notify",
        description=say(
            "向企业微信或钉钉的目标发消息。", "Send messages to WeCom and DingTalk targets."
        ),
        epilog=_first_steps(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")

    def command(name: str, run: Callable[[argparse.Namespace], int], does: str) -> _Parser:
        one: _Parser = commands.add_parser(name, help=does, description=does)
        one.set_defaults(run=run)
        return one

    send = command(
        "send",
        _send,
        say("发送一段文字，写在这里或来自标准输入", "send a text, given here or on stdin"),
    )
    send.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help=say("文字；不写则读标准输入", "the text; without it, stdin is read"),
    )
    send.add_argument(
        "--once", metavar="KEY", help=say("同一个 KEY 只发一次", "send once for this key")
    )
    check = command(
        "check",
        _check,
        say("逐步验证目标，不发消息", "prove targets step by step, without posting"),
    )
    check.add_argument(
        "--post", action="store_true", help=say("再各发一行", "then post a line to each")
    )
    for one in (send, check):
        one.add_argument(
            "-t",
            "--to",
            action="append",
            metavar="NAME",
            help=say("已保存的目标；可重复", "a saved target; repeatable"),
        )
        one.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT,
            metavar="SECONDS",
            help=say(f"最多等几秒；默认 {TIMEOUT:.0f}", f"longest wait; default {TIMEOUT:.0f}"),
        )
    history = command("history", _history, say("显示最近发送的消息", "show what was sent lately"))
    history.add_argument(
        "-n",
        "--count",
        type=int,
        default=20,
        metavar="N",
        help=say("几条；默认 20", "how many; default 20"),
    )
    outbox = command(
        "outbox",
        _outbox,
        say("显示等待发送的消息；发送或删除", "show what waits to be sent; send or drop it"),
    )
    outbox.add_argument(
        "action",
        nargs="?",
        choices=("flush", "resend", "drop"),
        help=say(
            "flush 现在全部试发；resend 再发一条；drop 删除一条",
            "flush tries all now; resend sends one again; drop deletes one",
        ),
    )
    outbox.add_argument(
        "id",
        nargs="?",
        metavar="ID",
        help=say("要再发或删除的那条的编号", "of the message to resend or drop"),
    )
    outbox.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help=say("最多等几秒；默认 60", "longest wait; default 60"),
    )
    sandbox = command(
        "sandbox",
        _sandbox,
        say("启动沙盒：不需账号的“手机”", "start the sandbox: a phone without an account"),
    )
    sandbox.add_argument(
        "--port",
        type=int,
        default=0,
        help=say("端口；0 为任一空闲端口", "0 means any free one"),
    )
    return parser


def _first_steps() -> str:
    """Where a newcomer begins; a target is made in a notebook, where secrets are asked for."""
    return say(
        "先在 IPython 或笔记本里：\n"
        "  %load_ext notebook_notify\n"
        "  %notify_sandbox        不用账号先试\n"
        "  %notify_setup ops      新建目标 ops\n"
        "然后在这里：\n"
        "  python -m notebook_notify send --to ops 训练完成",
        "First, in IPython or a notebook:\n"
        "  %load_ext notebook_notify\n"
        "  %notify_sandbox        try it without an account\n"
        "  %notify_setup ops      make a target, ops\n"
        "then here:\n"
        "  python -m notebook_notify send --to ops training finished",
    )


def _send(options: argparse.Namespace) -> int:
    from notebook_notify.sender import send

    if options.text:
        text = " ".join(options.text)
    else:
        text = sys.stdin.read().rstrip("\n") if sys.stdin else ""
    return _told(send(text, options.to, options.timeout, options.once))


def _check(options: argparse.Namespace) -> int:
    from notebook_notify.checking import check

    proofs, posts = check(options.to or (), timeout=options.timeout, post=options.post)
    good = proofs.outcome in ("sent", "partial")
    if posts is not None:  # a message proves what nothing else does
        good = posts.ok and proofs.outcome != "failed"
    for report in (proofs, posts):
        if report is not None:
            print(report, file=sys.stdout if good else sys.stderr)
    return 0 if good else NOT_SENT


def _history(options: argparse.Namespace) -> int:
    from notebook_notify import columns
    from notebook_notify.sender import history
    from notebook_notify.sending.history import cells, heading, nothing

    rows = list(cells(history(max(1, options.count))))
    print(columns.plain(heading(), rows) if rows else nothing())  # noqa: T201 - its answer
    return 0


def _outbox(options: argparse.Namespace) -> int:
    from notebook_notify import columns
    from notebook_notify.sender import DRAIN
    from notebook_notify.waiting.outgoing import cells, do, heading

    words = filter(None, (options.action, options.id))
    left, told = do(DRAIN, list(words), options.timeout, last=True)
    rows = cells(DRAIN)
    nothing = say("没有排队的消息", "nothing waits")
    shown = columns.plain(heading(), rows) if rows else nothing
    print("\n".join(filter(None, (told, shown))))  # noqa: T201 - its answer
    return NOT_SENT if left else 0


def _told(report: SendReport) -> int:
    print(report, file=sys.stdout if report.ok else sys.stderr)
    return 0 if report.ok else NOT_SENT


def _sandbox(options: argparse.Namespace) -> int:
    from notebook_notify.sandbox.__main__ import main as serve

    def told(url: str) -> str:
        return say(
            f"它在本机像企业微信和钉钉那样应答，消息不会发到任何手机，也不需要账号。\n"
            f"收到的消息：用浏览器打开 {url}\n"
            "从笔记本发给它：\n"
            "  %load_ext notebook_notify\n"
            f"  %notify_sandbox --url {url}\n"
            "  %notify_wechat 你好",
            "It answers as WeCom and DingTalk do; nothing reaches a phone, and no account is "
            "needed.\n"
            f"What it receives: open {url} in a browser.\n"
            "From a notebook:\n"
            "  %load_ext notebook_notify\n"
            f"  %notify_sandbox --url {url}\n"
            "  %notify_wechat hello",
        )

    return serve(["--port", str(options.port)], told)


if __name__ == "__main__":
    sys.exit(main())

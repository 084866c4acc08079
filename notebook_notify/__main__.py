"""The shell's door: ``python -m notebook_notify send|check|outbox|sandbox``."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING

from notebook_notify.errors import NotifyError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.reports import SendReport

#: Exit codes beside 0: not sent, or not to everyone; and the caller's mistake.
NOT_SENT = 1
MISTAKE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 sent, 1 not (wholly) sent, 2 a mistake."""
    for stream in (sys.stdin, sys.stdout):  # no character that is foreign to them ends a send
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
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


def _parser() -> argparse.ArgumentParser:
    from notebook_notify.delivery import TIMEOUT

    parser = argparse.ArgumentParser(
        prog="python -m notebook_notify",
        description=say(
            "向企业微信或钉钉的目标发消息", "Send messages to WeCom and DingTalk targets"
        ),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    send = commands.add_parser("send", help="send a text, given here or on stdin")
    send.add_argument("text", nargs="*", help="the text; without it, stdin is read")
    send.add_argument("--once", metavar="KEY", help="send once for this key")
    send.set_defaults(run=_send)
    check = commands.add_parser("check", help="prove targets step by step, without posting")
    check.add_argument("--post", action="store_true", help="then post a line to each")
    check.set_defaults(run=_check)
    for command in (send, check):
        command.add_argument(
            "-t", "--to", action="append", metavar="NAME", help="a saved target; repeatable"
        )
        command.add_argument(
            "--timeout", type=float, default=TIMEOUT, metavar="SECONDS", help="longest wait"
        )
    history = commands.add_parser("history", help="show what was sent lately")
    history.add_argument("-n", "--count", type=int, default=20, metavar="N")
    history.set_defaults(run=_history)
    outbox = commands.add_parser("outbox", help="show what waits to be sent; send or drop it")
    outbox.add_argument("action", nargs="?", choices=("flush", "resend", "drop"))
    outbox.add_argument("id", nargs="?", help="of the message to resend or drop")
    outbox.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    outbox.set_defaults(run=_outbox)
    sandbox = commands.add_parser("sandbox", help="start the sandbox: a phone without an account")
    sandbox.add_argument("--port", type=int, default=0, help="0 means any free one")
    sandbox.set_defaults(run=_sandbox)
    return parser


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
    from notebook_notify.history import cells
    from notebook_notify.sender import history

    for mark, *rest in cells(history(max(1, options.count))):
        print(mark, " · ".join(rest))  # noqa: T201 - a command's answer
    return 0


def _outbox(options: argparse.Namespace) -> int:
    from notebook_notify.outgoing import act, cells
    from notebook_notify.sender import DRAIN

    words = filter(None, (options.action, options.id))
    left = act(DRAIN, list(words), options.timeout)
    rows = [f"{mark} {' · '.join(rest)}" for mark, *rest in cells(DRAIN)]
    print("\n".join(rows) or say("没有排队的消息", "nothing waits"))  # noqa: T201 - its answer
    return NOT_SENT if left else 0


def _told(report: SendReport) -> int:
    print(report, file=sys.stdout if report.ok else sys.stderr)
    return 0 if report.ok else NOT_SENT


def _sandbox(options: argparse.Namespace) -> int:
    from notebook_notify.sandbox.__main__ import main as serve

    return serve(["--port", str(options.port)])


if __name__ == "__main__":
    sys.exit(main())

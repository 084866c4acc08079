"""`python -m notebook_notify.sandbox --port N`: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING

from notebook_notify.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable


def main(arguments: list[str] | None = None, about: Callable[[str], str] = lambda _url: "") -> int:
    """Serve until SIGTERM or Ctrl-C; the first line printed holds the address.

    Args:
        arguments: as in the shell; None means the shell's.
        about: gives from the address what is printed below it.
    """
    parser = argparse.ArgumentParser(
        prog="python -m notebook_notify.sandbox",
        description="A local stand-in for WeCom and DingTalk, with an inbox to look at.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0: any free one")
    port = parser.parse_args(arguments).port
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    try:
        sandbox = Sandbox(port).start()
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"port {port}: {error}\n")
        return 1
    with sandbox:
        sys.stdout.write(f"sandbox at {sandbox.url} (Ctrl-C ends it)\n")
        if more := about(sandbox.url):
            sys.stdout.write(f"{more}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

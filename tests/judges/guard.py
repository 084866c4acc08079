"""A client's process: the platforms' host names lead to the test's front, and nothing else leaves.

`python guard.py PORT TEST_FILE` reads one JSON line for each call, {"function": name of a function
of the test file, "arguments": keywords}, and answers with one: {"value"} or {"error"}, and
"strays", the addresses that a client reached for though they are none of the front's.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
import traceback

HOSTS = frozenset({"qyapi.weixin.qq.com", "oapi.dingtalk.com", "api.dingtalk.com"})
FRONT = ("127.0.0.1", int(sys.argv[1]))
STRAYS: list[str] = []
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_resolve = socket.getaddrinfo


def getaddrinfo(host, port, *args, **kwargs):
    """Resolve the platforms' HTTPS to the front, and nothing besides."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in HOSTS and port in (443, "443", "https"):
        return _resolve(*FRONT, *args, **kwargs)
    return _resolve(host, port, *args, **kwargs)  # the hook below refuses it


def _watch(event, arguments):
    """Refuse what does not lead to the front; an audit hook also sees what C code does."""
    if event in _LOOKUPS:
        allowed = arguments[0] == FRONT[0]
        target = arguments[0]
    elif event in _SENDS:
        target = arguments[1]
        allowed = target == FRONT
    else:
        return
    if not allowed:
        STRAYS.append(f"{event} {target}")
        raise OSError(f"not the front: {target}")


def main():
    """Answer calls until the end of standard input."""
    # What a client prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    socket.getaddrinfo = getaddrinfo
    sys.addaudithook(_watch)
    spec = importlib.util.spec_from_file_location("judge", sys.argv[2])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"value": getattr(module, call["function"])(**call["arguments"])}
            json.dumps(answer)
        except BaseException:
            answer = {"error": traceback.format_exc()}
        strays, STRAYS[:] = list(STRAYS), []
        answers.write(json.dumps(answer | {"strays": strays}) + "\n")
        answers.flush()
    os._exit(1 if STRAYS else 0)  # clients leave threads behind


if __name__ == "__main__":
    main()

"""A forked child sends by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_sends():
    """A forked child sends by a connection of its own, though the parent's locks were held."""
    code = """
        import os, sys, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from notebook_notify import secret, send, sender
        from notebook_notify.sandbox import Sandbox
        with Sandbox() as box:
            sender.TARGETS.use_sandbox(box.targets)
            assert send("parent", to="sandbox-wecom_chat")
            S = sender.SENDER
            locks = [S._transport._routes._lock, S._workers._lock, S._attempt._tokens._guard, secret._lock,
                     *S._attempt._tokens._locks.values()]
            for lock in locks:
                lock.acquire()
            child = os.fork()
            if not child:
                report = send("child", to="sandbox-wecom_chat", timeout=5)
                os._exit(0 if report else 3)
            for lock in locks:
                lock.release()
            _, status = os.waitpid(child, 0)
            assert send("parent again", to="sandbox-wecom_chat")
            print(os.waitstatus_to_exitcode(status), *[m["content"] for m in box.inbox], sep="|")
            print(box.stats["connections"])
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.stdout == "0|parent|child|parent again\n2\n", run.stderr

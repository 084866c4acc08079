"""A forked child sends by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

#: Remembers each lock of ours as it is made; the sandbox plays another machine, so not its.
RECORDED = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
made, make = [], threading.Lock
def remembered():
    lock = make()
    module = sys._getframe(1).f_globals["__name__"]
    if module.startswith("notebook_notify") and ".sandbox" not in module:
        made.append((module, lock))
    return lock
threading.Lock = remembered
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_sends():
    """A forked child sends by a connection of its own, though each lock of ours was held."""
    code = """
        from IPython.core.interactiveshell import InteractiveShell
        from notebook_notify import load_ipython_extension, send, sender
        from notebook_notify.sandbox import Sandbox
        shell = InteractiveShell.instance()
        load_ipython_extension(shell)
        with Sandbox() as box:
            sender.TARGETS.use_sandbox(box.targets)
            to = "sandbox-wecom_chat"
            assert send("parent", to=to, once="a")
            sender.BOOKKEEPING.flush()
            shell.run_cell(f"%notify --to {to} line")
            held = [(module, lock) for module, lock in made if lock.acquire(blocking=False)]
            before = box.stats["connections"]
            child = os.fork()
            if not child:
                os._exit(0 if send("child", to=to, timeout=5, once="b") else 3)
            for _, lock in held:
                lock.release()
            _, status = os.waitpid(child, 0)
            assert send("parent again", to=to)
            print("\\n---")
            print(os.waitstatus_to_exitcode(status), *[m["content"] for m in box.inbox], sep="|")
            print(box.stats["connections"] - before)
            print(*sorted({module.removeprefix("notebook_notify.") for module, _ in held}))
    """
    run = subprocess.run(
        [sys.executable, "-c", RECORDED + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told, connections, held = run.stdout.partition("\n---\n")[2].splitlines()
    assert told == "0|parent|line|child|parent again", run.stderr
    assert connections == "1"
    assert {
        *("delivery.pacing", "delivery.routes", "delivery.shared", "delivery.tokens"),
        *("delivery.workers", "notebook.cells", "private_file", "secret"),
        *("sending.bookkeeping", "waiting.changes", "waiting.storing"),
    } <= set(held.split())

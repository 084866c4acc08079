"""A cell's whole life in a kernel: ``python kernel.py [vscode|colab]``.

With a word the conditions of that place are made, as far as they can be had without it: VS Code
names the notebook by a variable that it sets in the background; Colab by its server's sessions.
"""

from __future__ import annotations

import contextlib
import http.server
import importlib.metadata
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from client import Kernel
from common import PICTURE, Checks, Place, place, until

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Nobody but a front end sends the word that this cell waits for: so its output was seen live.
LIVE = """%%notify_wechat --to ops --title nightly
import asyncio, os, time
print('at once', flush=True)
for tick in range(300):
    if os.path.exists('seen'):
        break
    await asyncio.sleep(0.1)
else:
    raise TimeoutError('its output was not seen while it ran')
print('last line')
6 * 7"""
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);"
NAMES = {"": "report.ipynb", "vscode": "a report.ipynb", "colab": "my report.ipynb"}


def main(where: str) -> None:
    """Check one kernel from its first cell to its death."""
    with place() as (check, here), conditions(where) as environment:
        with Kernel(**environment) as kernel:
            check_cells(check, here, kernel, where)
            check_panel(check, kernel)
            check_auto(check, here, kernel)
            check_death(check, here, kernel)
        with check("no secret in what the kernel said"):
            here.unseen("\n".join(kernel.said))


@contextlib.contextmanager
def conditions(where: str) -> Iterator[dict[str, str]]:
    """What stands in the kernel's environment there."""
    environment = {"NOTEBOOK_NOTIFY_STOPPED_AFTER": "0.5"}
    if where == "":
        yield environment | {"JPY_SESSION_NAME": "/home/zhangwei/report.ipynb"}
    elif where == "vscode":
        yield environment
    else:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sessions)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield environment | {
            "COLAB_JUPYTER_IP": "127.0.0.1",
            "KMP_TARGET_PORT": str(server.server_address[1]),
            "JPY_SESSION_NAME": "/content/fileId=1AbC",
        }
        server.shutdown()
        server.server_close()


class Sessions(http.server.BaseHTTPRequestHandler):
    """Colab's server, of which only this is asked."""

    def do_GET(self) -> None:
        """Answer as Jupyter's sessions API does."""
        session = {"path": "fileId=1AbC", "name": "my%20report.ipynb", "type": "notebook"}
        body = json.dumps([session]).encode()
        self.send_response(200 if self.path == "/api/sessions" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def check_cells(check: Checks, here: Place, kernel: Kernel, where: str) -> None:
    """What is shown under a cell, and what arrives."""
    seen = here.folder / "seen"
    if where == "vscode":
        kernel.run("__vsc_ipynb_file__ = '/home/zhangwei/a report.ipynb'", silent=True)
    with check("%load_ext"):
        shown = kernel.run("%load_ext notebook_notify")
        assert (shown.status, shown.messages) == ("ok", [])
    with check("live output, await and Out"):
        shown = kernel.run(LIVE, ("at once", seen.touch))
        assert shown.status == "ok", shown.messages
        assert shown.text == "at once\nlast line\n"
        assert [one["data"]["text/plain"] for one in shown.of("execute_result")] == ["42"]
        assert kernel.run("_ + 0").of("execute_result")[0]["data"]["text/plain"] == "42"
    with check("the box"):
        (box,) = shown.plain
        assert box.startswith("✓ sent ops"), box
    with check("the message"):
        text = here.inbox.text()
        assert text.startswith("✅ Done · nightly · ")
        assert "Result\n42" in text
        assert text.endswith("Output\nat once\nlast line")
    with check("the notebook's name"):
        assert f"{NAMES[where]} [" in text, text
    with check("an error, once"):
        shown = kernel.run("%%notify_wechat --to ops\nprint('before')\n1/0")
        assert shown.status == "error"
        assert shown.traceback.count("ZeroDivisionError: division by zero") == 1
        assert shown.text == "before\n"
        text = here.inbox.text()
        assert text.startswith("❌ Failed · ")
        assert "ZeroDivisionError: division by zero" in text
        assert "line 3" in text
    with check("a plot"):
        plot = PLOT if importlib.util.find_spec("matplotlib") else PICTURE
        shown = kernel.run(f"%%notify_wechat --to ops\n{plot}")
        assert [one for one in shown.of("display_data") if "image/png" in one["data"]]
        kinds = [one["msgtype"] for one in here.inbox.wait(2)]
        assert kinds == ["text", "image"]
    with check("below another magic"):
        shown = kernel.run("%%time\n%%notify_wechat --to ops\nprint('timed')\n1/0")
        assert shown.traceback.count("ZeroDivisionError: division by zero") == 1
        assert "timed" in here.inbox.text()
    with check("a text"):
        kernel.run("loss = 0.03125\n%notify_wechat --to ops loss {loss:.3f}, is it well?")
        assert here.inbox.text() == "loss 0.031, is it well?"
    with check("the sandbox's magics"):
        shown = kernel.run(f"%notify_sandbox --url {here.box.url}\n%notify_wechat to a phone")
        assert here.inbox.text() == "to a phone"
        assert all(shown.plain)


def check_panel(check: Checks, kernel: Kernel) -> None:
    """The form where there are widgets to make it of; else what to do instead."""
    with check("%notify_panel"):
        shown = kernel.run("%notify_panel en")
        assert shown.status == "ok", shown.messages
        assert "The panel of notebook_notify" in shown.plain[0]
        form = [one for one in shown.of("display_data") if any("widget" in k for k in one["data"])]
        assert len(form) == (widgets() >= 8), shown.messages
        if not form:
            assert "ipywidgets 8" in shown.plain[0]


def widgets() -> int:
    """The major version of ipywidgets; 0 if there is none."""
    try:
        return int(importlib.metadata.version("ipywidgets").partition(".")[0])
    except importlib.metadata.PackageNotFoundError:
        return 0


def check_auto(check: Checks, here: Place, kernel: Kernel) -> None:
    """Cells that follow each other are one message."""
    with check("%notify_auto"):
        kernel.run("%notify_auto --to ops --title batch")
        kernel.run("print('first')")
        kernel.run("print('second')")
        text = here.inbox.text()
        assert text.startswith("✅ Done · batch · 2 cells · ")
        assert text.endswith("Output\nsecond")
        kernel.run("%notify_auto off")


def check_death(check: Checks, here: Place, kernel: Kernel) -> None:
    """A kernel that is killed is told of from outside."""
    with check("the kernel's death"):
        pid = int(kernel.run("print(os.getpid())").text)
        doomed = "%%notify_wechat --to ops --title doomed\nprint('begun', flush=True)\n"
        kernel.run(doomed + "time.sleep(60)", ("begun", lambda: None), ends=False)
        assert here.inbox.empty()
        time.sleep(4)  # the last line is passed on every two seconds
        os.kill(pid, signal.SIGKILL)
        text = here.inbox.text()
        assert text.startswith("💥 Kernel stopped · doomed · ")
        assert "begun" in text
    with check("nothing is left of the watcher"):
        until(lambda: not watchers(pid), 20, "its watcher has ended")


def watchers(pid: int) -> list[Path]:
    """The watchers of a kernel, which is their argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if str(pid).encode() in words and b"deathwatch_child" in b" ".join(words):
                found.append(path)
    return found


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))

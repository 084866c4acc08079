"""Two cells at once: JupyterLab runs some in a kernel's subshells."""

from __future__ import annotations

import time

import pytest
from jupyter_client.manager import start_new_kernel


class Subshells:
    """A kernel that runs cells at the same time."""

    def __init__(self, client):
        self.client = client
        self.sub = self._create()

    def _create(self):
        client = self.client
        supported = client.kernel_info(reply=True, timeout=30)["content"].get("supported_features")
        if "kernel subshells" not in (supported or []):
            pytest.skip("this kernel has no subshells")
        client.control_channel.send(client.session.msg("create_subshell_request", {}))
        reply = client.get_control_msg(timeout=30)
        return reply["content"]["subshell_id"]

    def begin(self, code, *, sub=False, silent=False):
        """Send a cell, and do not wait; gives the request's id."""
        content = {"code": code, "silent": silent, "store_history": not silent}
        content |= {"user_expressions": {}, "allow_stdin": False, "stop_on_error": False}
        request = self.client.session.msg("execute_request", content)
        if sub:
            request["header"]["subshell_id"] = self.sub
        self.client.shell_channel.send(request)
        return request["header"]["msg_id"]

    def shown(self, *requests):
        """Waits until these cells have run; gives what each showed, as text."""
        texts = dict.fromkeys(requests, "")
        running = set(requests)
        while running:
            message = self.client.get_iopub_msg(timeout=30)
            request, content = message["parent_header"].get("msg_id"), message["content"]
            if request not in texts:
                continue
            if content.get("execution_state") == "idle":
                running.discard(request)
            texts[request] += content.get("text", "")
            texts[request] += content.get("data", {}).get("text/plain", "")
        return list(texts.values())

    def run(self, code, **where):
        """Run a cell; gives what it showed."""
        return self.shown(self.begin(code, **where))[0]


@pytest.fixture(scope="module")
def subshells(environment_for, folder, shared_box):
    """A kernel with one subshell, in which the sandbox is the default."""
    manager, client = start_new_kernel(env=environment_for(folder))
    try:
        two = Subshells(client)
        two.run(f"%load_ext notebook_notify\n%notify_sandbox --url {shared_box.url}")
        two.run(
            "import os, time, pathlib\n"
            "def wait(name):\n    while not os.path.exists(name): time.sleep(0.01)\n"
            "def mark(name):\n    pathlib.Path(name).touch()"
        )
        yield two
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _long(folder, title, name):
    lines = (f"print('first of {title}', flush=True)", f"mark(r'{folder / name}.began')")
    return "\n".join(
        (f"%%notify_wechat --title {title}", *lines, f"wait(r'{folder / name}.go')", "6 * 7")
    )


def _await(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _messages(box):
    found = {one["content"].split(" · ")[1]: one["content"] for one in box.inbox}
    assert len(found) == len(box.inbox)
    return found


UNWRAPPED = "print('send_multipart' in vars(get_ipython().kernel.iopub_thread))"


@pytest.mark.parametrize(
    "other", ["print('theirs')", "%%notify_wechat --title other\nprint('theirs')"]
)
@pytest.mark.parametrize("where", ["main", "sub"])
def test_a_cell_that_ends_meanwhile_takes_nothing_away(subshells, box, tmp_path, where, other):
    """While a notified cell runs, any other cell may begin and end; each has its own message."""
    long = subshells.begin(_long(tmp_path, "long", "a"), sub=where == "sub")
    _await(tmp_path / "a.began")
    assert "theirs" in subshells.run(other, sub=where == "main")
    (tmp_path / "a.go").touch()
    (shown,) = subshells.shown(long)
    assert "✓ sent" in shown
    messages = _messages(box)
    assert messages.keys() == ({"long", "other"} if "other" in other else {"long"})
    assert messages["long"].endswith("Output\nfirst of long")
    if "other" in other:
        assert messages["other"].endswith("theirs")
        assert "first of long" not in messages["other"]
    assert subshells.run(UNWRAPPED) == "False\n"


def test_two_cells_that_overlap(subshells, box, tmp_path):
    """Of two notified cells the first to begin may be the first to end, and nothing is left."""
    first = subshells.begin(_long(tmp_path, "one", "one"))
    _await(tmp_path / "one.began")
    second = subshells.begin(_long(tmp_path, "two", "two"), sub=True)
    _await(tmp_path / "two.began")
    (tmp_path / "one.go").touch()
    assert "✓ sent" in subshells.shown(first)[0]
    (tmp_path / "two.go").touch()
    assert "✓ sent" in subshells.shown(second)[0]
    messages = _messages(box)
    for title in ("one", "two"):
        assert messages[title].endswith(f"Output\nfirst of {title}")
        assert "Result\n42" in messages[title]
    assert subshells.run(UNWRAPPED) == "False\n"


def test_an_error_beside_a_cell_below_another_magic_is_shown(subshells, box, tmp_path):
    """``%%time`` over a notified cell hides its own second traceback, and no other cell's."""
    long = subshells.begin("%%time\n" + _long(tmp_path, "long", "t"))
    _await(tmp_path / "t.began")
    failing = subshells.begin("1/0", sub=True)
    seen = []
    while not seen or seen[-1]["content"].get("execution_state") != "idle":
        message = subshells.client.get_iopub_msg(timeout=30)
        if message["parent_header"].get("msg_id") == failing:
            seen.append(message)
    assert [one["content"]["ename"] for one in seen if one["msg_type"] == "error"] == [
        "ZeroDivisionError"
    ]
    (tmp_path / "t.go").touch()
    assert "✓ sent" in subshells.shown(long)[0]


def test_a_silent_cell_says_that_it_was_not_notified(subshells, box):
    """A cell that a program runs silently is not notified, and one line says so."""
    shown = subshells.run("%%notify_wechat\n1", silent=True)
    assert shown == "notebook_notify: this cell was not notified: it was run silently"
    assert subshells.run("2").strip() == "2"
    assert box.inbox == []

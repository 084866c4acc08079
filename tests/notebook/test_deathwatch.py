"""The kernel's side: what it says to its watcher, and that it never waits for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from notebook_notify.content.screen import Screen
from notebook_notify.notebook import deathwatch as module
from notebook_notify.notebook.calls import make_call
from notebook_notify.notebook.deathwatch import DeathWatch, watch_cell
from notebook_notify.notebook.options import Options
from notebook_notify.secret import Secret
from notebook_notify.targets import Target

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no watcher on Windows")


@pytest.fixture
def watcher(monkeypatch):
    """Stands in the watcher's place: gives what it was told, and how it was started."""

    class Watcher:
        def __init__(self):
            self.starts = []
            self._read, self._rest = None, b""

        def popen(self, command, **options):
            self.starts.append((command, options))
            self._read, write = os.pipe()
            self._rest, self.ended = b"", False
            os.set_blocking(self._read, False)
            return SimpleNamespace(stdin=os.fdopen(write, "wb", 0), wait=lambda _timeout=None: 0)

        def heard(self):
            """All lines since the last call."""
            while not self.ended:
                try:
                    piece = os.read(self._read, 1 << 20)
                except BlockingIOError:
                    break
                self.ended = not piece
                self._rest += piece
            *lines, self._rest = self._rest.split(b"\n")
            return [json.loads(line) for line in lines]

        def die(self):
            os.close(self._read)

    one = Watcher()
    monkeypatch.setattr(subprocess, "Popen", one.popen)
    return one


@pytest.fixture
def watch(watcher, monkeypatch):
    """A watch of the test's own, with a hundredth of a second for two."""
    monkeypatch.setattr(module, "LOOK", 0.01)
    one = DeathWatch()
    monkeypatch.setattr(module, "DEATHWATCH", one)
    yield one
    one.close()


def eventually(true):
    """Whether it comes true within 10 s."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not true():
        time.sleep(0.01)
    return true()


def _threads():
    return [one.name for one in threading.enumerate() if one.name == "notebook_notify deathwatch"]


def call(**options):
    """A ready magic line to a group, whose failures go to a robot."""
    group = Target("wecom_chat", {"corp_id": "w", "corp_secret": "env:OPS", "chat_id": "c"}, "ops")
    robot = Target("wecom_robot", {"webhook": Secret("a-literal-secret"), "mention": ["z"]})
    options = SimpleNamespace(
        **{"after": 0.0, "dry_run": False, "on": "always", "mention": ()} | options
    )
    return SimpleNamespace(options=options, targets=(group,), alerts=(group, robot), title="run")


SHELL = SimpleNamespace(user_ns={"__vsc_ipynb_file__": "/home/z/n.ipynb"})


def test_what_the_watcher_is_told(watch, watcher, monkeypatch):
    """All that it takes to send, by the pipe alone; references as such, with what they stand for."""
    monkeypatch.setenv("OPS", "the-secret-of-ops")
    monkeypatch.setenv("LANG", "C.UTF-8")
    watched = watch_cell(call(), Screen(), SHELL, 12)
    watched.end()
    hello, begin, end = watcher.heard()
    assert hello["path"][: len(sys.path)] == sys.path
    assert hello["environ"] == dict(os.environ)
    assert (begin["title"], begin["where"]) == ("run", "n.ipynb [12]")
    assert begin["targets"][0]["fields"]["corp_secret"] == "env:OPS"
    assert begin["targets"][1]["fields"]["webhook"] == "a-literal-secret"
    assert begin["environ"] == {"OPS": "the-secret-of-ops"}
    assert [end["say"], end["cell"]] == ["end", begin["cell"]]
    ((command, options),) = watcher.starts
    assert "secret" not in f"{command} {options}"
    assert options["env"]["LANG"] == "C.UTF-8"
    assert options["start_new_session"]


@pytest.mark.parametrize("options", [{"on": "success"}, {"dry_run": True}])
def test_who_is_not_to_be_told(watch, watcher, options):
    """Who wants successes alone, or nothing sent, starts no process."""
    assert watch_cell(call(**options), Screen(), SHELL, 1) is None
    assert watcher.starts == []


@pytest.mark.parametrize(
    ("said", "after", "passed", "least"),
    [
        ("", 0, 0, 5),
        ("1m", 0, 0, 60),
        ("0.5", 0, 0, 0.5),
        ("soon", 0, 0, 5),
        ("", 90, 0, 90),
        ("", 90, 60, 30),
        ("", 90, 600, 5),
    ],
)
def test_for_how_long_it_must_have_run(watch, watcher, monkeypatch, said, after, passed, least):
    """Five seconds, or what the variable says; and ``--after``, of a batch what is left of it."""
    monkeypatch.setenv(module.VARIABLE, said)
    watched = watch_cell(call(after=after), Screen(), SHELL, 1, passed)
    assert watcher.heard()[1]["least"] == least
    watched.end()


def test_it_can_be_switched_off(watch, watcher, monkeypatch):
    """By the same variable."""
    monkeypatch.setenv(module.VARIABLE, "off")
    assert watch_cell(call(), Screen(), SHELL, 1) is None
    assert watcher.starts == []


def test_the_last_line_is_passed_on(watch, watcher):
    """With its time, only if there is news, and with no secret in it."""
    screen = Screen()
    watched = watch_cell(call(), screen, SHELL, 1)
    screen.stream("epoch 1\npassword=hunter22 ")
    lines = []
    assert eventually(
        lambda: lines.extend(o for o in watcher.heard() if o["say"] == "line") or lines
    )
    assert "hunter22" not in lines[0]["line"]
    assert abs(lines[0]["at"] - time.time()) < 5
    time.sleep(0.1)
    assert [one for one in watcher.heard() if one["say"] == "line"] == []
    watched.end()


def test_a_watcher_that_does_not_read_holds_nobody_up(watch, watcher):
    """However full the pipe is: what it is told later is whole, and all ends are in it."""
    started = time.monotonic()
    for _ in range(2000):
        watch_cell(call(), Screen(), SHELL, 1).end()
    assert time.monotonic() - started < 10
    said = []
    watched = watch_cell(call(), Screen(), SHELL, 2)  # what is left is passed on while one runs
    assert eventually(lambda: said.extend(watcher.heard()) or not watch._waiting)
    watched.end()
    said += watcher.heard()
    begun = [one["cell"] for one in said if one["say"] == "begin"]
    assert begun == [one["cell"] for one in said if one["say"] == "end"]
    assert len(begun) == 2001
    assert len(watcher.starts) == 1


def test_a_large_environment_arrives(watch, watcher, monkeypatch):
    """What the pipe does not take at once comes while the first cell still runs."""
    for number in range(20):
        monkeypatch.setenv(f"LARGE_{number}", "x" * 10_000)
    said = []
    watched = watch_cell(call(), Screen(), SHELL, 1)
    assert eventually(lambda: said.extend(watcher.heard()) or said[1:])
    assert [one["say"] for one in said] == ["hello", "begin"]
    watched.end()


def test_a_watcher_that_died_is_replaced(watch, watcher):
    """The cells that run are told to the next; not for ever, if each dies."""
    watched = watch_cell(call(), Screen(), SHELL, 7)
    watcher.die()
    watch_cell(call(), Screen(), SHELL, 8).end()
    assert eventually(lambda: len(watcher.starts) == 2)
    hello, begin = watcher.heard()
    assert (hello["say"], begin["where"]) == ("hello", "n.ipynb [7]")
    for _ in range(3):
        watcher.die()
        for _ in range(3):
            watch_cell(call(), Screen(), SHELL, 8).end()
            time.sleep(0.05)
        if len(watcher.starts) == 3 and watch._pipe is None:
            break
    assert len(watcher.starts) == 3
    watched.end()


def test_a_cell_that_was_forgotten_has_ended(watch, watcher):
    """An interrupt may have the end of a cell missed: its listener is gone, and so is the cell."""
    watch_cell(call(), Screen(), SHELL, 1)
    said = []
    assert eventually(lambda: said.extend(watcher.heard()) or "end" in [o["say"] for o in said])
    assert watch._cells == {}


def test_a_forked_child_lets_go_of_the_pipe(watch, watcher):
    """It would hide the kernel's end from the watcher; the cell that it leaves is not its own."""
    watched = watch_cell(call(), Screen(), SHELL, 1)
    before = watcher.heard()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        watch.renew()
        watched.end()
        os.close(write)
        os.read(read, 1)  # until the parent says so
        os._exit(0)
    watch._pipe.close()
    try:
        assert len(before) == 2
        assert eventually(lambda: watcher.heard() == [] and watcher.ended)
    finally:
        watch._drop()
        os.close(write)
        os.close(read)
        os.waitpid(pid, 0)


def test_where_no_process_can_be_started(watch, monkeypatch):
    """The cell is not watched, and nothing else is different."""

    def refuse(*_, **__):
        raise OSError("too many processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    for _ in range(10):
        watch_cell(call(), Screen(), SHELL, 1).end()
    assert watch._starts == 3


def test_a_kernel_that_is_asked_to_end_says_so(watch, watcher):
    """``do_shutdown`` of the kernel, as before, after a last word; the hook does not stay."""
    kernel = SimpleNamespace(do_shutdown=lambda restart: {"restart": restart})
    before = kernel.do_shutdown
    shell = SimpleNamespace(user_ns={}, kernel=kernel)
    watched = watch_cell(call(), Screen(), shell, 1)
    assert kernel.do_shutdown(True) == {"restart": True}
    assert watcher.heard()[-1] == {"say": "bye"}
    assert kernel.do_shutdown is before
    watched.end()


def test_a_thousand_cells_leave_nothing_behind(shell, sandbox, run):
    """One process for all of them, no child of this one, no descriptor, no thread."""
    run(f"%notify_sandbox --url {sandbox.url}")
    left = []
    for times in (1, 1000):
        for _ in range(times):
            shell.run_cell("%%notify_wechat --on error\npass", store_history=False)
        assert eventually(lambda: module.DEATHWATCH._process.returncode == 0)
        process = module.DEATHWATCH._process
        left.append((process, len(list(Path("/dev/fd").iterdir())), _threads()))
    assert left[0] == left[1]
    with pytest.raises(ChildProcessError):
        os.waitpid(process.pid, 0)


def test_a_kernel_that_does_not_notify_starts_none(shell, run):
    """Not by loading the extension, nor by other cells."""
    run("1 + 1")
    run("%notify_targets")
    assert module.DEATHWATCH._pipe is None


def test_make_call_is_what_is_stood_in_for(shell, sandbox, run):
    """The test's own call has what the magic's has."""
    run(f"%notify_sandbox --url {sandbox.url}")
    real = make_call(Options(), "wechat", shell)
    assert set(vars(call())) <= set(type(real).__slots__)
    assert set(vars(call().options)) <= set(type(real.options).__slots__)

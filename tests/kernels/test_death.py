"""A kernel that dies under a notified cell is told of from outside; one that ends well is not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jupyter_client import AsyncKernelManager

from notebook_notify.sandbox import Sandbox

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no watcher on Windows")

SECRET = "NOBODY-SEES-THIS-ONE"
#: Half a second for five, and a secret that is none of ours.
SHORT = {"NOTEBOOK_NOTIFY_STOPPED_AFTER": "0.5", "JUST_ANOTHER_SECRET": SECRET}
#: A cell that Ctrl-C does not end.
STUBBORN = """
print("begun", flush=True)
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print("ignored")
"""
#: Children by fork, and by a fork that Python knows nothing of, hold open all that the kernel has.
CRASH = """
import ctypes, faulthandler, multiprocessing
multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,)).start()
if ctypes.PyDLL(None).fork() == 0:
    time.sleep(60)
    os._exit(0)
print("begun", flush=True)
time.sleep(1)
faulthandler._sigsegv()
"""


class Doomed:
    """A kernel with the extension, whose process may be ended in any way."""

    async def start(self, environment, *setup):
        """Start it and set it up."""
        self.manager = AsyncKernelManager(kernel_name="python3")
        await self.manager.start_kernel(env=environment)
        self.pid = self.manager.provisioner.pid
        self.client = self.manager.client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=60)
        fast = "from notebook_notify.notebook import deathwatch\ndeathwatch.LOOK = 0.2"
        for source in ("%load_ext notebook_notify\nimport os, time\n" + fast, *setup):
            await self.run(source)
        return self

    async def run(self, source, until=None, then=None):
        """Run a cell to its end, or until it prints *until*; gives the text that it prints.

        With *then* it is run to its end, and that is done when *until* was printed.
        """
        asked, said = self.client.execute(source), ""
        while True:
            one = await self.client.get_iopub_msg(timeout=60)
            if one["parent_header"].get("msg_id") != asked:
                continue
            said += one["content"].get("text", "")
            if one["content"].get("execution_state") == "idle":
                return said
            if until and until in said:
                if then is None:
                    return said
                await then()
                until = None

    async def run_in(self, seconds, source):
        """Run a cell that lasts, and give it so many seconds."""
        said = await self.run(source, until="begun")
        await asyncio.sleep(seconds)
        return said

    def watchers(self):
        """Its watcher's processes: found by the kernel's number, which is their argument."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = path.read_bytes().split(b"\0")
                if str(self.pid).encode() in words and b"deathwatch_child" in b" ".join(words):
                    found.append(path.parent)
        return found

    async def close(self):
        """End what is left of it: its process group is its own."""
        self.client.stop_channels()
        await self.manager.shutdown_kernel(now=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


CONFIG = """
[targets.ops]
channel = "wecom_chat"
corp_id = "{corp_id}"
corp_secret = "env:OPS_SECRET"
chat_id = "{chat_id}"
base_url = "{base_url}"
alert = "duty"

[targets.duty]
channel = "wecom_robot"
webhook = "env:DUTY_WEBHOOK"
base_url = "{base_url}"
mention = ["zhangwei"]
"""
MAGIC = "%%notify_wechat --title {}\n"


@dataclass
class Story:
    """What became of all the kernels, side by side.

    Attributes:
        box: what they sent to, in this process, which outlives them.
        left: of the one that lives, after one cell and after a hundred: open descriptors,
            threads, and watchers.
        watchers: how many it had before the first notified cell.
        waited: whether a cell that waited for all children of the kernel had only its own.
        shown: what else of its watcher others can see: command line and environment.
        outlived: whether children of the kernel's lived on when its crash was told.
        orphans: watchers that were left when all was told.
    """

    box: Sandbox
    left: list[str] = field(default_factory=list)
    watchers: int | None = None
    waited: str = ""
    shown: bytes = b""
    outlived: bool = False
    orphans: list[Path] = field(default_factory=list)

    def message(self, title):
        """The message on the run of that title."""
        (only,) = [one for one in self.box.inbox if f" · {title} · " in one["content"]]
        return only

    async def calm(self, environment):
        """A kernel that lives, until it is killed when no cell runs."""
        kernel = await Doomed().start(environment, f"%notify_sandbox --url {self.box.url}")
        await kernel.run("1 + 1")
        self.watchers = len(kernel.watchers())
        count = (
            "import threading\nprint(len(os.listdir('/proc/self/fd')), threading.active_count())"
        )
        short = "%%notify_wechat --title short --on error\npass"
        for times in (1, 100):
            for _ in range(times):
                kernel.client.execute(short)
            await kernel.run("0")
            await asyncio.sleep(0.6)
            self.left.append(f"{await kernel.run(count)} {len(kernel.watchers())}")
        self.waited = await kernel.run(
            "own, all = os.spawnlp(os.P_NOWAIT, 'true', 'true'), []\n"
            "try:\n    while True: all.append(os.wait()[0])\n"
            "except ChildProcessError: print(all == [own])"
        )
        for one in kernel.watchers():
            self.shown += (one / "cmdline").read_bytes() + (one / "environ").read_bytes()
        steps = "print('begun')\nfor n in range(600): time.sleep(0.1)"
        press = kernel.manager.interrupt_kernel
        await kernel.run(MAGIC.format("pressed") + steps, until="begun", then=press)
        await kernel.run(MAGIC.format("finished") + "time.sleep(1)")
        os.kill(kernel.pid, signal.SIGKILL)
        return kernel

    async def killed(self, environment):
        """As the OOM killer does; the target's ``alert`` is told, with a variable set late."""
        kernel = await Doomed().start(
            environment,
            "%env DUTY_WEBHOOK=none",
            "%%notify --to ops --on error\n1",
            f"%env DUTY_WEBHOOK={self.box.targets['sandbox-wecom_robot']['webhook']}",
        )
        line = "print('epoch 71/100 loss 0.288 password=hunter22')"
        await kernel.run_in(1.5, f"%%notify --to ops --title killed\n{line}\n{STUBBORN[1:]}")
        os.kill(kernel.pid, signal.SIGKILL)
        return kernel

    async def exited(self, environment):
        """``os._exit`` under ``%notify_auto``."""
        use = f"%notify_sandbox --url {self.box.url}"
        auto = "%notify_auto --to sandbox-wecom_app --title 夜间回测"
        kernel = await Doomed().start(environment, use, auto)
        await kernel.run_in(1.5, "print('begun', flush=True)\ntime.sleep(1)\nos._exit(1)")
        return kernel

    async def crashed(self, environment):
        """A crash, with children that outlive the kernel."""
        kernel = await Doomed().start(environment, f"%notify_sandbox --url {self.box.url}")
        await kernel.run_in(1, MAGIC.format("crashed") + CRASH)
        for _ in range(200):
            await asyncio.sleep(0.1)
            if any(" · crashed · " in one["content"] for one in self.box.inbox):
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(kernel.pid, 0)
            self.outlived = True
        return kernel

    async def asked(self, environment, title):
        """Restarted or shut down by its user, while a cell runs."""
        kernel = await Doomed().start(environment, f"%notify_sandbox --url {self.box.url}")
        await kernel.run_in(1, MAGIC.format(title) + STUBBORN)
        await getattr(kernel.manager, f"{title}_kernel")()
        return kernel


@pytest.fixture(scope="module")
def story(tmp_path_factory, environment_for):
    """All of it, side by side."""
    plain = environment_for(tmp_path_factory.mktemp("plain"), **SHORT)
    folder = tmp_path_factory.mktemp("saved")
    config = folder / "notebook_notify.toml"
    with Sandbox() as box:
        config.write_text(CONFIG.format(**box.targets["sandbox-wecom_chat"]))
        config.chmod(0o600)
        secret = box.targets["sandbox-wecom_chat"]["corp_secret"]
        saved = environment_for(folder, **SHORT, OPS_SECRET=secret)
        told = Story(box)

        async def play():
            kernels = await asyncio.gather(
                told.calm(plain),
                told.killed(saved),
                told.exited(plain | {"NOTEBOOK_NOTIFY_LANGUAGE": "zh"}),
                told.crashed(plain),
                told.asked(plain, "shutdown"),
                told.asked(plain, "restart"),
            )
            await asyncio.sleep(2)  # for what should not come
            told.orphans = [one for kernel in kernels for one in kernel.watchers()]
            for kernel in kernels:
                await kernel.close()

        asyncio.run(play())
        yield told


def test_a_killed_kernel_is_told(story):
    """Who, where, the last line, the memory: to the ``alert`` of the target, and it rings whom it names."""
    one = story.message("killed")
    assert one["channel"] == "wecom_robot"
    first, usual, where, last, memory = one["content"].split("\n")[:5]
    assert re.fullmatch(r"💥 Kernel stopped · killed · after \d\.\d s", first)
    assert usual.startswith("The cell did not finish; its variables are lost.")
    assert re.fullmatch(r"\S+ · \[\d+\] · \d\d-\d\d \d\d:\d\d:\d\d.*", where)
    assert re.fullmatch(r"Last line \(\d\d:\d\d:\d\d\): begun", last)
    assert re.fullmatch(r"Memory before: [\d.]+/[\d.]+ GB, the kernel's 0\.\d GB", memory)
    assert one["mentions"] == ["zhangwei"]


def test_an_exit_under_auto_is_told_in_chinese(story):
    """``os._exit`` in a cell of ``%notify_auto``; in the language of the kernel."""
    one = story.message("夜间回测")
    assert one["channel"] == "wecom_app"
    assert one["content"].startswith("💥 内核已停止 · 夜间回测 · 运行 ")
    assert "单元没有跑完，变量已丢失" in one["content"]


def test_a_crash_is_told_while_children_live(story):
    """A segmentation fault is told though forked children hold open all that the kernel had."""
    assert story.message("crashed")["content"].startswith("💥 Kernel stopped · crashed · after ")
    assert story.outlived


@pytest.mark.parametrize("title", ["shutdown", "restart"])
def test_what_the_user_asked_for_is_not_told(story, title):
    """A kernel that was asked to end is not told of, even if its cell did not heed Ctrl-C."""
    assert [one for one in story.box.inbox if f" · {title} · " in one["content"]] == []


def test_a_cell_that_ended_is_told_once(story):
    """A cell that ended well, or by Ctrl-C, has its own message alone; a later kill is no news."""
    assert story.message("finished")["content"].startswith("✅")
    assert story.message("pressed")["content"].startswith("⏹")
    assert [one for one in story.box.inbox if " · short · " in one["content"]] == []


def test_nothing_is_left_behind(story):
    """No watcher without a notified cell, one however many there are, none when all is over."""
    assert story.watchers == 0
    once, often = ([int(word) for word in one.split()] for one in story.left)
    assert once[1:] == often[1:]
    assert abs(often[0] - once[0]) < 5  # the kernel has some that come and go
    assert once[-1] == 1
    assert story.orphans == []


def test_a_cell_may_wait_for_its_children(story):
    """``os.wait`` knows of no child but the cell's own."""
    assert story.waited.strip() == "True"


def test_others_see_no_secret(story):
    """Neither the command line of the watcher nor its environment holds one."""
    assert b"deathwatch_child" in story.shown
    keys = [value for one in story.box.targets.values() for value in one.values()]
    for secret in [SECRET, *(one for one in keys if isinstance(one, str) and len(one) > 20)]:
        assert secret.encode() not in story.shown

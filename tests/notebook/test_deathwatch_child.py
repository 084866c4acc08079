"""The process beside the kernel: when it tells, and of what."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from notebook_notify.notebook import deathwatch_child as child

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="it looks into /proc, and waits for pidfds"
)
RUN = (
    "import os, sys\nfrom notebook_notify.notebook import deathwatch_child as child\n"
    "pid, way = int(sys.argv[1]), sys.argv[2]\n"
    "watcher = child.Watcher(pid, os.pidfd_open(pid) if way == 'pidfd' else None)\n"
    "print('ready', flush=True)\nwatcher.run()\n"
)


@pytest.fixture
def watch(sandbox):
    """Has a process watched that is no kernel; gives what it takes to speak and to end it."""
    started = []

    class Watch:
        def __init__(self, way="pidfd"):
            self.kernel = subprocess.Popen(["sleep", "60"])
            self.watcher = subprocess.Popen(
                [sys.executable, "-c", RUN, str(self.kernel.pid), way],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self.watcher.stdout.readline()
            started.append(self)
            self.say("hello", path=sys.path, environ=dict(os.environ))

        def say(self, what, **said):
            self.watcher.stdin.write(json.dumps({"say": what, **said}).encode() + b"\n")
            self.watcher.stdin.flush()

        def begin(self, cell, title, ago=60.0, **more):
            fields = dict(sandbox.targets["sandbox-wecom_chat"])
            target = {"channel": fields.pop("channel"), "fields": fields}
            told = {"title": title, "who": "z@hub", "where": "n.ipynb [2]", "mention": []}
            told |= {"language": "en", "timezone": "Asia/Shanghai", "targets": [target]}
            told |= {"least": 5.0, "ticks": time.monotonic() - ago, "environ": {}, **more}
            self.say("begin", cell=cell, **told)

        def die(self):
            self.kernel.kill()
            self.kernel.wait()

        def told(self):
            """What was told, when the watcher has ended; its pipe stays open until then."""
            self.watcher.wait(20)
            return [one["content"] for one in sandbox.inbox]

    yield Watch
    for one in started:
        one.die()
        one.watcher.kill()
        one.watcher.stdin.close()
        one.watcher.stdout.close()
        one.watcher.wait()


@pytest.mark.parametrize("way", ["pidfd", "look"])
def test_the_end_is_noticed_though_the_pipe_stays_open(watch, way):
    """Somebody else holds the pipe, as a forked child may: the kernel's number says it."""
    one = watch(way)
    one.begin(1, "run")
    one.say("line", cell=1, line="epoch 3", at=0)
    time.sleep(0.3)  # for the memory
    one.die()
    (text,) = one.told()
    first, _, who, last, memory = text.split("\n")
    assert first.startswith("💥 Kernel stopped · run · after 1m")
    assert who.startswith("z@hub · n.ipynb [2] · ")
    assert last == "Last line (08:00:00): epoch 3"
    assert memory.startswith("Memory before: ")


def test_the_end_of_the_pipe_is_the_kernels(watch):
    """As fast as it can be: when the kernel closes it by dying."""
    one = watch()
    one.begin(1, "run")
    one.watcher.stdin.close()
    assert len(one.told()) == 1


def test_what_is_not_told(watch):
    """A cell that ended, and one that had run for less than its time; of several, only the other."""
    one = watch()
    one.begin(1, "ended")
    one.begin(2, "short", ago=1)
    one.begin(3, "left")
    one.begin(4, "another")
    one.say("end", cell=1)
    one.say("end", cell=1)
    one.die()
    left, another = one.told()
    assert left.startswith("💥 Kernel stopped · left · ")
    assert another.startswith("💥 Kernel stopped · another · ")


def test_a_farewell_is_heeded(watch):
    """After it the end is as it should be, whatever ran."""
    one = watch()
    one.begin(1, "run")
    one.say("bye")
    assert one.told() == []


def test_half_a_line_is_no_line(watch):
    """The kernel may die while it writes, and what is no JSON harms nobody."""
    one = watch()
    one.watcher.stdin.write(b"no json\n{}\n")
    one.begin(1, "run")
    one.say("line", cell=7, line="of a cell that is not known", at=0)
    one.watcher.stdin.write(b'{"say": "end", "ce')
    one.watcher.stdin.flush()
    one.die()
    assert len(one.told()) == 1


def test_one_that_cannot_be_told_keeps_no_other(watch):
    """A target that cannot work is that cell's trouble."""
    one = watch()
    one.begin(1, "lame", targets=[{"channel": "none", "fields": {}}])
    one.begin(2, "run")
    one.die()
    assert len(one.told()) == 1


def test_a_variable_reaches_it(watch, sandbox):
    """A secret by reference is looked up in what came with the cell."""
    fields = dict(sandbox.targets["sandbox-wecom_chat"], corp_secret="env:LATE")
    secret = sandbox.targets["sandbox-wecom_chat"]["corp_secret"]
    one = watch()
    target = {"channel": fields.pop("channel"), "fields": fields}
    one.begin(1, "run", targets=[target], environ={"LATE": secret})
    one.die()
    assert len(one.told()) == 1


def test_it_starts_with_the_standard_library_alone():
    """Without the site's packages; for a process that is not its parent it has nothing to do."""
    command = [sys.executable, "-I", "-S", child.__file__, "1"]
    ended = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=20
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


# ── memory ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A /proc and control groups, of which files are written."""
    monkeypatch.setattr(child, "_PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(child, "_CGROUPS", tmp_path / "groups")

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    write(
        {
            "proc/meminfo": "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n",
            "proc/7/status": "Name:\tpython\nVmRSS:\t 300 kB\n",
        }
    )
    return write


def test_memory_of_a_machine(machine):
    """Without a limit, what the whole machine has."""
    machine({"proc/7/cgroup": "0::/user.slice\n", "groups/user.slice/memory.max": "max\n"})
    assert child.measure_of(7)() == {
        "kernel": 300 << 10,
        "used": 600 << 10,
        "limit": 1000 << 10,
    }


@pytest.mark.parametrize(
    ("said", "folder"),
    [
        ("0::/pod/kernel", "groups/pod"),  # the limit is its parent's
        ("0::/../../only/seen/by/the/host", "groups"),
        ("4:cpu:/x\n3:memory:/docker/abc\n0::/", "groups/memory/docker/abc"),
        ("3:memory:/docker/abc", "groups/memory"),
    ],
)
def test_memory_of_a_container(machine, said, folder):
    """The nearest limit counts, of either version; what can be dropped is not in use."""
    old = "memory" in folder
    limit, usage = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes")
        if old
        else ("memory.max", "memory.current")
    )
    spare = "total_inactive_file" if old else "inactive_file"
    files = {limit: "500000\n", usage: "400000\n", "memory.stat": f"anon 5\n{spare} 100000\n"}
    machine({"proc/7/cgroup": said, **{f"{folder}/{name}": text for name, text in files.items()}})
    assert child.measure_of(7)() == {"kernel": 300 << 10, "used": 300000, "limit": 500000}


def test_memory_of_what_is_gone(machine):
    """Nothing is said of a process that is not there, or of a machine that tells nothing."""
    assert child.measure_of(8)() is None

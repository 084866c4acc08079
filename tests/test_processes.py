"""What ``processes.py`` promises."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from notebook_notify.processes import bare_environment, is_alive, this_process

NAME = (
    "from notebook_notify.processes import this_process; print(this_process(), flush=True); input()"
)


@pytest.fixture
def other():
    """Another process, and the name that it has for itself."""
    with subprocess.Popen(
        [sys.executable, "-c", NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process, process.stdout.readline().rstrip("\n")
        process.kill()


def test_the_bare_environment(monkeypatch):
    """A process of ours gets what Python needs to start, and nothing that a user may have set."""
    monkeypatch.setenv("OPS_SECRET", "hunter-of-22")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    bare = bare_environment()
    assert bare["LC_ALL"] == "C.UTF-8"
    assert not {"OPS_SECRET", "PATH", "HOME"} & bare.keys()
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", "print(1)"], env=bare, check=True)
    assert ran.returncode == 0


def test_one_that_runs(other):
    """This process and another one are alive, and are told apart."""
    assert is_alive(this_process())
    assert is_alive(other[1])
    assert other[1] != this_process()


def test_one_that_is_gone(other):
    """A killed process is gone, even while nobody has asked for its exit code."""
    process, name = other
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie from here on
    assert not is_alive(name)
    process.wait(10)
    assert not is_alive(name)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc here")  # noqa: PTH110
def test_its_number_is_used_again():
    """A later process with the same number is not taken for it."""
    machine, pid, started = this_process().rsplit(" ", 2)
    assert not is_alive(f"{machine} {pid} {int(started) - 1}")


def test_without_a_start_time(other):
    """Where the system does not say when a process began, its number must do."""
    process, name = other
    name = name.rsplit(" ", 1)[0] + " "
    assert is_alive(name)
    process.kill()
    process.wait(10)
    assert not is_alive(name)


def test_elsewhere():
    """Of a process on another machine nothing can be told: it counts as alive."""
    assert is_alive("another-machine 1 1")

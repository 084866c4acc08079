"""On a machine that many share: what others can list or read holds nothing of ours."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from notebook_notify.sandbox import Sandbox

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="processes are looked at in /proc"
)

PROXY_PASSWORD = "pr0xy-passw0rd"
#: Runs for long enough that its children are seen; nothing is protected by the umask.
CELL = """%%notify --to literal --to referred --to gone --alert 'never seen' --once day-1 --timeout 3s
import os, time
os.umask(0)
print('a line')
time.sleep(4)
for n in range(3):
    print('line', n, flush=True)
    time.sleep(0.2)
"""


def _toml(name, fields, **changed):
    lines = "".join(
        f"{key} = {json.dumps(value)}\n" for key, value in {**fields, **changed}.items()
    )
    return f"[targets.{name}]\n{lines}"


@pytest.fixture(scope="module")
def left(environment_for, start_kernel, tmp_path_factory):
    """What a run leaves: secrets, processes as they were seen, and the folder of its files."""
    folder = tmp_path_factory.mktemp("privacy")
    with Sandbox() as box:
        chat = box.targets["sandbox-wecom_chat"]
        robot = box.targets["sandbox-dingtalk_robot"]
        proxy = f"http://me:{PROXY_PASSWORD}@127.0.0.1:1"
        config = folder / "notebook_notify.toml"
        config.write_text(
            _toml("literal", chat)
            + _toml("referred", robot, secret="env:OPS_SECRET")
            + _toml("gone", chat, proxy=proxy)
        )
        config.chmod(0o600)
        environment = environment_for(folder, OPS_SECRET=robot["secret"])
        seen: dict[str, bytes] = {}
        over = threading.Event()
        with start_kernel(environment) as kernel:
            kernel.run("%load_ext notebook_notify\nimport os; os.umask(0)")
            watcher = threading.Thread(target=_watch, args=(kernel.pid, seen, over))
            watcher.start()
            shown = kernel.run(CELL)
            over.set()
            watcher.join()
            told = kernel.run("%notify_targets\n%notify_history")
        secrets = {
            "corp_secret": chat["corp_secret"],
            "webhook": robot["webhook"],
            "secret": robot["secret"],
            "proxy": PROXY_PASSWORD,
            **{f"token {n}": token for n, token in enumerate(box.wecom._tokens._tokens)},
        }
        inbox = [one["channel"] for one in box.inbox]
    return {"folder": folder, "shown": shown, "told": told, "seen": seen, "secrets": secrets} | {
        "inbox": inbox
    }


def _watch(kernel, seen, over):
    """Note every process's command line, and the environment of those that are ours."""
    while not over.is_set():
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes()
                seen[f"{process.name} line"] = line
                ours = b"deathwatch" in line and str(kernel).encode() in line
                parent = int((process / "stat").read_bytes().rpartition(b")")[2].split()[1])
                # A child of a fork has its parent's until it begins to be another program.
                begun = b"-I" in line.split(b"\0")
                if (ours or parent == kernel) and begun:
                    seen[f"{process.name} environ"] = (process / "environ").read_bytes()
        time.sleep(0.02)


def test_the_run_did_what_it_should(left):
    """Two targets were told, the third could not be reached; two processes of ours were seen."""
    assert left["shown"].error is None
    assert {"wecom_chat", "dingtalk_robot"} <= set(left["inbox"])
    assert "gone" in left["shown"].box
    ours = [name for name in left["seen"] if name.endswith("environ")]
    lines = b" ".join(left["seen"][name.replace("environ", "line")] for name in ours)
    assert b"deathwatch_child" in lines
    assert b"re.compile" in lines
    assert any(name.startswith("token") for name in left["secrets"])


@pytest.mark.parametrize("what", ["line", "environ"])
def test_no_process_shows_a_secret(left, what):
    """No command line, and no environment of a process of ours, holds a secret or a token."""
    shown = {name: data for name, data in left["seen"].items() if name.endswith(what)}
    assert shown
    for name, secret in left["secrets"].items():
        assert [one for one, data in shown.items() if secret.encode() in data] == [], name


def test_files_are_for_their_owner_alone(left):
    """Every file and folder that we made, whatever the umask, is closed to others."""
    made = [left["folder"] / "state", *(left["folder"] / "state").rglob("*")]
    assert len(made) > 2
    for path in made:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
        assert path.stat().st_uid == os.geteuid()


def test_files_hold_no_secret(left):
    """Ledger, store and whatever else lies in the state folder: no secret and no token in them."""
    for path in (left["folder"] / "state").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        found = [name for name, secret in left["secrets"].items() if secret.encode() in data]
        assert found == [], path


def test_a_proxys_password_is_never_shown(left):
    """A target's proxy, a failure by it, and the list of targets name its host alone."""
    shown = json.dumps([left["shown"].outputs, left["told"].outputs])
    assert "127.0.0.1:1" in shown
    for name, secret in left["secrets"].items():
        assert secret not in shown, name

"""Sends from threads, from forked and spawned children, and from the workers of pools."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap
from collections import Counter

import pytest

from notebook_notify.ledger import Ledger
from notebook_notify.targets import Target

#: What a user's script may be: a module of its own, as pools that spawn must have it.
SCRIPT = """
    import multiprocessing, os, sys, threading, time, warnings
    from concurrent import futures
    from notebook_notify import Target, send
    from notebook_notify.sender import TARGETS

    # Python's own warning on fork() beside threads is not what is looked at.
    warnings.simplefilter("ignore", DeprecationWarning)

    def work(job):
        to, text = job
        if isinstance(to, Target):
            assert to.get("corp_secret").reference == "env:OPS_SECRET"
        return send(text, to=to, timeout=20), os.getpid()

    def jobs():
        by_name = [("ops", f"name {n}") for n in range(4)]
        by_target = [(TARGETS.resolve("ops"), f"target {n}") for n in range(4)]
        return by_name + by_target

    def pool(kind):
        if kind == "threads":
            with futures.ThreadPoolExecutor(8) as executor:
                return list(executor.map(work, jobs()))
        if kind == "joblib":
            from joblib import Parallel, delayed
            return Parallel(n_jobs=3)(delayed(work)(job) for job in jobs())
        context = multiprocessing.get_context(kind.removeprefix("futures-"))
        if kind.startswith("futures-"):
            with futures.ProcessPoolExecutor(3, mp_context=context) as executor:
                return list(executor.map(work, jobs()))
        with context.Pool(3) as started:
            return started.map(work, jobs())

    def refused(kind):
        literal = Target("wecom_chat", {"corp_id": "w", "corp_secret": "a-Literal-0ne", "chat_id": "c"})
        try:
            with futures.ProcessPoolExecutor(1) as executor:
                executor.submit(work, (literal, "never")).result(20)
        except Exception as error:
            chain = []
            while error is not None:
                chain.append(f"{type(error).__name__}: {error}")
                error = error.__cause__ or error.__context__
            return " / ".join(chain)

    if __name__ == "__main__":
        kind = sys.argv[1]
        if kind == "refused":
            print(refused(kind))
            sys.exit()
        assert send("parent before", to="ops")
        # On its way while the children are made: it is the parent's alone.
        flying = threading.Thread(target=send, args=("parent meanwhile", "ops"))
        flying.start()
        done = pool(kind)
        flying.join()
        assert send("parent after", to="ops")
        assert all(report for report, _ in done), [str(report) for report, _ in done]
        print(len({pid for _, pid in done} - {os.getpid()}))
"""
KINDS = ["threads", "fork", "spawn", "forkserver", "futures-fork", "futures-spawn", "joblib"]


@pytest.fixture
def script(sandbox, tmp_path, monkeypatch):
    """Runs the script with a saved target whose secret is a reference; gives what it printed."""
    fields = {**sandbox.targets["sandbox-wecom_chat"], "corp_secret": "env:OPS_SECRET"}
    config = tmp_path / "notebook_notify.toml"
    config.write_text("[targets.ops]\n" + "".join(f'{k} = "{v}"\n' for k, v in fields.items()))
    monkeypatch.setenv("NOTEBOOK_NOTIFY_CONFIG", str(config))
    monkeypatch.setenv("OPS_SECRET", sandbox.targets["sandbox-wecom_chat"]["corp_secret"])
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT))

    def run(kind):
        command = [sys.executable, str(path), kind]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.strip()

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_workers_send(script, sandbox, tmp_path, kind):
    """Each worker's message arrives once, the parent's once, and all are in the history.

    Targets travel by name, or as references; a report comes back; nothing hangs at the end.
    """
    if kind == "joblib" and importlib.util.find_spec("joblib") is None and not os.environ.get("CI"):
        pytest.skip("joblib is not installed")
    if os.name != "posix" and "fork" in kind:
        pytest.skip("no fork")
    sandbox.fail_next("drip", path="send", seconds=0)  # the first; the second takes its time:
    sandbox.fail_next("drip", path="send", seconds=0.02)
    children = int(script(kind))
    assert children == 0 if kind == "threads" else children >= 1
    expected = [f"{how} {n}" for how in ("name", "target") for n in range(4)]
    expected += ["parent before", "parent meanwhile", "parent after"]
    assert Counter(one["content"] for one in sandbox.inbox) == Counter(expected)
    entries = Ledger(tmp_path / "state" / "ledger.sqlite3").recent(50)
    assert Counter(entry.title for entry in entries) == Counter(expected)


def test_a_literal_secret_does_not_travel(script, sandbox):
    """A target with the secret itself is refused with what to do; nothing is sent, nothing told."""
    told = script("refused")
    assert "SecretError" in told
    assert "env:NAME" in told
    assert "a-Literal-0ne" not in told
    assert sandbox.inbox == []


def test_a_closure_over_a_target_travels_as_a_reference():
    """What joblib, Dask and ipyparallel pickle functions with takes references along, no secrets."""
    if importlib.util.find_spec("joblib") is None and not os.environ.get("CI"):
        pytest.skip("joblib is not installed")
    import cloudpickle  # which joblib brings

    target = Target("wecom_chat", {"corp_secret": "env:OPS_SECRET"})
    data = cloudpickle.dumps(lambda: target)
    assert b"env:OPS_SECRET" in data
    assert cloudpickle.loads(data)() == target

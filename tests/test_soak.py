"""The soak, reduced; ``python tests/soak/run.py`` is the whole of it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_notify.delivery.outbox import Outbox
from notebook_notify.messages import Message

FOLDER = Path(__file__).with_name("soak")
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="processes are looked at in /proc"
)


def test_nothing_lost_and_nothing_doubled_in_silence():
    """Faults, cuts and kills: what was accepted arrives or is listed, twice only with the mark."""
    done = subprocess.run(
        [
            sys.executable, str(FOLDER / "run.py"), "--no-real",
            "--kernels", "2", "--messages", "200", "--seconds", "12",
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    table = dict(re.findall(r"^(.{32}) (.*)$", done.stdout, re.MULTILINE))
    rows = {name.strip(): value for name, value in table.items()}
    assert done.returncode == 0, done.stdout + done.stderr
    # It was a soak: some of all that can go wrong did.
    assert int(rows["accepted"]) >= 10, done.stdout
    assert int(rows["killed"]) >= 1, done.stdout
    assert int(rows["faults"].split()[0]) >= 5, done.stdout
    assert "queued" in rows["begun"], done.stdout


@pytest.fixture
def verdict(monkeypatch, tmp_path):
    """Judges what kernels were told, what arrived, and what is put into an outbox."""
    monkeypatch.syspath_prepend(str(FOLDER))
    judge = importlib.import_module("soak_judge")
    outbox = Outbox(tmp_path / "outbox.sqlite3")

    def judged(told, texts, prepare=lambda _outbox: None):
        prepare(outbox)
        inbox = [{"content": text} for text in texts]
        return judge.Verdict(told, inbox, outbox.items())

    yield judged
    outbox.close()


def test_the_judge_sees_a_loss(verdict):
    """What was accepted and is nowhere is lost; what a kernel was killed with was not accepted."""
    told = {1: "queued", 2: "sent", 3: "unknown", 4: "begin", 5: "failed"}
    assert verdict(told, ["soak 000000002"]).lost == {1, 3}


def test_the_judge_sees_a_double(verdict):
    """Only with the mark may a message come again."""
    told = {1: "queued", 2: "unknown"}
    repeat = "possible repeat · 7f3a · 3 min late\nsoak 000000002"
    seen = verdict(told, ["soak 000000001", "soak 000000001", "soak 000000002", repeat])
    assert (seen.doubled, seen.marked, seen.unknown) == ({1}, 1, {2})


def test_the_judge_sees_a_false_word(verdict):
    """Told as failed, and there; told as sent, and still to be sent."""

    def prepare(outbox):
        outbox.put("ops", "place", Message("soak 000000002"))

    seen = verdict({1: "failed", 2: "sent"}, ["soak 000000001", "soak 000000002"], prepare)
    assert (seen.false, seen.stray, seen.waiting) == ({1}, {2}, 1)

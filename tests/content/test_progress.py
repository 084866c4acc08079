"""How far a run is, and what the phone shows of a cell that still runs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from notebook_notify import texts
from notebook_notify.content.plain import plain_lines
from notebook_notify.content.progress import (
    Happening,
    Progress,
    alert_line,
    compose_happening,
    read_progress,
    run_progress,
)
from notebook_notify.secret import remember

MOMENT = 1_795_526_100.0  # 2026-11-24 21:15:00 in Shanghai
HOURS = 3 * 3600 + 600.0
WHO, WHERE = "zhangwei@hub-gpu03", "backtest.ipynb [12]"
TOLD = Happening(
    "progress",
    moment=MOMENT,
    elapsed=HOURS,
    line="epoch 42/100 loss 0.391",
    percent=42,
    left=4 * 3600 + 1200.0,
)
BARS = {
    "tqdm": (" 42%|████▏     | 42/100 [3:10:00<4:22:22, 271.43s/it]", (42, 15742, 11400)),
    "tqdm, ascii, with words": (
        "epoch 3:  42%|#######5          | 42/100 [10:00<14:00,  0.1it/s, loss=0.3]",
        (42, 840, 600),
    ),
    "tqdm, narrow": (" 42% 42/100 [10:00<14:00,  0.1it/s]", (42, 840, 600)),
    "tqdm, scaled": (
        "  4%|▍         | 42.0k/1.00M [111:06:40<2534:23:29, 9.52s/B]",
        (4, 9123809, 400000),
    ),
    "tqdm, at its start": ("  0%|          | 0/100 [00:00<?, ?it/s]", (0, None, 0)),
    "tqdm, rounded up": ("100%|█████████▉| 999/1000 [1:06:40<00:04,  4.0s/it]", (99, 4, 4000)),
    "tqdm, finished": ("100%|██████████| 10/10 [00:10<00:00,  1.0s/it]", (100, 0, 10)),
    "tqdm, no total": ("42it [00:10,  4.20it/s]", None),
    "rich": (
        (
            "Working... \x1b[91m━━━━━━━━━\x1b[0m\x1b[91m╸\x1b[0m\x1b[90m━━━━━━━━━━\x1b[0m "
            "\x1b[35m 50%\x1b[0m \x1b[36m0:01:40\x1b[0m"
        ),
        (50, 100, 100),
    ),
    "rich, at its start": ("Working... ━━━━━━━━━━━━━━━━━   0% -:--:--", None),
    "keras 3": (
        (
            "\x1b[1m 50/100\x1b[0m \x1b[32m━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━\x1b[0m "
            "\x1b[1m1:40\x1b[0m 2s/step - loss: 0.41"
        ),
        (50, 100, 100),
    ),
    "keras 3, finished": (
        "100/100 ━━━━━━━━━━━━━━━━━━━━ 200s 2s/step - loss: 0.41",
        (100, None, None),
    ),
    "keras 2": (" 50/100 [==============>...............] - ETA: 40s - loss: 0.41", (50, 40, 40)),
    "a share": ("accuracy 42% of 100", None),
    "a count": ("epoch 42/100 loss 0.391", None),
    "too much": ("250%|####| 25/10 [00:10<00:14, 1it/s]", None),
    "no steps": ("0/0 ━━━━━━━━━━━━━━━━━━━━ 0s 0s/step", None),
}


@pytest.fixture(autouse=True)
def shanghai() -> None:
    """Clocks as in Shanghai."""
    texts.configure(timezone="Asia/Shanghai")


@pytest.mark.parametrize("name", BARS)
def test_bars(name):
    """A bar of tqdm, Rich or Keras is read as it stands; whatever else is no bar."""
    text, expected = BARS[name]
    (line,) = plain_lines(text)
    assert read_progress(line) == (None if expected is None else Progress(*expected))


@given(st.integers(1, 999), st.integers(0, 10**6), st.booleans(), st.sampled_from([None, 0, 60]))
def test_whatever_tqdm_writes_is_read(done, seconds, ascii_only, columns):
    """The percentage and the time are those that tqdm itself has written."""
    line = tqdm.format_meter(done, 1000, seconds, ncols=columns, ascii=ascii_only, prefix="50%")
    bar = read_progress(line)
    assert bar is not None
    assert bar.percent in (done // 10, done // 10 + 1)
    assert bar.elapsed == seconds


@given(st.text())
def test_no_line_is_a_trap(line):
    """Any text can be asked."""
    bar = read_progress(line)
    assert bar is None or 0 <= bar.percent <= 100


def test_the_bar_of_the_whole_run_counts():
    """Of bars within bars the outer one is told, whichever was written last."""
    outer, inner = "30%|###   | 3/10 [3:00:00<7:00:00, 1s/it]", "90%|###| 9/10 [09:00<01:00, 1s/it]"
    for lines in ([outer, inner], [inner, outer], [outer, "loss 0.4", inner]):
        told = run_progress(lines, HOURS)
        assert told is not None
        assert told.percent == 30
    assert run_progress([inner], 600).percent == 90


def test_a_part_is_not_the_whole():
    """A bar that began late, is finished, or is one epoch of several says nothing of the run."""
    late = "90%|###| 9/10 [09:00<01:00, 1s/it]"
    assert run_progress([late], HOURS) is None
    assert run_progress(["100%|###| 9/9 [3:00:00<00:00, 1s/it]", "saving"], HOURS) is None
    assert run_progress(["  0%|      | 0/100 [00:00<?, ?it/s]"], HOURS) is None
    keras = "50/100 ━━━━━━━━━━━━━━━━━━━━ 1:40 2s/step"
    assert run_progress(["Epoch 1/10", keras], 100) is None
    assert run_progress(["Epoch 1/1", keras], 100) == read_progress(keras)
    assert run_progress([], 100) is None


def test_progress_in_both_languages(monkeypatch):
    """How far, how long, how much longer; the last line; who, where and when."""
    facts = f"{WHO} · {WHERE} · 21:15:00"
    assert compose_happening("Nightly", WHO, WHERE, TOLD, 2048) == (
        f"⏳ 42% · Nightly · 3h 10m so far, about 4h 20m left\nepoch 42/100 loss 0.391\n{facts}"
    )
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert compose_happening("夜间回测", WHO, WHERE, TOLD, 2048) == (
        f"⏳ 42% · 夜间回测 · 已运行 3小时10分，约剩 4小时20分\nepoch 42/100 loss 0.391\n{facts}"
    )


def test_without_a_bar(monkeypatch):
    """Nothing is guessed: without a bar, how long it runs is all there is."""
    bare = Happening("progress", moment=MOMENT, elapsed=HOURS)
    assert compose_happening("Nightly", WHO, "", bare, 2048, mark="#1a2b") == (
        f"⏳ Running · Nightly · 3h 10m so far\n{WHO} · 21:15:00 · #1a2b"
    )
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert compose_happening("夜间回测", WHO, "", bare, 2048).startswith(
        "⏳ 运行中 · 夜间回测 · 已运行 3小时10分\n"
    )


def test_silence_and_alert(monkeypatch):
    """How long it was quiet, and the last line before; an alert quotes the line that matched."""
    quiet = Happening("stalled", moment=MOMENT, elapsed=HOURS, line="loading 2019", quiet=1800)
    alert = Happening("alert", moment=MOMENT, elapsed=HOURS, line="step 9  loss: nan")
    facts = f"{WHO} · {WHERE} · 21:15:00"
    assert compose_happening("Nightly", WHO, WHERE, quiet, 2048) == (
        f"⚠️ No output for 30m · Nightly · 3h 10m so far\nLast line: loading 2019\n{facts}"
    )
    assert compose_happening("Nightly", WHO, WHERE, alert, 2048) == (
        f"🔔 Alert · Nightly · 3h 10m so far\nstep 9 loss: nan\n{facts}"
    )
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert compose_happening("夜间", WHO, WHERE, quiet, 2048) == (
        f"⚠️ 30分无输出 · 夜间 · 已运行 3小时10分\n最后一行：loading 2019\n{facts}"
    )
    assert compose_happening("夜间", WHO, WHERE, alert, 2048).startswith("🔔 输出告警 · 夜间 · ")


def test_an_alert_within_the_last_message(monkeypatch):
    """An alert that the end overtook is one line of it: when, and what."""
    alert = Happening("alert", moment=MOMENT, elapsed=HOURS, line="step 9  password=hunter22")
    assert alert_line(alert) == "🔔 Alert after 3h 10m: step 9 password=••••"
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert alert_line(alert) == "🔔 输出告警（运行 3小时10分时）：step 9 password=••••"


def test_secrets_are_masked_before_the_cut():
    """No part of a secret is in a message, wherever the cut falls."""
    remember("correct-horse-battery")
    for lead in range(370, 400):
        line = "x" * lead + "correct-horse-battery" + "y" * 50
        told = compose_happening(
            "run", WHO, WHERE, Happening("alert", moment=MOMENT, elapsed=1, line=line), 2048
        )
        assert not re.search("corr|batt", told)


@given(st.text(max_size=3000), st.text(max_size=3000), st.integers(64, 2048))
def test_the_size_is_kept(title, line, size):
    """No title and no line makes a message that the channel does not take."""
    happening = Happening("progress", moment=MOMENT, elapsed=HOURS, line=line, percent=1, left=9.0)
    assert (
        len(compose_happening(title, WHO, WHERE, happening, size).encode("utf-8", "replace"))
        <= size
    )

"""What a phone shows of a kernel that stopped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notebook_notify import texts
from notebook_notify.content.stopped import Memory, Stopped, stopped_message
from notebook_notify.platforms import CHANNELS
from notebook_notify.secret import MASK, remember
from notebook_notify.sizes import size_of
from notebook_notify.targets import Target

GB = 1 << 30
STOPPED = Stopped(
    title="Nightly backtest",
    who="zhangwei@hub-gpu03",
    where="backtest.ipynb [12]",
    moment=datetime(2026, 11, 24, 16, 25, 10, tzinfo=UTC).timestamp(),
    elapsed=6 * 3600 + 20 * 60,
    line="epoch 71/100 loss 0.288",
    line_at=datetime(2026, 11, 24, 16, 24, 51, tzinfo=UTC).timestamp(),
    memory=Memory(kernel=60 * GB, used=int(61.8 * GB), limit=64 * GB),
)
GROUP = Target("wecom_chat", {})


@pytest.fixture(autouse=True)
def shanghai():
    """Times as they are read there."""
    texts.configure(timezone="Asia/Shanghai")


def test_in_english():
    """What, where, when, the last line, the memory."""
    assert stopped_message(STOPPED, GROUP).text == (
        "💥 Kernel stopped · Nightly backtest · after 6h 20m\n"
        "The cell did not finish; its variables are lost. "
        "Usual causes: memory ran out, native code crashed, someone or the system ended it\n"
        "zhangwei@hub-gpu03 · backtest.ipynb [12] · 11-25 00:25:10\n"
        "Last line (00:24:51): epoch 71/100 loss 0.288\n"
        "Memory before: 61.8/64.0 GB, the kernel's 60.0 GB"
    )


def test_in_chinese(monkeypatch):
    """The same for those who read Chinese."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert stopped_message(replace(STOPPED, title="夜间回测"), GROUP).text == (
        "💥 内核已停止 · 夜间回测 · 运行 6小时20分后\n"
        "单元没有跑完，变量已丢失。常见原因：内存不足、原生代码崩溃、被人或系统结束\n"
        "zhangwei@hub-gpu03 · backtest.ipynb [12] · 11-25 00:25:10\n"
        "最后一行（00:24:51）：epoch 71/100 loss 0.288\n"
        "停止前 内存 61.8/64.0 GB，其中内核 60.0 GB"
    )


def test_what_is_not_known_is_left_out():
    """No empty line stands for an output or a memory that nobody knows."""
    text = stopped_message(replace(STOPPED, line="", memory=None, where=""), GROUP).text
    assert len(text.split("\n")) == 3
    assert text.endswith("zhangwei@hub-gpu03 · 11-25 00:25:10")


def test_secrets_are_masked_before_anything_is_cut():
    """Not even half of a secret is shown, and no line breaks out of its place."""
    secret = "s3cr3t-of-ours-" * 4
    remember(secret)
    filled = "x" * 380 + " " + secret
    text = stopped_message(replace(STOPPED, title=f"a\nb {secret}", line=filled), GROUP).text
    assert "s3cr3t" not in text
    assert text.startswith(f"💥 Kernel stopped · a b {MASK} · ")
    assert len(text.split("\n")) == 5


@pytest.mark.parametrize("kind", CHANNELS)
def test_one_message_on_every_channel(kind):
    """However long all is, it is one text with room for the people that it names."""
    long = replace(STOPPED, title="标题" * 200, line="行" * 2000, where="路径" * 20)
    people = tuple(f"1380000{number:04}" for number in range(40))
    message = stopped_message(long, Target(kind, {"mention": ["zhangwei"]}), people)
    named = sum(size_of(f"@{one} ") for one in people)
    assert message.mention == people
    assert size_of(message.text) + named <= CHANNELS[kind].text_limit


@pytest.mark.parametrize("named", [["zhangwei"], "zhangwei"])
def test_whom_the_target_names(named):
    """Without others, those whom the target names for failures: a list, or one."""
    ops = Target("wecom_robot", {"mention": named})
    assert stopped_message(STOPPED, ops).mention == ("zhangwei",)


def test_two_of_one_second_differ_where_repeats_are_dropped():
    """A platform that drops repeats must not take the second cell's for the first's."""
    (kind, *_) = [kind for kind, one in CHANNELS.items() if one.drops_repeats]
    first, second = (stopped_message(STOPPED, Target(kind, {})).text for _ in range(2))
    assert first != second
    assert re.search(r"11-25 00:25:10 · #[0-9a-f]{4}\n", first)

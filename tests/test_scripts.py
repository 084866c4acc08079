"""``with notify(...)`` and ``@notify``: how a block or a call ended."""

from __future__ import annotations

import asyncio
import sys

import pytest

from notebook_notify import notify, sender
from notebook_notify.errors import TargetError
from notebook_notify.sender import NotifyWarning
from notebook_notify.texts import speaking

NAME = "sandbox-wecom_chat"


@pytest.fixture(autouse=True)
def known(sandbox):
    """The sandbox's targets are known by name."""
    sender.TARGETS.use_sandbox(sandbox.targets)
    return sandbox


def lines(box, index=0):
    """The lines of a delivered message."""
    return box.inbox[index]["content"].splitlines()


def test_done(known):
    """A block that ends well sends its verdict, title and summary, and keeps the report."""
    with notify("nightly backtest", to=NAME) as told:
        told.summary = "Sharpe 1.82"
    first, second, *_ = lines(known)
    assert first.startswith("✅ Done · nightly backtest · ")
    assert second == "Sharpe 1.82"
    assert told.report.ok


def test_failed(known):
    """A block that fails sends the error and its line; the error goes on as it was."""
    error = KeyError("600519.SH")
    with pytest.raises(KeyError) as caught, notify("backtest", to=NAME):
        raise error
    assert caught.value is error
    assert (error.__context__, error.__cause__, getattr(error, "__notes__", [])) == (None, None, [])
    first, second, *rest = lines(known)
    assert first.startswith("❌ Failed · backtest · ")
    assert second == "KeyError: '600519.SH'"
    assert any("test_scripts.py" in line for line in rest)


def test_interrupted(known):
    """Ctrl-C is told as such, and goes on."""
    with pytest.raises(KeyboardInterrupt), notify("backtest", to=NAME):
        raise KeyboardInterrupt
    assert lines(known)[0].startswith("⏹ Interrupted · backtest · ")


@pytest.mark.parametrize(("code", "mark"), [(None, "✅"), (0, "✅"), (3, "❌"), ("no", "❌")])
def test_exit(known, code, mark):
    """A script that ends itself is done if it says so, and failed if it says that."""
    with pytest.raises(SystemExit) as caught, notify("job", to=NAME):
        sys.exit(code)
    assert caught.value.code == code
    assert lines(known)[0].startswith(mark)


def test_unknown_target_raises_before_the_block(known):
    """A target that does not exist is told before hours are spent."""
    ran = []
    with pytest.raises(TargetError), notify("job", to="nowhere"):
        ran.append(1)
    with pytest.raises(TargetError):
        notify("job", to="nowhere")(ran.append)
    assert ran == []


def test_decorator(known):
    """Each call of a function is told by itself; its value and its name are its own."""

    @notify("training", to=NAME)
    def train(epochs):
        """Train."""
        if epochs < 0:
            raise ValueError("negative")
        return epochs * 2

    assert train(2) == 4
    assert (train.__name__, train.__doc__) == ("train", "Train.")
    with pytest.raises(ValueError, match="negative"):
        train(-1)
    assert [lines(known, n)[0].split(" · ")[0] for n in range(2)] == ["✅ Done", "❌ Failed"]


def test_nested_calls(known):
    """Calls may overlap: each has its own time and verdict."""

    @notify("step", to=NAME)
    def down(n):
        return down(n - 1) if n else 0

    down(2)
    assert len(known.inbox) == 3


def test_coroutines_are_told_when_they_end(known):
    """An async function is told when it has run, not when it was called."""

    @notify("fetch", to=NAME)
    async def fetch(fails):
        await asyncio.sleep(0)
        assert known.inbox == []
        if fails:
            raise ValueError
        return "data"

    assert asyncio.run(fetch(fails=False)) == "data"
    assert lines(known)[0].startswith("✅ Done · fetch")
    known.clear()
    with pytest.raises(ValueError):
        asyncio.run(fetch(fails=True))
    assert lines(known)[0].startswith("❌ Failed · fetch")


def test_generators_are_refused():
    """A generator's end cannot be seen from its call, so no false word is sent of it."""

    def rows():
        yield 1

    with pytest.raises(TypeError, match="generator"):
        notify("rows", to=NAME)(rows)
    with speaking("zh"), pytest.raises(TypeError, match="生成器"):
        notify("rows", to=NAME)(rows)


def test_several_targets(known):
    """Everyone who is named is told."""
    with notify("job", to=[NAME, "sandbox-dingtalk_chat"]):
        pass
    assert {m["platform"] for m in known.inbox} == {"wecom", "dingtalk"}


@pytest.fixture
def with_alert(known):
    """Two targets whose failures go to one other, which names someone."""
    targets = {name: dict(fields) for name, fields in known.targets.items()}
    alert = targets["sandbox-dingtalk_chat"]
    targets |= {"alarm": {**alert, "mention": ["13800000000"]}}
    for name in (NAME, "sandbox-wecom_app"):
        targets[name] |= {"alert": "alarm", "mention": ["zhangwei"]}
    sender.TARGETS.use_sandbox(targets)
    return known


def test_a_failure_goes_to_the_alert_target(with_alert):
    """A failure goes where its targets' ``alert`` says, once, and names those of that target."""
    with pytest.raises(KeyError), notify("job", to=[NAME, "sandbox-wecom_app"]) as told:
        raise KeyError("x")
    (message,) = with_alert.inbox
    assert message["channel"] == "dingtalk_chat"
    assert message["content"].startswith("❌ Failed · job")
    assert message["content"].endswith("\n\n@13800000000")
    assert "rings nobody" in told.report.results[0].notes[0]


def test_what_went_well_does_not(with_alert):
    """What is done goes to the targets themselves and calls nobody."""
    with notify("job", to=NAME):
        pass
    (message,) = with_alert.inbox
    assert message["channel"] == "wecom_chat"
    assert "@zhangwei" not in message["content"]


def test_a_run_is_in_the_history(known):
    """What a script was told of is found in the user's history, with its verdict."""
    with notify("job", to=NAME):
        pass
    (entry,) = sender.history()
    assert (entry.target, entry.verdict, entry.outcome) == (NAME, "done", "sent")


def test_what_was_not_sent_is_warned_of(known):
    """Nobody may look at the report, so a warning tells that it did not go out."""
    known.stop()
    with (
        pytest.warns(NotifyWarning, match="not sent sandbox-wecom_chat"),
        notify("job", NAME, 0.2) as told,
    ):
        pass
    assert not told.report.ok


def test_our_trouble_does_not_hide_the_blocks_own(known, monkeypatch):
    """If telling fails as well, the block's error stays the one that is raised, with a note."""
    told = notify("job", to=NAME)
    monkeypatch.setattr(sender.SENDER, "send", lambda *_a, **_k: 1 / 0)
    with pytest.raises(KeyError) as caught, told:
        raise KeyError("the block's")
    assert "ZeroDivisionError" in caught.value.__notes__[0]


def test_a_summary_may_be_any_value(known):
    """A number for a summary is told as Python writes it."""
    with notify("backtest", to=NAME) as told:
        told.summary = 1.82
    assert lines(known)[1] == "1.82"


def test_a_summary_that_cannot_be_told(known):
    """A summary whose text form fails costs that line, not the message."""

    class Broken:
        def __str__(self):
            raise ValueError

    with notify("backtest", to=NAME) as told:
        told.summary = Broken()
    assert lines(known)[1] == "<str() failed>"


def test_our_trouble_does_not_fail_a_block_that_succeeded(known, monkeypatch):
    """If telling fails, a warning says so without secrets; the block's hours are not lost."""
    told = notify("job", to=NAME)

    def fail(*_args, **_kwargs):
        raise ValueError("password=hunter22-hunter22")

    monkeypatch.setattr(sender.SENDER, "send", fail)
    with pytest.warns(NotifyWarning, match="ValueError: password=") as caught, told:
        pass
    assert "hunter22" not in str(caught[0].message)
    assert told.report is None


def test_our_trouble_beside_the_blocks_own_is_masked(known, monkeypatch):
    """The note on the block's own error holds no secret."""
    told = notify("job", to=NAME)

    def fail(*_args, **_kwargs):
        raise ValueError("password=hunter22-hunter22")

    monkeypatch.setattr(sender.SENDER, "send", fail)
    with pytest.raises(KeyError) as caught, told:
        raise KeyError("the block's")
    assert "hunter22" not in caught.value.__notes__[0]

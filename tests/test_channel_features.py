"""README's second table, channel by what else it can: each cell of it is what a sandbox meets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.sender import SENDER, TARGETS
from notebook_notify.sending import dispatch

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
HEAD = "| channel | proved by `--check` | repeats safely | taken back | at most |\n"
ROWS = {
    row[0].strip("`"): row[1:]
    for line in README.partition(HEAD)[2].partition("\n\n")[0].splitlines()[1:]
    for row in [re.split(r" *\| *", line)[1:-1]]
}


@pytest.fixture
def target(sandbox):
    """The sandbox's target of a channel."""
    TARGETS.use_sandbox(sandbox.targets)
    return lambda channel: TARGETS.resolve(f"sandbox-{channel}")


def test_every_channel_is_in_the_table() -> None:
    """Whoever adds a channel says what it can."""
    assert set(ROWS) == set(CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_proved(target, channel) -> None:
    """What README says is proved without posting is what a check names as proved."""
    proof = SENDER.check(target(channel))
    proved = [one.told.partition(":")[0] for one in proof.steps if one.kind == "proved"]
    told = ", ".join(proved).replace("person zhangwei, person lisi", "up to ten people")
    assert (told or "nothing") == ROWS[channel][0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_repeats(sandbox, target, monkeypatch, channel) -> None:
    """An answer is lost: where README says so the message is repeated, and arrives once."""
    monkeypatch.setattr(dispatch, "REPEAT_AFTER", 0.3)
    repeats = ROWS[channel][1]
    outcomes = []
    for once in (False, True):
        sandbox.fail_next("half", path="send")
        messages = [(target(channel), Message(f"done {once}"))]
        (result,) = SENDER.send(messages, timeout=3, once=once).results
        outcomes.append(result.outcome)
    assert (
        outcomes
        == {
            "no": ["unknown", "unknown"],
            "yes": ["sent", "sent"],
            "of a cell": ["unknown", "sent"],
        }[repeats]
    )
    assert len(sandbox.inbox) == 2


@pytest.mark.parametrize("channel", CHANNELS)
def test_taken_back(target, channel) -> None:
    """Where README says so, a message that arrived is taken back."""
    report = SENDER.send([(target(channel), Message("wrong"))])
    recalled = report.raise_for_status().recall()
    assert recalled.outcome == ("sent" if ROWS[channel][2] == "yes" else "failed")


@pytest.mark.parametrize("channel", CHANNELS)
def test_pace(channel) -> None:
    """The limit that README names is the one that is kept."""
    pace = CHANNELS[channel].pace
    assert ROWS[channel][3] == f"{pace.most} in {pace.seconds:.0f} s"

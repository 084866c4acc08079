"""A lost answer where the platform goes by a key of ours: asked again, delivered once."""

from __future__ import annotations

import json

import pytest

from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.sending.dispatch import Sender

ROBOT = "dingtalk_robot"


@pytest.fixture
def keys(monkeypatch):
    """The keys under which messages left for the robot, one a request."""
    seen = []
    channel = CHANNELS[ROBOT]
    request = channel.request

    def watched(self, *args, **options):
        call = request(*args, **options)
        seen.append(json.loads(call.body()).get("msgUuid"))
        return call

    monkeypatch.setattr(type(channel), "request", watched)
    return seen


def test_a_lost_answer_is_asked_again(quick, sandbox, to, sent, keys):
    """The repeat has the first one's key, so that the group sees one message, and it is sent."""
    sandbox.fail_next("deliver_hang", path="send")
    result = sent(quick, to(sandbox, ROBOT), timeout=2)
    assert result.outcome == "sent"
    assert len(sandbox.inbox) == 1
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_what_never_arrived_arrives(quick, sandbox, to, sent):
    """A request that was swallowed is made up for by its repeat."""
    sandbox.fail_next("hang", path="send")
    assert sent(quick, to(sandbox, ROBOT), timeout=2).outcome == "sent"
    assert len(sandbox.inbox) == 1


def test_a_gateways_page_is_asked_again(quick, sandbox, to, sent, keys):
    """What a gateway may have passed on is repeated under its key."""
    sandbox.fail_next(status=502, path="send")
    assert sent(quick, to(sandbox, ROBOT)).outcome == "sent"
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_two_equal_texts_are_two(quick, sandbox, to, sent, keys):
    """A deliberate second "done" is delivered: a key is of one message, not of what it says."""
    for _ in range(2):
        assert sent(quick, to(sandbox, ROBOT), once=True).outcome == "sent"
    assert len(sandbox.inbox) == 2
    assert len(set(keys)) == 2


def test_each_part_has_its_own(quick, sandbox, to, keys):
    """The parts of one text do not pass for repeats of the first."""
    (result,) = quick.send([(to(sandbox, ROBOT), Message("字" * 1500))]).results
    assert (result.outcome, len(sandbox.inbox)) == ("sent", 3)
    assert len(set(keys)) == 3


def test_repeated_once_only(quick, sandbox, to, sent, keys):
    """If the repeat's answer is lost as well, it is told that it may have arrived."""
    sandbox.fail_next("deliver_hang", path="send", count=9)
    result = sent(quick, to(sandbox, ROBOT), timeout=1)
    assert result.outcome == "unknown"
    assert len(keys) == 2
    assert len(sandbox.inbox) == 1


def test_who_wants_no_repeat_gets_none(sandbox, to, sent, keys):
    """With `repeat=False` nothing is asked twice, key or not."""
    sandbox.fail_next("deliver_hang", path="send")
    sender = Sender()
    assert sent(sender, to(sandbox, ROBOT), timeout=1, repeat=False).outcome == "unknown"
    assert keys == [None]
    sender.close()


def test_a_robot_without_keys_is_not_asked_again(quick, sandbox, to, sent, sends):
    """WeCom's robot has no check for repeats: there it stays unknown."""
    sandbox.fail_next("deliver_hang", path="send")
    assert sent(quick, to(sandbox, "wecom_robot"), timeout=1, once=True).outcome == "unknown"
    assert sends(sandbox) == 1


@pytest.mark.parametrize("code", [45009, 130101, 410100, 660026])
@pytest.mark.parametrize("channel", ["wecom_robot", ROBOT])
def test_a_robots_limit_is_not_hammered_at(quick, sandbox, to, sent, sends, channel, code):
    """Too many messages a minute is told at once: more would only make it longer."""
    sandbox.fail_next(errcode=code, count=9, path="send")
    result = sent(quick, to(sandbox, channel))
    assert (result.outcome, result.code) == ("failed", code)
    assert sends(sandbox) == 1

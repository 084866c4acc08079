"""What failed safely is tried again, and nothing else."""

from __future__ import annotations

import threading
import time

import pytest

from notebook_notify import errors
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.transport import Transport
from notebook_notify.messages import Image, Message
from notebook_notify.platforms import channel_of
from notebook_notify.platforms.base import Verdict
from notebook_notify.sandbox import Sandbox
from notebook_notify.sending import attempts, dispatch, outcomes
from notebook_notify.sending.dispatch import Sender
from notebook_notify.sending.outcomes import Delivery

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


@pytest.mark.parametrize(("channel", "code"), [(CHAT, -1), (CHAT, 45033), (DING, -1)])
@pytest.mark.parametrize("path", ["send", "gettoken"])
def test_busy_is_repeated(quick, sandbox, channel, code, path, to, sent):
    """A busy platform is asked up to three times more; the message arrives once."""
    sandbox.fail_next(errcode=code, count=3, path=path)
    assert sent(quick, to(sandbox, channel)).outcome == "sent"
    assert sandbox.stats["requests"] == 5
    assert len(sandbox.inbox) == 1


def test_always_busy(quick, sandbox, to, sent, sends):
    """After four times busy it is a failure, with the platform's dict."""
    sandbox.fail_next(errcode=45033, count=9, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"]) == ("failed", 45033)
    assert sends(sandbox) == 4


def test_limits_are_not_busy(quick, sandbox, to, sent, sends):
    """A limit that no second's wait clears is told at once, not hammered at."""
    sandbox.fail_next(errcode=45009, count=9, path="send")
    assert sent(quick, to(sandbox)).error["errcode"] == 45009
    assert sends(sandbox) == 1


def test_connect_errors_are_repeated(to, sent):
    """A platform that comes up within the pauses still gets the message."""
    sandbox = Sandbox().start()
    target = to(sandbox)
    port = sandbox._server.server_port
    sandbox.stop()
    again = Sandbox(port)
    again.wecom = sandbox.wecom
    sender = Sender(pauses=(0.2, 0.3, 0.3))
    starter = threading.Timer(0.3, again.start)
    starter.start()
    result = sent(sender, target)
    starter.join()
    with again:
        assert result.outcome == "sent"
    sender.close()


def test_pauses_do_not_overrun_the_budget(sandbox, to, sent):
    """A pause that does not fit any more is not begun: the failure is told at once."""
    target = to(sandbox)
    sandbox.stop()
    started = time.monotonic()
    result = sent(Sender(pauses=(10,)), target, timeout=5)
    assert result.error["errcode"] == errors.NOT_CONNECTED
    assert time.monotonic() - started < 1


def test_lost_answer_is_repeated_once_where_the_platform_drops_doubles(
    quick, sandbox, to, sent, sends
):
    """With the platform's own check against doubles a lost answer is asked again, delivered once."""
    sandbox.fail_next("deliver_hang", path="send")
    result = sent(quick, to(sandbox, APP), "done 18:05:07", timeout=2, once=True)
    assert result.outcome == "sent"
    assert (sends(sandbox), len(sandbox.inbox)) == (2, 1)


def test_lost_twice_is_unknown(quick, sandbox, to, sent, sends):
    """The safe repeat is one: lost again, the outcome is unknown."""
    sandbox.fail_next("reset", path="send", count=9)
    result = sent(quick, to(sandbox, APP), timeout=5, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert sends(sandbox) == 2


@pytest.mark.parametrize("code", [-1, 81013, 42001])
def test_a_repeat_that_fails_does_not_deny_the_first(quick, sandbox, code, to, sent):
    """Whatever becomes of the repeat, the first may have arrived: unknown, not failed."""
    sandbox.fail_next("half", path="send")
    sandbox.fail_next(errcode=code, path="send", count=9)
    result = sent(quick, to(sandbox, APP), timeout=5, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert len(sandbox.inbox) == 1


def test_time_up_during_the_repeat(quick, sandbox, to, sent):
    """Who stops waiting while the repeat fetches a token is told that the first may be there."""
    target = to(sandbox, APP)
    sent(quick, target, "first")
    sandbox.fail_next("half", path="send")
    sandbox.fail_next(errcode=42001, path="send")
    sandbox.fail_next("hang", path="gettoken", seconds=6)
    result = sent(quick, target, "second", timeout=2, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert [message["content"] for message in sandbox.inbox] == ["first", "second"]


def test_the_repeat_leaves_while_the_platform_remembers(
    quick, sandbox, monkeypatch, to, sent, sends
):
    """A repeat that would come too late to be dropped as a double is not sent."""
    monkeypatch.setattr(dispatch, "REPEAT_WITHIN", -1)
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, APP), once=True).outcome == "unknown"
    assert sends(sandbox) == 1


def test_a_long_budget_does_not_delay_the_repeat(quick, sandbox, monkeypatch, to, sent):
    """With minutes to wait, the safe repeat still comes within the platform's memory."""
    monkeypatch.setattr(dispatch, "REPEAT_AFTER", 0.5)
    sandbox.fail_next("deliver_hang", path="send")
    started = time.monotonic()
    assert sent(quick, to(sandbox, APP), timeout=300, once=True).outcome == "sent"
    assert time.monotonic() - started < 5
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize("channel", [CHAT, DING])
def test_once_changes_nothing_where_doubles_are_not_dropped(
    quick, sandbox, channel, to, sent, sends
):
    """A channel without a check against doubles never repeats what may have arrived."""
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, channel), once=True).outcome == "unknown"
    assert (sends(sandbox), len(sandbox.inbox)) == (1, 1)


def test_a_deliberate_second_one_arrives(quick, sandbox, to, sent):
    """The same plain text twice is two messages."""
    for _ in range(2):
        sent(quick, to(sandbox, APP), "done")
    assert len(sandbox.inbox) == 2


def test_two_runs_of_the_same_words_arrive(quick, sandbox, to, sent):
    """Runs whose texts do not differ are as many messages: the platform's check drops no run."""
    for _ in range(3):
        assert sent(quick, to(sandbox, APP), "✅ Done · job", once=True).outcome == "sent"
    assert len(sandbox.inbox) == 3


def test_two_targets_of_one_text_arrive(quick, sandbox, to):
    """Two targets of one application that are told the same at once both get it."""
    target = to(sandbox, APP)
    assert quick.send([(target, Message("job")), (target, Message("job"))], once=True)
    assert len(sandbox.inbox) == 2


def test_the_same_picture_twice_arrives(quick, sandbox, to):
    """Two runs that show the same picture send it twice, though it is uploaded once."""
    picture = Image(b"\x89PNG\r\n\x1a\n" + bytes(100))
    for number in range(2):
        message = Message(f"run {number}", (picture,))
        assert quick.send([(to(sandbox, APP), message)], once=True)
    assert [m["msgtype"] for m in sandbox.inbox] == ["text", "image"] * 2


def test_a_second_one_is_not_repeated(quick, sandbox, to, sent):
    """A text that went without the check against doubles is not repeated: unknown if lost."""
    sent(quick, to(sandbox, APP), "job", once=True)
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, APP), "job", once=True).outcome == "unknown"
    assert len(sandbox.inbox) == 2


def test_what_the_platform_forgot_is_checked_again(quick, sandbox, monkeypatch, to, sent, sends):
    """After the platform's memory is over, the same text is protected again."""
    monkeypatch.setattr(dispatch, "REMEMBERED", -5.0)
    sent(quick, to(sandbox, APP), "job", timeout=5, once=True)
    time.sleep(0.01)
    sandbox.fail_next("reset", path="send")
    assert sent(quick, to(sandbox, APP), "job", once=True).outcome == "sent"
    assert sends(sandbox) == 3


def test_repeat_false(quick, sandbox, to, sent, sends):
    """Who asked for one try gets one."""
    sandbox.fail_next(errcode=-1, path="send")
    assert sent(quick, to(sandbox), repeat=False).error["errcode"] == -1
    assert sends(sandbox) == 1


# ── who persists ─────────────────────────────────────────────────────────────────────────────


class Clock:
    """Time that passes by sleeping; else it stands still."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.pauses = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """The sender's pauses take no time."""
    one = Clock()
    monkeypatch.setattr(dispatch, "time", one)
    monkeypatch.setattr(attempts, "time", one)
    monkeypatch.setattr(outcomes, "time", one)
    return one


@pytest.mark.parametrize(("channel", "code"), [(CHAT, 45033), (APP, -1), (DING, 90018)])
@pytest.mark.parametrize("path", ["send", "gettoken"])
def test_who_persists_outlasts_a_busy_platform(sandbox, clock, to, sent, channel, code, path):
    """With ``persist`` a platform that is busy for minutes gets the message in the end, once."""
    sandbox.fail_next(errcode=code, count=12, path=path)
    result = sent(Sender(), to(sandbox, channel), timeout=3600, persist=True)
    assert (result.outcome, len(sandbox.inbox)) == ("sent", 1)
    assert clock.pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]


def test_who_persists_outlasts_a_network_that_is_down(sandbox, clock, to, sent, monkeypatch):
    """With ``persist`` a network that comes back after minutes carries the message."""
    target = to(sandbox)
    port = sandbox._server.server_port
    sandbox.stop()
    again = Sandbox(port)
    again.wecom = sandbox.wecom
    real = clock.sleep

    def sleep(seconds):
        real(seconds)
        if len(clock.pauses) == 8:
            again.start()

    clock.sleep = sleep
    result = sent(Sender(), target, timeout=3600, persist=True)
    assert result.outcome == "sent"
    assert len(clock.pauses) == 8
    again.stop()


def test_a_token_that_expires_in_a_long_wait(sandbox, clock, to, sent):
    """A token may expire more than once while a platform is busy; each time it is renewed."""
    for code in (42001, 45033, 42001, 45033, 42001):
        sandbox.fail_next(errcode=code, path="send")
    assert sent(Sender(), to(sandbox), timeout=3600, persist=True).outcome == "sent"
    assert sandbox.stats["token_requests"] == 4


def test_who_persists_ends_with_the_budget(sandbox, clock, to, sent):
    """The tries come closer before the end, none begins after it, and the failure is told."""
    begun = clock.now
    sandbox.fail_next(errcode=45033, count=99, path="send")
    result = sent(Sender(), to(sandbox), timeout=100, persist=True)
    assert (result.outcome, result.error["errcode"]) == ("failed", 45033)
    assert 98 < clock.now - begun < 100
    assert all(pause >= 0.5 for pause in clock.pauses)


def test_who_does_not_persist_gives_up_after_three(sandbox, clock, to, sent, sends):
    """Without ``persist`` a long budget changes nothing: three more tries, then the failure."""
    sandbox.fail_next(errcode=45033, count=99, path="send")
    assert sent(Sender(), to(sandbox), timeout=3600).outcome == "failed"
    assert (clock.pauses, sends(sandbox)) == ([0.5, 1, 2], 4)


@pytest.mark.parametrize("channel", [CHAT, DING])
def test_who_persists_never_repeats_what_may_have_arrived(quick, sandbox, to, sent, sends, channel):
    """With ``persist`` too a lost answer is unknown, and a refusal is told at once."""
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, channel), timeout=60, persist=True).outcome == "unknown"
    sandbox.fail_next(errcode=45009, path="send")
    assert sent(quick, to(sandbox, channel), timeout=60, persist=True).outcome == "failed"
    assert (sends(sandbox), len(sandbox.inbox)) == (2, 1)


@pytest.mark.parametrize("kind", ["ok", "partial"])
def test_what_was_accepted_is_not_repeated(sandbox, clock, to, kind):
    """Whatever else a hostile server's answer says."""
    target, until = to(sandbox), clock.now + 3600
    channel = channel_of(target)
    delivery = Delivery(target, channel, None, until, repeat=True, once=False, persist=True)
    answers = [Verdict(kind, {"errcode": 0, "retry_after": 1.0})]
    attempt = attempts.Attempts(Transport(), (), MemoryStore())
    verdict = attempt(delivery, channel.token_key(target), lambda _token: answers.pop(), until)
    assert (verdict.kind, clock.pauses) == (kind, [])


def test_who_persists_waits_as_long_as_a_gateway_asks(sandbox, clock, to, sent):
    """With ``persist`` a gateway that names a time is asked again then, and no sooner."""
    target, until = to(sandbox), clock.now + 3600
    channel = channel_of(target)
    delivery = Delivery(target, channel, None, until, repeat=True, once=False, persist=True)
    answers = iter([Verdict("failed", {"retry_after": 37.0}), Verdict("ok", {})])
    attempt = attempts.Attempts(Transport(), (), MemoryStore())
    verdict = attempt(delivery, channel.token_key(target), lambda _token: next(answers), until)
    assert (verdict.kind, clock.pauses) == ("ok", [37.0])

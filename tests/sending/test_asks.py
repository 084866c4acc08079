"""The platform is asked beside sending: what is repeated, and what is said of a lost answer."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace

import pytest

from notebook_notify.errors import PlatformError, TargetError
from notebook_notify.platforms import wecom_admin
from notebook_notify.sending.dispatch import Sender
from notebook_notify.targets import Target

TEAM = wecom_admin.group("组", "lisi", ["lisi", "zhangwei"])


@pytest.fixture
def quick():
    """A sender that does not pause between its tries."""
    one = Sender(pauses=(0, 0, 0))
    yield one
    one.close()


@pytest.fixture
def target(sandbox):
    """The sandbox's group."""
    fields = {**sandbox.targets["sandbox-wecom_chat"]}
    return Target(fields.pop("channel"), fields, name="ops", source="sandbox")


@pytest.fixture
def look(sandbox):
    """A call that changes nothing."""
    return wecom_admin.get(sandbox.wecom.app.chat_id)


@pytest.fixture
def make():
    """A call that makes a group."""
    return wecom_admin.create(TEAM, "c1")


def made(sandbox):
    """How often the group was made."""
    return "c1" in sandbox.wecom._chats._chats


def asked(sandbox):
    """How many calls the sandbox has seen beside those for tokens."""
    return sandbox.stats["requests"] - sandbox.stats["token_requests"]


def test_an_answer(quick, target, look, sandbox):
    """The answer is what the call makes of the platform's; the inbox stays empty."""
    assert quick.ask(target, look)["group"].name == "研究小组"
    assert sandbox.inbox == []


def test_a_refusal(quick, target, look, sandbox):
    """A refusal raises with its reason in one line and the platform's own dict, and pickles."""
    sandbox.fail_next(errcode=48002, path="appchat")
    with pytest.raises(PlatformError, match=r"^48002: .+ · ") as caught:
        quick.ask(target, look)
    assert "\n" not in str(caught.value)
    assert caught.value.result.error["errcode"] == 48002
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.result) == (str(caught.value), caught.value.result)


def test_an_expired_token(quick, target, make, sandbox):
    """A call whose token has expired is made again with a new one, once."""
    sandbox.fail_next("expired", path="create")
    quick.ask(target, make)
    assert (sandbox.stats["token_requests"], asked(sandbox)) == (2, 2)
    sandbox.fail_next("expired", path="create", count=2)
    with pytest.raises(PlatformError) as caught:
        quick.ask(target, make)
    assert caught.value.result.code == 42001


def test_a_busy_platform(quick, target, look, sandbox):
    """A busy platform is asked again."""
    sandbox.fail_next(errcode=-1, path="appchat", count=2)
    quick.ask(target, look)
    assert asked(sandbox) == 3


@pytest.mark.parametrize("fault", ["half", "reset", "html"])
def test_a_lost_answer_of_what_changes(quick, target, make, sandbox, fault):
    """What may have been done is unknown, and not done again."""
    sandbox.fail_next(fault, path="create", status=502)
    with pytest.raises(PlatformError) as caught:
        quick.ask(target, make)
    assert (caught.value.result.outcome, caught.value.result.code) == ("unknown", -1003)
    assert asked(sandbox) == 1
    assert made(sandbox) == (fault == "half")


@pytest.mark.parametrize("fault", ["half", "reset"])
def test_a_lost_answer_of_what_only_looks(quick, target, look, sandbox, fault):
    """What changes nothing is safe to ask again."""
    sandbox.fail_next(fault, path="appchat")
    assert quick.ask(target, look)["group"].owner == "zhangwei"
    assert asked(sandbox) == 2


def test_a_gateways_page(quick, target, look, sandbox):
    """What changes nothing has failed if a gateway answers: nothing is left open."""
    sandbox.fail_next(status=502, path="appchat")
    with pytest.raises(PlatformError) as caught:
        quick.ask(target, look)
    assert (caught.value.result.outcome, caught.value.result.code) == ("failed", -1004)


@pytest.mark.parametrize(("kind", "outcome"), [("make", "unknown"), ("look", "failed")])
def test_the_time_is_up(quick, target, make, look, sandbox, kind, outcome):
    """A hanging platform holds nobody; only what may have been done is unknown."""
    sandbox.fail_next("hang", path="appchat")
    started = time.monotonic()
    with pytest.raises(PlatformError) as caught:
        quick.ask(target, {"make": make, "look": look}[kind], timeout=0.3)
    assert time.monotonic() - started < 0.8
    assert caught.value.result.outcome == outcome


def test_the_time_is_up_at_the_last_moment(quick, target, make, sandbox):
    """What was just done is never said not to have been, however late its result is there."""

    def slowly(reply):
        verdict = make.read(reply)
        time.sleep(1.2)
        return verdict

    with pytest.raises(PlatformError) as caught:
        quick.ask(target, replace(make, read=slowly), timeout=0.8)
    assert caught.value.result.outcome == "unknown"
    assert made(sandbox)


def test_our_own_mistake(quick, target, look):
    """A mistake of ours is told as one."""

    def wrong(_target, _token):
        raise ZeroDivisionError("oops")

    with pytest.raises(PlatformError, match="ZeroDivisionError in notebook_notify: oops"):
        quick.ask(target, replace(look, request=wrong))


def test_a_target_that_cannot_work(quick, look):
    """A target without a credential is refused before anything leaves."""
    with pytest.raises(TargetError, match="lacks corp_secret"):
        quick.ask(Target("wecom_chat", {"corp_id": "ww1", "chat_id": "c"}), look)

"""What works is proved step by step, and nothing is posted."""

from __future__ import annotations

import pickle
import time

import pytest

from notebook_notify import sender
from notebook_notify.reports import SendReport, SendResult
from notebook_notify.targets import Target


@pytest.fixture
def prove(sandbox):
    """Prove the sandbox's target of a channel, of other fields if any are given."""

    def prove(channel, timeout=5.0, **changed):
        fields = {**sandbox.targets[f"sandbox-{channel}"], **changed}
        del fields["channel"]
        target = Target(channel, fields, name="ops", source="sandbox")
        return sender.SENDER.check(target, timeout=timeout)

    yield prove
    assert sandbox.inbox == []


def steps(proof):
    """The steps as they are shown: mark and text."""
    return [f"{mark} {text}" for mark, text in proof.lines()[1 : 1 + len(proof.steps)]]


@pytest.mark.parametrize(
    ("channel", "outcome", "shown"),
    [
        (
            "wecom_chat",
            "sent",
            [
                "✓ credential: the platform gave a token",
                "✓ IP list, permission, chat: “研究小组”, 3 members",
            ],
        ),
        (
            "wecom_app",
            "partial",
            [
                "✓ credential: the platform gave a token",
                "✓ IP list, AgentId: “沙盒应用”, visible to: members 0, departments 1, tags 0",
                "? that all named are in the visible scope: only a message proves it",
            ],
        ),
        (
            "dingtalk_chat",
            "partial",
            [
                "✓ credential: the platform gave a token",
                "✓ IP list, chat: “研究小组”, 3 members",
                "? that chat/send is still open to the application: only a message proves it",
            ],
        ),
        (
            "dingtalk_notice",
            "partial",
            [
                "✓ credential: the platform gave a token",
                "✓ person zhangwei: 张伟",
                "✓ person lisi: 李四",
                "? AgentId, arrival: only a message proves it",
            ],
        ),
        (
            "dingtalk_app_robot",
            "partial",
            [
                "✓ credential: the platform gave a token",
                "? IP list, permission, group, robot in it: only a message proves it",
            ],
        ),
        (
            "wecom_robot",
            "unknown",
            ["? credential: only a message proves it"],
        ),
        (
            "dingtalk_robot",
            "unknown",
            ["? credential: only a message proves it"],
        ),
    ],
)
def test_each_channel(prove, channel, outcome, shown):
    """Each step is told in order, and what only a message proves is said."""
    proof = prove(channel)
    assert steps(proof) == shown
    assert (proof.outcome, proof.error) == (outcome, None)
    assert "nothing was posted" in proof.lines()[0][1]


@pytest.mark.parametrize(
    ("language", "head", "step"),
    [
        ("en", "✓ proved ops (WeCom group) · nothing was posted · ", "credential: the platform"),
        ("zh", "✓ 已验证 ops（企业微信群）· 没有发出消息 · ", "凭证：平台发放了令牌"),
    ],
)
def test_in_both_languages(prove, monkeypatch, language, head, step):
    """Outcome and steps are in the reader's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    lines = [" ".join(line) for line in prove("wecom_chat").lines()]
    assert lines[0].startswith(head)
    assert lines[1].startswith(f"✓ {step}")


def test_a_message_proves_the_rest(prove):
    """Once a line was posted, what only a message could prove is said to be proved by it."""
    proof = prove("dingtalk_robot")
    assert proof.after(SendResult("ops", "robot", "failed")) is proof
    posted = proof.after(SendResult("ops", "robot", "sent"))
    assert (posted.outcome, steps(posted)) == ("sent", ["✓ credential: a message proved it"])


def test_what_the_platform_tells_is_at_hand(prove):
    """Name and number of members can be shown beside a target; of an application its name."""
    assert (prove("wecom_chat").name, prove("wecom_chat").members) == ("研究小组", 3)
    assert (prove("wecom_app").name, prove("wecom_app").members) == ("沙盒应用", None)
    assert (prove("wecom_robot").name, prove("wecom_robot").members) == (None, None)
    again = pickle.loads(pickle.dumps(prove("dingtalk_chat")))
    assert (again.name, again.members, len(again.steps)) == ("研究小组", 3, 3)


@pytest.mark.parametrize(
    ("channel", "errcode", "path", "failed"),
    [
        ("wecom_chat", 40001, "gettoken", "credential: failed (40001)"),
        ("wecom_chat", 60020, "appchat/get", "IP list, permission, chat: failed (60020)"),
        ("wecom_app", 60020, "agent/get", "IP list, AgentId: failed (60020)"),
        ("dingtalk_chat", 40016, "chat/get", "IP list, chat: failed (40016)"),
    ],
)
def test_it_ends_where_a_step_fails(prove, sandbox, channel, errcode, path, failed):
    """The first step that fails is the last; the platform's dict and the advice follow."""
    sandbox.fail_next(errcode=errcode, path=path)
    proof = prove(channel)
    assert steps(proof)[-1] == f"✗ {failed}"
    assert [step.kind for step in proof.steps[:-1]] == ["proved"] * (len(proof.steps) - 1)
    assert (proof.outcome, proof.error["errcode"]) == ("failed", errcode)
    labels = [label for label, _ in proof.lines()]
    assert labels.index("✗", 1) < labels.index("what to do") < labels.index("reply")


def test_whose_chat_it_is(prove, sandbox):
    """A chat of another application is told apart from one that is not there."""
    assert prove("wecom_chat", chat_id=sandbox.wecom.other_app.chat_id).code == 86008
    assert prove("wecom_chat", chat_id="nochat").code == 86003


def test_another_applications_id(prove, sandbox):
    """An AgentId of another application is found before a message is lost on it."""
    proof = prove("wecom_app", agent_id=sandbox.wecom.other_app.agent_id)
    assert proof.code == 301002


def test_a_disabled_application_and_a_disbanded_group(prove, sandbox):
    """What the platform says of them in an answer that is no error counts as well."""
    sandbox.wecom.app.enabled = False
    assert "the application “沙盒应用” is disabled" in prove("wecom_app").lines()[0][1]
    sandbox.dingtalk.chat.disbanded = True
    assert "the group “研究小组” was disbanded" in prove("dingtalk_chat").lines()[0][1]


def test_a_person_who_is_not_there(prove):
    """Of the people of a notice, the one that the platform does not know is named."""
    proof = prove("dingtalk_notice", users=["zhangwei", "zhangsan", "lisi"])
    assert steps(proof)[1:] == ["✓ person zhangwei: 张伟", "✗ person zhangsan: failed (60121)"]


def test_many_people_are_not_all_asked_about(prove, sandbox):
    """A long list costs a few calls, and how many are left is said."""
    proof = prove("dingtalk_notice", users=["zhangwei"] * 12)
    assert sandbox.stats["requests"] == 1 + 10
    assert steps(proof)[-1] == "? AgentId, 2 more people: only a message proves it"


@pytest.mark.parametrize(
    ("channel", "permission"),
    [("dingtalk_chat", "qyapi_chat_read"), ("dingtalk_notice", "qyapi_get_member")],
)
def test_no_permission_to_ask(prove, sandbox, channel, permission):
    """Where the application may send but not ask, that is no failure: only a message proves it."""
    sandbox.dingtalk.permissions.discard(permission)
    proof = prove(channel)
    assert proof.outcome == "partial"
    assert steps(proof)[1].startswith("? ")
    assert "no permission to ask; none is needed to send; only a message" in steps(proof)[1]


def test_a_slow_platform(prove, sandbox):
    """The whole keeps the budget; the step that it ended in is told, and nothing of messages."""
    sandbox.fail_next("hang", path="appchat/get", seconds=3)
    started = time.monotonic()
    proof = prove("wecom_chat", timeout=0.5)
    assert time.monotonic() - started < 1.5
    assert steps(proof)[-1].startswith("✗ IP list, permission, chat: failed")
    assert proof.outcome == "failed"
    assert "Nothing was posted" in repr(proof.lines())
    assert "send again" not in repr(proof.lines())


def test_a_hostile_name(prove, sandbox):
    """A group's name is one line, cut, without a secret, and markup in it stays text."""
    secret = sandbox.targets["sandbox-wecom_chat"]["corp_secret"]
    chat = sandbox.wecom._chats._chats[sandbox.wecom.app.chat_id]
    chat.name = f"<b>x</b>\n{secret}\u202e" + "长" * 300
    proof = prove("wecom_chat")
    assert proof.name.startswith("<b>x</b> ")
    assert len(proof.name) == 65
    assert secret[:8] not in repr(proof)
    html = SendReport((proof,))._repr_html_()
    assert "&lt;b&gt;x" in html
    assert "<b>x" not in html


@pytest.mark.parametrize("answer", ['{"errcode":0}', '{"errcode":0,"chat_info":[]}', "<html>"])
def test_an_answer_that_says_nothing(prove, sandbox, answer):
    """A proxy that answers in the platform's place proves nothing."""
    sandbox.fail_next(body=answer, path="appchat/get")
    proof = prove("wecom_chat")
    assert (proof.outcome, proof.code) == ("failed", -1004)


def test_a_secret_that_is_not_there(prove):
    """A reference that leads to nothing fails the first step, by its name."""
    proof = prove("dingtalk_robot", secret="env:NOT_SET_ANYWHERE")
    assert steps(proof) == ["✗ credential: failed"]
    assert "NOT_SET_ANYWHERE" in proof.lines()[0][1]

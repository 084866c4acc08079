"""The shared sender: ``send``, ``check``, finding targets, and what is raised."""

from __future__ import annotations

import pickle
import time

import pytest

from notebook_notify import Image, Text, secret, send, sender
from notebook_notify.errors import (
    SecretError,
    SendError,
    SendInterrupted,
    TargetError,
    TransportError,
)
from notebook_notify.messages import Markdown
from notebook_notify.reports import SendReport, SendResult
from notebook_notify.secret import MASK
from notebook_notify.sender import (
    alert_for,
    check,
    find,
    targets,
)
from notebook_notify.targets import Target


@pytest.fixture
def known(sandbox):
    """The sandbox's targets are known by name, and its magics' defaults."""
    sender.TARGETS.use_sandbox(sandbox.targets)
    return sandbox


# ── send ─────────────────────────────────────────────────────────────────────────────────────


def test_send_by_name(known):
    """A text goes to a target by its name, and the report is true."""
    report = send("done", to="sandbox-dingtalk_chat")
    assert report
    assert [m["content"] for m in known.inbox] == ["done"]


def test_send_to_several(known):
    """Several names, and targets made on the spot, each get the text."""
    made = Target("wecom_app", {**known.targets["sandbox-wecom_app"]})
    made.fields.pop("channel")
    report = send(Text("done"), to=["sandbox-wecom_chat", made])
    assert [result.target for result in report.results] == ["sandbox-wecom_chat", "wecom_app"]
    assert {m["channel"] for m in known.inbox} == {"wecom_chat", "wecom_app"}


def test_unknown_target(known):
    """A name that does not exist raises with the near match; no other target gets the text."""
    with pytest.raises(TargetError, match="did you mean sandbox-wecom_chat"):
        send("x", to=["sandbox-wecom_app", "sandbox-wecom_chatt"])
    assert known.inbox == []


def test_no_target_named(known):
    """An empty list of targets is a mistake: a report on nothing would read as sent."""
    with pytest.raises(TargetError, match="no target was named"):
        send("x", to=[])


def test_no_target_at_all():
    """Without any target the error names the place where they are looked for."""
    with pytest.raises(TargetError, match=r"notebook_notify\.toml"):
        send("x")


def test_delivery_trouble_does_not_raise(known):
    """What goes wrong on the way is in the report, and raised only on request."""
    known.fail_next("html")
    report = send("x", to="sandbox-wecom_chat")
    assert not report
    with pytest.raises(Exception, match="not sent sandbox-wecom_chat"):
        report.raise_for_status()


def test_check(known):
    """Targets are proved without posting; a report is good if nothing is left open."""
    assert check("sandbox-wecom_chat")
    assert check(["sandbox-wecom_chat", "sandbox-dingtalk_chat"]).outcome == "partial"
    assert known.inbox == []
    known.stop()
    assert not check("sandbox-wecom_chat", timeout=0.2)


def test_check_takes_as_long_as_the_slowest(known):
    """Several credentials are proved side by side, within one budget."""
    known.fail_next("hang", path="gettoken", count=3, seconds=2)
    one = {
        key: value for key, value in known.targets["sandbox-wecom_chat"].items() if key != "channel"
    }
    many = [Target("wecom_chat", {**one, "corp_secret": f"another-secret-{n}"}) for n in range(3)]
    started = time.monotonic()
    report = check(many, timeout=0.4)
    assert time.monotonic() - started < 1
    assert [result.outcome for result in report.results] == ["failed"] * 3


@pytest.mark.parametrize(
    "message", [3.14, None, b"x", {"a": 1}, ["x", 3.14], Text(3), iter("x"), Image("text")]
)
def test_what_is_no_message(known, message):
    """What is no text, picture or file is the caller's mistake, named by its type."""
    with pytest.raises(TargetError, match="a message is a text, a Markdown, an Image, a File"):
        send(message, to="sandbox-wecom_chat")
    assert known.inbox == []


# ── finding targets ──────────────────────────────────────────────────────────────────────────


def test_targets_are_checked(known):
    """A target that cannot work is refused when it is looked up."""
    with pytest.raises(TargetError, match="chat_id"):
        targets(Target("wecom_chat", {"corp_id": "a", "corp_secret": "b"}))


def test_find(known):
    """A magic's line means its names, else the default of the magic."""
    assert [t.name for t in find(["sandbox-wecom_chat", "sandbox-dingtalk_chat"])] == [
        "sandbox-wecom_chat",
        "sandbox-dingtalk_chat",
    ]
    assert [t.name for t in find([], magic="wechat_app")] == ["sandbox-wecom_app"]
    (target,) = find(["sandbox-wecom_chat"], explicit={"chat_id": "other"})
    assert target.get("chat_id") == "other"


def test_alert_for(known, tmp_path, monkeypatch):
    """Failures go where the target's alert says; an alert that is not there stops the line."""
    alert = "sandbox-dingtalk_chat"
    (target,) = find(["sandbox-wecom_chat"], explicit={"alert": alert})
    assert alert_for(target).name == alert
    assert alert_for(find(["sandbox-wecom_chat"])[0]).name == "sandbox-wecom_chat"
    with pytest.raises(TargetError, match="no target nobody"):
        send("x", to=Target("wecom_chat", {**target.fields, "alert": "nobody"}))
    assert known.inbox == []


def test_a_markdown_is_a_message(known):
    """A Markdown is sent as one, by itself or among others."""
    assert send(Markdown("**done**", title="run"), to="sandbox-wecom_chat")
    assert send(["a text", Markdown("**done**")], to="sandbox-wecom_chat")
    assert ["**done**" in m["content"] for m in known.inbox] == [True, True]


def test_find_asks_for_environment_secrets(known, monkeypatch):
    """A variable that is not set is told before the cell runs; one that is set passes."""
    explicit = {"corp_secret": "env:A_SECRET_OF_OURS"}
    with pytest.raises((SecretError, TargetError), match="A_SECRET_OF_OURS"):
        find(["sandbox-wecom_chat"], explicit=explicit)
    monkeypatch.setenv("A_SECRET_OF_OURS", "s" * 20)
    assert find(["sandbox-wecom_chat"], explicit=explicit)


# ── what is raised and masked ──


def test_a_keyrings_secret_is_masked_in_the_first_message(sandbox):
    """A secret that only the keyring holds does not leave, not even in the message that first needs it."""
    import keyring
    from keyring.backend import KeyringBackend

    described = sandbox.targets["sandbox-wecom_chat"]
    value = described["corp_secret"]

    class Ring(KeyringBackend):
        priority = 1

        def get_password(self, _service, _user):
            return value

        def set_password(self, _service, _user, _password):
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    fields = {key: value for key, value in described.items() if key != "channel"}
    try:
        target = Target("wecom_chat", {**fields, "corp_secret": "keyring:wecom/ops"})
        secret._known.clear()
        assert sender.send(f"the value is {value}", target)
    finally:
        keyring.set_keyring(before)
    assert sandbox.inbox[0]["content"] == f"the value is {MASK}"


def test_a_report_can_stop_a_worker_process(sandbox):
    """What `raise_for_status` raises survives the way out of a process pool."""
    sandbox.fail_next(errcode=60020, errmsg="no", path="send")
    sender.TARGETS.use_sandbox(sandbox.targets)
    with pytest.raises(SendError) as caught:
        sender.send("x", "sandbox-wecom_chat").raise_for_status()
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.report == caught.value.report


def test_what_is_raised_can_be_pickled():
    """A transport's failure and a Ctrl-C keep what they say on the way out of a process pool."""
    failure = pickle.loads(pickle.dumps(TransportError("no way", errcode=-1003, left=True)))
    assert (str(failure), failure.errcode, failure.left) == ("no way", -1003, True)
    report = SendReport((SendResult("ops", "ops", "unknown"),))
    assert pickle.loads(pickle.dumps(SendInterrupted(report))).report == report

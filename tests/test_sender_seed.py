"""The seed's three functions in ``sender.py``."""

from __future__ import annotations

import inspect
import json
import threading
import traceback
import warnings

import pytest

from notebook_notify import send, sender
from notebook_notify.errors import (
    SendInterrupted,
    TargetError,
)
from notebook_notify.sandbox import Sandbox
from notebook_notify.secret import MASK
from notebook_notify.sender import (
    NotifyWarning,
    dingtalk_group_chat,
    wechat_application,
    wechat_group_chat,
)


def chat(sandbox, message="完成", **options):
    """The seed's first function, against the sandbox."""
    app = sandbox.wecom.app
    options = {"base_url": sandbox.url, **options}
    return wechat_group_chat(
        sandbox.wecom.corp_id, app.corp_secret, app.chat_id, message, **options
    )


def application(sandbox, message="完成", agent_id=1000002, **options):
    """The seed's second function, against the sandbox."""
    options = {"base_url": sandbox.url, **options}
    return wechat_application(
        sandbox.wecom.corp_id, sandbox.wecom.app.corp_secret, agent_id, message, **options
    )


def dingtalk(sandbox, message="完成", **options):
    """The seed's third function, against the sandbox."""
    ding = sandbox.dingtalk
    options = {"base_url": sandbox.url, **options}
    return dingtalk_group_chat(ding.app_key, ding.app_secret, ding.chat_id, message, **options)


SEED = [chat, application, dingtalk]


@pytest.mark.parametrize("function", SEED)
def test_true(sandbox, function):
    """A message that the platform accepted answers ``True`` itself."""
    assert function(sandbox) is True
    assert [m["content"] for m in sandbox.inbox] == ["完成"]


@pytest.mark.parametrize("agent_id", [1000002, "1000002"])
def test_agent_id(sandbox, agent_id):
    """The AgentId may be a number or its digits, and the message goes to everyone in scope."""
    assert application(sandbox, agent_id=agent_id) is True
    assert sandbox.inbox[0]["to"] == "@all"


@pytest.mark.parametrize("function", SEED)
def test_the_platforms_dict(sandbox, function):
    """A refusal answers the platform's dict, key by key, as it came."""
    sandbox.fail_next(errcode=50001, errmsg="中文 msg from ip: 1.2.3.4", path="send")
    assert function(sandbox) == {"errcode": 50001, "errmsg": "中文 msg from ip: 1.2.3.4"}


def test_the_wrapped_dict(sandbox):
    """DingTalk's wrapper is answered as it came, with the code inside."""
    sandbox.fail_next(sub_code="34001", errmsg="无效的会话id", path="send")
    assert dingtalk(sandbox) == {
        "errcode": 88,
        "sub_code": "34001",
        "sub_msg": "无效的会话id",
        "errmsg": "ding talk error[subcode=34001,submsg=无效的会话id]",
    }


def test_only_secrets_are_changed_in_the_dict(sandbox):
    """The dict is redacted, wherever the secret stands in it, and nowhere else."""
    secret = sandbox.wecom.app.corp_secret
    body = {"errcode": 40001, "errmsg": f"bad {secret}", "more": [secret, {"n": 1.5, secret: None}]}
    sandbox.fail_next(body=json.dumps(body), path="send", count=2)
    assert chat(sandbox) == {
        "errcode": 40001,
        "errmsg": f"bad {MASK}",
        "more": [MASK, {"n": 1.5, MASK: None}],
    }


def test_our_codes(sandbox):
    """Where the platform gave no answer, the dict has a code of our own and says why."""

    def code(**options):
        answer = chat(sandbox, **options)
        assert set(answer) >= {"errcode", "errmsg"}
        return answer["errcode"]

    assert code(base_url="http://127.0.0.1:1") == -1001
    sandbox.fail_next("reset", path="send")
    assert code() == -1003
    sandbox.fail_next("html", path="send")
    assert code() == -1004
    assert code(timeout=0) == -1005
    sandbox.fail_next("hang", path="send")
    assert code(timeout=0.2) == -1003


def test_untrusted(sandbox):
    """A server that does not prove who it is answers -1002, and is told no secret."""
    import socket
    import ssl

    import trustme

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            connection, _ = listener.accept()
            with connection:
                try:
                    heard.append(context.wrap_socket(connection, server_side=True).recv(100))
                except (ssl.SSLError, OSError):
                    heard.append(b"")

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        answer = chat(sandbox, base_url=f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(5)
    assert answer["errcode"] == -1002
    assert heard == [b""]


def test_partial_is_true_with_a_warning(sandbox):
    """Accepted, but not for everyone: ``True``, and a warning at the caller's own line."""
    sandbox.fail_next("partial", path="send", body="lisi|wangwu")
    with pytest.warns(NotifyWarning, match="lisi, wangwu") as caught:
        assert application(sandbox) is True
    assert caught[0].filename == __file__


@pytest.mark.parametrize("function", SEED)
@pytest.mark.parametrize("fault", [{"errcode": -1}, {"kind": "half"}, {"kind": "reset"}])
def test_never_repeated(sandbox, function, fault):
    """The seed's functions send once, whatever the answer is."""
    sandbox.fail_next(**fault, path="send", count=5)
    assert function(sandbox) is not True
    assert sandbox.stats["requests"] - sandbox.stats["token_requests"] == 1


@pytest.mark.parametrize("function", SEED)
def test_a_refused_token_is_renewed(sandbox, function):
    """An expired token is no failure: what was refused had not been sent."""
    assert function(sandbox, "a") is True
    sandbox.expire_tokens()
    assert function(sandbox, "b") is True
    assert [m["content"] for m in sandbox.inbox] == ["a", "b"]


def test_parts_sent(sandbox):
    """If a later part of a long text failed, ``parts_sent`` tells how many went out."""
    sandbox.fail_next("errcode_string", path="send")
    sandbox.fail_next(errcode=86003, errmsg="no", path="send")
    assert chat(sandbox, "字" * 1000) == {"errcode": 86003, "errmsg": "no", "parts_sent": 1}


@pytest.mark.parametrize("function", SEED)
def test_mistakes_raise(sandbox, function):
    """An empty message, or an address that is not safe, is the caller's mistake."""
    with pytest.raises(TargetError, match="empty"):
        function(sandbox, " ")
    with pytest.raises(TargetError, match="https"):
        function(sandbox, base_url="http://qyapi.weixin.qq.com")
    assert sandbox.stats["requests"] == 0


@pytest.mark.parametrize("function", [wechat_group_chat, wechat_application, dingtalk_group_chat])
@pytest.mark.parametrize(
    "call",
    [
        lambda function: function("id", "hunter22-hunter22", "", "x"),
        lambda function: function(
            "id", "hunter22-hunter22", "c" if function.__name__ != "wechat_application" else 1, " "
        ),
        lambda function: function("id", "hunter22-hunter22", "1", 3.14),
        lambda function: function("id", app_secret="hunter22-hunter22"),
        lambda function: function("id", b"hunter22-hunter22", "1", "x"),
        lambda function: function("id", "hunter22-hunter22", "1", "x", timeout="soon"),
        lambda function: function(
            "id", "hunter22-hunter22", "1", "x", base_url="http://me:hunter22-hunter22@x"
        ),
        lambda function: function(
            "id", "x", "1", "x", proxy="http://me:hunter22-hunter22@x", base_url="x"
        ),
    ],
)
def test_tracebacks_show_no_secret(function, call):
    """No traceback of the seed's functions holds their secret, even one that shows locals."""
    with pytest.raises(Exception) as caught:
        call(function)
    error = caught.value
    assert error.__context__ is error.__cause__ is None
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    assert trace is not None
    shown = traceback.TracebackException(type(error), error, trace, capture_locals=True)
    assert "hunter22" not in "".join(shown.format())


def test_ctrl_c_in_the_seeds_functions_shows_no_secret(sandbox, monkeypatch):
    """Ctrl-C is one, with its report, and its traceback holds no secret either."""
    monkeypatch.setattr(sender.SENDER._workers, "submit", _interrupt)
    with pytest.raises(SendInterrupted) as caught:
        chat(sandbox)
    assert caught.value.report.outcome == "failed"
    trace = caught.value.__traceback__
    while trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    assert trace.tb_next is None
    assert "app_secret" not in str(trace.tb_frame.f_locals)


def _interrupt(*_):
    raise KeyboardInterrupt


def test_the_seeds_functions_keep_their_signatures():
    """Help and completion show the arguments as they are."""
    assert list(inspect.signature(wechat_group_chat).parameters)[:4] == [
        "corp_id",
        "corp_secret",
        "chat_id",
        "message",
    ]


def test_100_sends_one_connection_one_token(sandbox):
    """100 sends, by `send` and by the seed's functions, take one connection and one token call."""
    with Sandbox() as other, warnings.catch_warnings():
        sender.TARGETS.use_sandbox(other.targets)
        for number in range(100):
            assert send(f"n {number}", to="sandbox-wecom_chat")
            assert chat(sandbox, f"n {number}") is True
        for box in (other, sandbox):
            stats = {"connections": 1, "requests": 101, "token_requests": 1, "uploads": 0}
            assert box.stats == stats
            assert [m["content"] for m in box.inbox] == [f"n {number}" for number in range(100)]

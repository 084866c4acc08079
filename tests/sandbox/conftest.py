"""A running sandbox, a clock to move, and a caller that speaks plain HTTP."""

import http.client
import json
from urllib.parse import urlencode

import pytest

from notebook_notify.sandbox import Sandbox


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self):
        self.now = 1_764_000_000.0

    def __call__(self):
        return self.now


class Caller:
    """One kept connection to a sandbox, and the calls that its tests make."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.targets = sandbox.targets
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", int(sandbox.url.rpartition(":")[2]), timeout=5
        )

    def request(self, method, path, body=None, *, content_type="application/json", **query):
        """Return status, headers and raw body."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": content_type} if body is not None else {}
        full = path + ("?" + urlencode(query) if query else "")
        self.connection.request(method, full, body, headers)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def json(self, method, path, body=None, **more):
        """Return the reply of a call, which must come with HTTP 200."""
        status, headers, raw = self.request(method, path, body, **more)
        assert status == 200
        assert headers.get_content_type() == "application/json"
        return json.loads(raw)

    def wecom_token(self):
        target = self.targets["sandbox-wecom_chat"]
        return self.json(
            "GET", "/cgi-bin/gettoken", corpid=target["corp_id"], corpsecret=target["corp_secret"]
        )["access_token"]

    def appchat(self, content="hi", *, token=None, **fields):
        body = {
            "chatid": self.targets["sandbox-wecom_chat"]["chat_id"],
            "msgtype": "text",
            "text": {"content": content},
        }
        return self.json(
            "POST", "/cgi-bin/appchat/send", body | fields, access_token=token or self.wecom_token()
        )

    def app_message(self, content="hi", *, token=None, **fields):
        body = {
            "touser": "zhangwei",
            "agentid": 1000002,
            "msgtype": "text",
            "text": {"content": content},
        }
        return self.json(
            "POST", "/cgi-bin/message/send", body | fields, access_token=token or self.wecom_token()
        )

    def dingtalk_token(self):
        target = self.targets["sandbox-dingtalk_chat"]
        return self.json(
            "GET", "/gettoken", appkey=target["app_key"], appsecret=target["app_secret"]
        )["access_token"]

    def chat_send(self, content="hi", *, token=None, content_type="application/json", **fields):
        body = {
            "chatid": self.targets["sandbox-dingtalk_chat"]["chat_id"],
            "msg": {"msgtype": "text", "text": {"content": content}},
        }
        return self.json(
            "POST",
            "/chat/send",
            body | fields,
            access_token=token or self.dingtalk_token(),
            content_type=content_type,
        )


@pytest.fixture
def clock():
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture
def sandbox(clock):
    """Give a running sandbox that lives by that clock."""
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def caller(sandbox):
    """Give a caller of that sandbox."""
    caller = Caller(sandbox)
    yield caller
    caller.connection.close()

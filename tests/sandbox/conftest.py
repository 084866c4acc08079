"""A running sandbox, a clock to move, and a caller that speaks plain HTTP."""

import http.client
import json
import struct
import zlib
from urllib.parse import urlencode

import pytest
from urllib3 import encode_multipart_formdata

from notebook_notify.sandbox import Sandbox


def png(width=4, height=3, *, fill=(200, 90, 40), padding=0):
    """Return a PNG of one colour, made longer by a chunk of padding that decoders skip."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + bytes(fill) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + (chunk(b"prVt", bytes(padding)) if padding else b"")
        + chunk(b"IEND", b"")
    )


def form(name="a.png", content=b"", *, part="media", **fields):
    """Return body and content type of a form with one file, as urllib3 writes it."""
    return encode_multipart_formdata({**fields, part: (name, content, "application/octet-stream")})


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

    def upload(self, path, name, content, *, token, form_fields=None, **query):
        body, content_type = form(name, content, **form_fields or {})
        return self.json("POST", path, body, content_type=content_type, access_token=token, **query)

    def wecom_upload(self, name="plot.png", content=None, kind="image"):
        content = png() if content is None else content
        return self.upload(
            "/cgi-bin/media/upload", name, content, token=self.wecom_token(), type=kind
        )

    def dingtalk_upload(self, name="plot.png", content=None, kind="image"):
        content = png() if content is None else content
        return self.upload("/media/upload", name, content, token=self.dingtalk_token(), type=kind)

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

    def dingtalk(self, path, body=None, **query):
        """Return the reply of a call to the older host: POST with a body, else GET."""
        method = "GET" if body is None else "POST"
        return self.json(method, path, body, access_token=self.dingtalk_token(), **query)

    def v1(self, path, body, *, token=None, content_type="application/json"):
        """Return HTTP status and reply of a call to the new host, with a token of it."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": content_type}
        headers |= {"x-acs-dingtalk-access-token": token} if token else {}
        self.connection.request("POST", path, raw, headers)
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())

    def v1_token(self):
        app = self.targets["sandbox-dingtalk_app_robot"]
        body = {"appKey": app["app_key"], "appSecret": app["app_secret"]}
        return self.v1("/v1.0/oauth2/accessToken", body)[1]["accessToken"]

    def robot_send(self, content="hi", *, token=None, key="sampleText", param=None, **fields):
        """Send to the group as the application's robot; return HTTP status and reply."""
        app = self.targets["sandbox-dingtalk_app_robot"]
        body = {
            "robotCode": app["robot_code"],
            "openConversationId": app["open_conversation_id"],
            "msgKey": key,
            "msgParam": json.dumps({"content": content} if param is None else param),
        }
        path = "/v1.0/robot/groupMessages/send"
        return self.v1(path, body | fields, token=token or self.v1_token())


@pytest.fixture
def make_png():
    """Give the maker of images."""
    return png


@pytest.fixture
def make_form():
    """Give the maker of forms."""
    return form


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

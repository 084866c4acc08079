"""Messages of an image or a file: what arrives, where its bytes are, and what is refused."""

import hashlib
import json
import urllib.error
import urllib.request

import pytest

from notebook_notify.sandbox import SandboxClient
from notebook_notify.sandbox.media import MediaStore


def _send(caller, channel, msgtype, media_id, **fields):
    payload = {"msgtype": msgtype, msgtype: {"media_id": media_id}}
    if channel == "dingtalk_chat":
        return caller.chat_send(msg=payload, **fields)
    send = caller.appchat if channel == "wecom_chat" else caller.app_message
    return send(**payload, **fields)


def _upload(caller, channel, *args):
    upload = caller.dingtalk_upload if channel == "dingtalk_chat" else caller.wecom_upload
    return upload(*args)["media_id"]


def _get(url):
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.headers, response.read()


CHANNELS = pytest.mark.parametrize("channel", ["wecom_chat", "wecom_app", "dingtalk_chat"])


@CHANNELS
def test_an_image_arrives_as_it_was_uploaded(caller, sandbox, make_png, channel):
    """The inbox tells name, type, size and digest, and the address gives the very bytes."""
    content = make_png()
    media_id = _upload(caller, channel, '图 "1".png', content)
    assert _send(caller, channel, "image", media_id)["errcode"] == 0
    (message,) = sandbox.inbox
    assert (message["channel"], message["msgtype"], message["content"]) == (channel, "image", "")
    url = message["media"]["url"]
    assert message["media"] == {
        "name": '图 "1".png',
        "type": "image/png",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "url": url,
    }
    assert url.startswith(sandbox.url + "/media/")
    headers, got = _get(url)
    assert got == content
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"].startswith("inline;")
    json.dumps(sandbox.inbox)


@CHANNELS
def test_a_file_arrives_as_it_was_uploaded(caller, sandbox, channel):
    """A file is offered for download under its name, as bytes that no browser interprets."""
    media_id = _upload(caller, channel, "报告 1.pdf", b"%PDF-1.7 <script>", "file")
    assert _send(caller, channel, "file", media_id)["errcode"] == 0
    (message,) = sandbox.inbox
    assert (message["msgtype"], message["media"]["type"]) == ("file", "application/pdf")
    headers, got = _get(message["media"]["url"])
    assert got == b"%PDF-1.7 <script>"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%201.pdf"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_page_among_the_files_is_no_page(caller, sandbox):
    """HTML and SVG are never served as what a browser would run."""
    for name in ("a.html", "a.svg"):
        media_id = caller.wecom_upload(name, b"<svg onload=alert(1)>", "file")["media_id"]
        _send(caller, "wecom_chat", "file", media_id)
        headers, _ = _get(sandbox.inbox[-1]["media"]["url"])
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment;")


def test_a_name_cannot_break_its_header(caller, sandbox):
    """Line ends, quotes and slashes of a file's name stay within Content-Disposition."""
    media_id = caller.wecom_upload('a"\r\nX-Evil: 1\r\n/../b.txt', b"123456", "file")["media_id"]
    _send(caller, "wecom_chat", "file", media_id)
    headers, _ = _get(sandbox.inbox[0]["media"]["url"])
    assert "X-Evil" not in headers
    assert 'filename="a___X-Evil_ 1___.._b.txt";' in headers["Content-Disposition"]


@CHANNELS
@pytest.mark.parametrize("media_id", ["", None])
@pytest.mark.parametrize("msgtype", ["image", "file"])
def test_a_missing_media_id_is_named(caller, sandbox, channel, msgtype, media_id):
    """No media id is 41006 at WeCom, an empty image or file message at DingTalk."""
    wanted = 41006
    if channel == "dingtalk_chat":
        wanted = 34008 if msgtype == "image" else 34010
    assert _send(caller, channel, msgtype, media_id)["errcode"] == wanted
    assert sandbox.inbox == []


@CHANNELS
def test_an_unknown_id_is_40007(caller, sandbox, channel):
    """An id that nobody gave out, another platform's id, and one of another type are refused."""
    other = "wecom_chat" if channel == "dingtalk_chat" else "dingtalk_chat"
    assert _send(caller, channel, "image", "3nosuchid")["errcode"] == 40007
    assert _send(caller, channel, "image", _upload(caller, other))["errcode"] == 40007
    assert _send(caller, channel, "file", _upload(caller, channel))["errcode"] == 40007
    assert sandbox.inbox == []


@CHANNELS
def test_an_id_lives_three_days_and_can_be_sent_again(caller, clock, sandbox, channel):
    """One upload serves many messages until its three days are over."""
    media_id = _upload(caller, channel)
    for wait, errcode in ((0, 0), (3 * 24 * 3600 - 1, 0), (1, 40007)):
        clock.now += wait
        assert _send(caller, channel, "image", media_id)["errcode"] == errcode
    assert len(sandbox.inbox) == 2
    assert _get(sandbox.inbox[0]["media"]["url"])[1] == _get(sandbox.inbox[1]["media"]["url"])[1]


def test_an_id_serves_every_application_of_the_corp(caller, sandbox):
    """What one application of WeCom uploaded, another one may send."""
    media_id = caller.wecom_upload()["media_id"]
    other = sandbox.wecom.other_app
    token = caller.json(
        "GET",
        "/cgi-bin/gettoken",
        corpid=sandbox.wecom.corp_id,
        corpsecret=other.corp_secret,
    )["access_token"]
    fields = {"token": token, "agentid": other.agent_id}
    assert _send(caller, "wecom_app", "image", media_id, **fields)["errcode"] == 0


def test_the_checks_come_in_the_order_of_a_text(caller):
    """Chat, agent and receivers are checked as for a text, before or after the media id."""
    assert _send(caller, "wecom_chat", "image", "3no", chatid="none")["errcode"] == 86003
    assert _send(caller, "wecom_app", "image", "3no", agentid=7)["errcode"] == 40056
    assert _send(caller, "wecom_app", "image", "3no", touser="nobody")["errcode"] == 40007
    assert _send(caller, "dingtalk_chat", "image", "@no", chatid="none")["errcode"] == 34001


def test_safe_goes_with_images_and_files(caller, sandbox):
    """`safe` is 0 or 1 on any message of WeCom."""
    for channel in ("wecom_chat", "wecom_app"):
        media_id = _upload(caller, channel)
        assert _send(caller, channel, "image", media_id, safe=1)["errcode"] == 0
        assert _send(caller, channel, "image", media_id, safe=2)["errcode"] == 40035
    assert len(sandbox.inbox) == 2


def test_a_repeated_image_is_swallowed_if_asked(caller, sandbox):
    """enable_duplicate_check compares the media id as it does a text."""
    media_id = caller.wecom_upload()["media_id"]
    for _ in range(2):
        sent = _send(caller, "wecom_app", "image", media_id, enable_duplicate_check=1)
        assert sent["errcode"] == 0
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize(
    ("payload", "errcode"),
    [
        ({"title": "完成", "text": "中" * 4998}, 0),
        ({"title": "完成", "text": "中" * 4999}, 34016),
        ({"title": "中" * 64, "text": "x"}, 0),
        ({"title": "中" * 65, "text": "x"}, 34016),
        ({"title": "", "text": "x"}, 44004),
        ({"text": "x"}, 44004),
        ({"title": "x", "text": " "}, 44004),
        ({"title": "x", "text": ["x"]}, 34014),
    ],
)
def test_dingtalks_markdown_is_counted_in_characters(caller, payload, errcode):
    """Title and text are there, 5000 characters together, the title 64."""
    assert caller.chat_send(msg={"msgtype": "markdown", "markdown": payload})["errcode"] == errcode


def test_wecoms_markdown_is_counted_in_bytes(caller):
    """2048 bytes of UTF-8 in both kinds of message; empty is 44004."""
    for send in (caller.appchat, caller.app_message):
        for content, errcode in (("x" * 2048, 0), ("中" * 683, 45002), ("", 44004)):
            sent = send(msgtype="markdown", markdown={"content": content})
            assert sent["errcode"] == errcode


def test_the_oldest_bytes_go_when_memory_is_full(clock, caller, sandbox, monkeypatch):
    """Beyond its capacity the sandbox drops bytes, oldest first; the entry stays, its address is 410."""
    monkeypatch.setattr(sandbox.media, "_capacity", 1000)
    for content in (b"a" * 600, b"b" * 600):
        media_id = caller.wecom_upload("a.txt", content, "file")["media_id"]
        _send(caller, "wecom_chat", "file", media_id)
    old, new = (message["media"] for message in sandbox.inbox)
    assert (old["size"], sandbox.media_bytes(old)) == (600, None)
    assert SandboxClient(sandbox.url).media_bytes(old) is None
    with pytest.raises(urllib.error.HTTPError, match="410") as caught:
        _get(old["url"])
    caught.value.close()
    assert _get(new["url"])[1] == b"b" * 600
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        _get(f"{sandbox.url}/media/{'0' * 32}")
    caught.value.close()


def test_an_upload_larger_than_the_memory_is_dropped_itself(clock):
    """Nothing is kept beyond the capacity, not even the newest."""
    store = MediaStore(clock, capacity=10)
    store.add("corp", "id", "file", "a", b"x" * 11)
    assert store.find("corp", "id", "file").content is None


def test_the_client_sees_media_under_its_own_address(caller, sandbox):
    """Behind another address, with TLS or a proxy in front, the client's addresses are that one's."""
    media_id = caller.wecom_upload()["media_id"]
    _send(caller, "wecom_chat", "image", media_id)
    client = SandboxClient(sandbox.url.replace("127.0.0.1", "localhost"))
    (message,) = client.inbox
    assert message["media"]["url"].startswith(client.url + "/media/")
    assert client.media_bytes(message["media"]) == sandbox.media_bytes(message["media"])
    assert SandboxClient(sandbox.url).inbox == sandbox.inbox


def test_the_inbox_is_a_copy(caller, sandbox):
    """Who changes what the inbox returned changes no message."""
    _send(caller, "wecom_chat", "image", caller.wecom_upload()["media_id"])
    sandbox.inbox[0]["media"]["name"] = "changed"
    assert sandbox.inbox[0]["media"]["name"] == "plot.png"

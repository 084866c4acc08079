"""Uploads: what each platform takes, how it answers, and how long an upload is good for."""

import http.client
import re

import pytest

MB = 1024 * 1024
MEDIA = "/cgi-bin/media/upload"
GIF, BMP, JPEG = b"GIF89a......", b"BM\x10\0\0\0\0\0\0\0....", b"\xff\xd8\xff\xe0...."


def test_wecom_answers_an_upload_as_documented(caller, clock):
    """WeCom's reply has an empty errmsg, the type, an id, and created_at as a string of seconds."""
    reply = caller.wecom_upload()
    assert re.fullmatch(r"[\w-]{66}", reply.pop("media_id"))
    assert reply == {
        "errcode": 0,
        "errmsg": "",
        "type": "image",
        "created_at": str(int(clock.now)),
    }


def test_dingtalk_answers_an_upload_as_documented(caller, clock):
    """DingTalk's reply has an id that begins with @, and created_at as a number of milliseconds."""
    reply = caller.dingtalk_upload()
    assert re.fullmatch(r"@[\w-]{39}", reply.pop("media_id"))
    assert reply == {
        "errcode": 0,
        "errmsg": "ok",
        "type": "image",
        "created_at": int(clock.now * 1000),
    }


def test_dingtalk_takes_the_type_from_the_form_too(caller, make_png):
    """The type stands in the URL or in a field of the form; WeCom reads the URL alone."""
    fields = {"token": caller.dingtalk_token(), "form_fields": {"type": "image"}}
    assert caller.upload("/media/upload", "a.png", make_png(), **fields)["errcode"] == 0
    fields["token"] = caller.wecom_token()
    assert caller.upload(MEDIA, "a.png", make_png(), **fields)["errcode"] == 40004


@pytest.mark.parametrize(
    ("kind", "name", "content", "errcode"),
    [
        ("", "a.png", b"123456", 40004),
        ("picture", "a.png", b"", 40004),
        ("file", "a.txt", b"", 44001),
        ("file", "", b"123456", 44001),
        ("file", "a.txt", b"12345", 40006),
        ("file", "a.txt", b"123456", 0),
        ("file", "a.csv", bytes(20 * MB), 0),
        ("file", "a.csv", bytes(20 * MB + 1), 45001),
        ("image", "a.png", bytes(10 * MB + 1), 45001),
        ("image", "a.png", b"not a png", 40123),
        ("image", "a.gif", GIF, 40123),
        ("image", "a.jpg", JPEG, 0),
        ("voice", "a.amr", b"#!AMR\n", 0),
        ("voice", "a.amr", b"RIFF....", 40004),
        ("video", "a.mp4", b"\0\0\0\x18ftypmp42", 0),
        ("video", "a.mp4", b"123456789", 40004),
    ],
)
def test_wecom_checks_an_upload(caller, kind, name, content, errcode):
    """Type, presence, size and first bytes are checked in this order, each with its code."""
    assert caller.wecom_upload(name, content, kind)["errcode"] == errcode


def test_wecom_takes_an_image_of_10_mb(caller, make_png):
    """The limit of an image is 10 MB, itself included."""
    content = make_png(padding=10 * MB)
    content = make_png(padding=20 * MB - len(content))
    assert len(content) == 10 * MB
    assert caller.wecom_upload(content=content)["errcode"] == 0


@pytest.mark.parametrize(
    ("kind", "name", "content", "errcode"),
    [
        ("", "a.png", b"123456", 40004),
        ("voice", "a.png", b"", 40004),
        ("file", "", b"1", 40035),
        ("file", "a.zip", b"", 44001),
        ("file", "a.zip", b"1", 0),
        ("file", "A.B.XLSX", b"1", 0),
        ("file", "a.csv", b"1", 40005),
        ("file", "zip", b"1", 40005),
        ("file", "a.zip", bytes(20 * MB), 0),
        ("file", "a.zip", bytes(20 * MB + 1), 40006),
        ("image", "a.png", bytes(20 * MB + 1), 40006),
        ("image", "a.png", b"not a png", 40005),
        ("image", "a.png", b"BM, a text", 40005),
        ("image", "a", GIF, 0),
        ("image", "a.bmp", BMP, 0),
        ("image", "a.jpg", JPEG, 0),
    ],
)
def test_dingtalk_checks_an_upload(caller, kind, name, content, errcode):
    """Type, presence, size, first bytes and a file's ending are checked, each with its code."""
    assert caller.dingtalk_upload(name, content, kind)["errcode"] == errcode


def test_the_token_is_checked_before_the_upload(caller):
    """A bad token is told even if nothing else is right; so is a wrong method."""
    for query in ({"access_token": "unknown"}, {}):
        wecom = caller.json("POST", MEDIA, b"x", **query)
        assert wecom["errcode"] == (40014 if query else 41001)
        ding = caller.json("POST", "/media/upload", b"x", **query)
        assert ding["sub_code"] == ("40014" if query else "40000")
    assert caller.json("GET", MEDIA)["errcode"] == 43002
    assert caller.json("GET", "/media/upload")["errcode"] == 43002


@pytest.mark.parametrize(
    ("head", "wecom", "dingtalk"),
    [
        ('name="media"; filename="图 1.png"', 0, 0),
        ("name=media; filename=plot.png", 0, 0),
        ('name="media"; filename="a.png"; filename*=utf-8\'\'%E5%9B%BE.png', 0, 0),
        ("name=\"media\"; filename*=utf-8''%E5%9B%BE.png", 44001, 40035),
        ('name="media"; filename*0="a.png"', 44001, 40035),
        ('name="media"', 44001, 40035),
        ('name="file"; filename="a.png"', 44001, 40035),
    ],
)
def test_the_part_is_named_media_and_has_a_plain_file_name(caller, make_png, head, wecom, dingtalk):
    """Raw UTF-8 is a file name; filename* alone, another part's name or a plain field is none."""
    body = (
        f"--b\r\nContent-Disposition: form-data; {head}\r\nContent-Type: image/png\r\n\r\n".encode()
        + make_png()
        + b"\r\n--b--\r\n"
    )
    more = {"content_type": "multipart/form-data; boundary=b", "type": "image"}
    got = caller.json("POST", MEDIA, body, access_token=caller.wecom_token(), **more)
    assert got["errcode"] == wecom
    got = caller.json("POST", "/media/upload", body, access_token=caller.dingtalk_token(), **more)
    assert got["errcode"] == dingtalk


def test_what_is_no_whole_form_is_refused(caller, make_form, make_png):
    """JSON, a form cut short and a wrong boundary are no upload: 44001 at WeCom, 43008 at DingTalk."""
    body, content_type = make_form("a.png", make_png())
    for sent, declared in [
        (b"{}", "application/json"),
        (body[:-8], content_type),
        (body, "multipart/form-data; boundary=other"),
        (body, "multipart/form-data"),
        (b"", content_type),
    ]:
        more = {"content_type": declared, "type": "image"}
        got = caller.json("POST", MEDIA, sent, access_token=caller.wecom_token(), **more)
        assert got["errcode"] == 44001
        token = caller.dingtalk_token()
        got = caller.json("POST", "/media/upload", sent, access_token=token, **more)
        assert got["errcode"] == 43008


def test_bytes_that_look_like_a_boundary_arrive_whole(caller, sandbox):
    """Line ends, dashes and every byte value are content."""
    content = b"\r\n--\r\n----x--\r\n" + bytes(range(256)) + b"\r\n"
    media_id = caller.wecom_upload("a.bin", content, "file")["media_id"]
    caller.appchat(msgtype="file", file={"media_id": media_id})
    assert sandbox.media_bytes(sandbox.inbox[0]["media"]) == content


def test_uploads_are_counted(caller, sandbox):
    """The stats count the requests that upload, refused ones too."""
    caller.wecom_upload()
    caller.dingtalk_upload("a.csv", b"1", "file")
    assert sandbox.stats["uploads"] == 2


def test_an_upload_meets_faults_as_a_send_does(caller, sandbox):
    """A fault for `upload` leaves the sends alone; an expired token is told in each one's way."""
    sandbox.fail_next(errcode=45009, path="upload")
    assert caller.appchat()["errcode"] == 0
    assert caller.wecom_upload()["errcode"] == 45009
    sandbox.fail_next("expired", path="upload", count=2)
    assert caller.wecom_upload()["errcode"] == 42001
    assert caller.dingtalk_upload()["sub_code"] == "40014"
    assert caller.wecom_upload()["errcode"] == caller.dingtalk_upload()["errcode"] == 0


@pytest.mark.parametrize(("kind", "kept"), [("deliver_hang", 1), ("hang", 0)])
def test_an_upload_whose_answer_never_comes(caller, sandbox, kind, kept):
    """deliver_hang keeps the upload and answers nothing; hang does neither."""
    caller.wecom_token()
    sandbox.fail_next(kind, path="upload", seconds=0.1)
    with pytest.raises(http.client.RemoteDisconnected):
        caller.wecom_upload()
    assert len(sandbox.media._by_id) == kept

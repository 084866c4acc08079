"""Pictures and files on their way: uploaded first, promised by the text, then sent after it."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile

import pytest
from PIL import Image as Pictures

from notebook_notify import File, Image, send
from notebook_notify.targets import Target

CHANNELS = ["wecom_chat", "wecom_app", "dingtalk_chat"]
SENDS = {"wecom_chat": "appchat/send", "wecom_app": "message/send", "dingtalk_chat": "chat/send"}


def png(width=40):
    """A picture, unlike that of another width."""
    packed = io.BytesIO()
    Pictures.effect_noise((width, 30), 80).convert("RGB").save(packed, "PNG")
    return packed.getvalue()


PNG = png()
PDF = b"%PDF-1.7\n\0\xff" + bytes(range(256)) * 40
ALL = ["完成", Image(PNG, "图 1.png"), File(PDF, "报告.pdf")]


@pytest.fixture
def to(sandbox):
    """Gives the sandbox's target of a channel, of other fields if any are given."""

    def target(channel, **changed):
        fields = {**sandbox.targets[f"sandbox-{channel}"], **changed}
        del fields["channel"]
        return Target(channel, fields, name=f"sandbox-{channel}", source="sandbox")

    return target


@pytest.fixture(params=CHANNELS)
def channel(request):
    """Each channel's kind."""
    return request.param


@pytest.fixture
def one(to, channel):
    """Sends, and gives the one result."""

    def call(message=ALL, **options):
        (result,) = send(message, to(channel), **options).results
        return result

    return call


def kinds(sandbox):
    """The kinds of what arrived, in order."""
    return [message["msgtype"] for message in sandbox.inbox]


def told(result):
    """All that a reader of the box is told."""
    return "\n".join(f"{label} {text}" for label, text in result.lines())


# ── all is well ──────────────────────────────────────────────────────────────────────────────


def test_text_picture_and_file_arrive_in_order(sandbox, one):
    """The text comes first and promises the rest, which follows with its bytes and names intact."""
    result = one()
    text, image, file = sandbox.inbox
    assert kinds(sandbox) == ["text", "image", "file"]
    assert text["content"] == "完成\n\n📎 1 image and 1 file (报告.pdf) follow"
    for message, data, name in ((image, PNG, "图 1.png"), (file, PDF, "报告.pdf")):
        assert message["media"]["sha256"] == hashlib.sha256(data).hexdigest()
        assert sandbox.media_bytes(message["media"]) == data
        assert message["media"]["name"] == name
    assert (result.outcome, result.images, result.files, result.notes) == ("sent", 1, 1, ())
    assert "1 text, 1 image, 1 file" in told(result)


@pytest.mark.parametrize(
    "name", ['他说"好" 50%;a=b.pdf', "it's (1) & <2>.pdf", "a\r\nX: y.pdf", "✅.pdf"]
)
def test_hard_names_arrive(sandbox, one, name):
    """Chinese, quotes and signs of HTTP in a name arrive, or are left out, and break nothing."""
    assert one(["x", File(PDF, name)]).outcome == "sent"
    arrived = sandbox.inbox[1]["media"]["name"]
    assert arrived == "".join(c for c in name if c.isprintable() and c not in '"<>|:*?')


def test_csv_arrives_on_every_channel(sandbox, one, channel):
    """DingTalk takes no CSV: there it arrives zipped, with its content intact, and that is told."""
    data = "\ufeff名称,值\n甲,1\n".encode()
    result = one(["x", File(data, "表.csv")])
    content = sandbox.media_bytes(sandbox.inbox[1]["media"])
    if channel == "dingtalk_chat":
        assert result.notes == ("表.csv is zipped",)
        assert "(表.csv.zip) follows" in sandbox.inbox[0]["content"]
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read("表.csv")
    assert (content, result.outcome) == (data, "sent")


@pytest.mark.parametrize("only", [Image(PNG), File(PDF, "a.pdf")])
def test_without_a_text_there_is_one_that_promises(sandbox, one, only):
    """What has no text of its own is announced by one."""
    assert one(only).outcome == "sent"
    assert sandbox.inbox[0]["content"].startswith("📎 1 ")
    assert len(sandbox.inbox) == 2


def test_a_long_text_comes_before_what_follows_it(sandbox, one):
    """Of a text in parts the last one promises, and the picture comes after all of them."""
    result = one(["字" * 2000, Image(PNG)])
    assert kinds(sandbox) == ["text"] * (len(sandbox.inbox) - 1) + ["image"]
    assert sandbox.inbox[-2]["content"].endswith("📎 1 image follows")
    assert (result.outcome, result.parts, result.images) == ("sent", len(sandbox.inbox), 1)


# ── uploads ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", [Image(PNG), File(b"a,b\n1,2\n", "t.csv")])
def test_an_upload_is_used_again(sandbox, one, file):
    """The same file is uploaded once for many messages; another one by itself."""
    assert [one(["x", file]).outcome, one(["y", file]).outcome] == ["sent", "sent"]
    assert sandbox.stats["uploads"] == 1
    one(["z", Image(png(50))])
    assert sandbox.stats["uploads"] == 2


def test_one_upload_for_two_targets_of_one_application(sandbox, to):
    """A group and people of one application share the upload, even if they are sent to at once."""
    report = send(ALL, [to("wecom_chat"), to("wecom_app"), to("dingtalk_chat")])
    assert [result.outcome for result in report.results] == ["sent"] * 3
    assert sandbox.stats["uploads"] == 4  # two files at each of two platforms
    assert sorted(kinds(sandbox)) == ["file"] * 3 + ["image"] * 3 + ["text"] * 3


def test_a_token_that_expires_at_the_upload(sandbox, one):
    """An expired token is renewed once, unseen."""
    one("warm")
    sandbox.expire_tokens()
    result = one()
    assert (result.outcome, result.notes) == ("sent", ())
    assert sandbox.stats["token_requests"] == 2
    assert kinds(sandbox)[1:] == ["text", "image", "file"]


# ── something is wrong ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "fault",
    [
        {"errcode": 45001},
        {"kind": "reset"},
        {"kind": "reset_before"},
        {"kind": "html", "status": 502},
        {"kind": "half"},
        {"kind": "huge"},
    ],
)
def test_an_upload_that_fails(sandbox, one, fault):
    """The text arrives and says that something is missing; the box says what, and is no success."""
    sandbox.fail_next(**fault, path="upload", count=8)
    result = one(["完成", Image(PNG, "plot.png")])
    (text,) = sandbox.inbox
    assert text["content"] == "完成\n\nNot attached: plot.png"
    assert (result.outcome, result.images) == ("partial", 0)
    assert len(result.notes) == 1
    assert result.notes[0].startswith("plot.png did not get through (")
    assert result.notes[0] in told(result)


def test_one_of_two_uploads_fails(sandbox, one):
    """What could be uploaded follows, what could not is named."""
    sandbox.fail_next(errcode=45001, path="upload")
    result = one()
    assert kinds(sandbox) == ["text", "file"]
    assert sandbox.inbox[0]["content"].endswith(
        "📎 1 file (报告.pdf) follows\nNot attached: 图 1.png"
    )
    assert (result.outcome, result.images, result.files) == ("partial", 0, 1)


def test_what_cannot_be_uploaded_at_all(sandbox, one):
    """An empty file is told without asking the platform, and the text arrives."""
    result = one(["x", File(b"", "a.pdf")])
    assert (result.outcome, result.notes) == ("partial", ("a.pdf is empty",))
    assert kinds(sandbox) == ["text"]
    assert sandbox.stats["uploads"] == 0


def test_an_upload_that_hangs_leaves_time_for_the_text(sandbox, one):
    """A hanging upload takes half of the time at most: the text arrives within the budget."""
    sandbox.fail_next("hang", seconds=30, path="upload", count=8)
    started = time.monotonic()
    result = one(timeout=3)
    assert time.monotonic() - started < 3.3
    assert kinds(sandbox) == ["text"]
    assert sandbox.inbox[0]["content"].endswith("Not attached: 图 1.png, 报告.pdf")
    assert result.outcome == "partial"
    assert len(result.notes) == 2


def test_the_text_fails_after_the_uploads(sandbox, one, channel):
    """Without its text nothing follows, and that is a failure."""
    sandbox.fail_next(errcode=40035, path=SENDS[channel], count=8)
    result = one()
    assert (result.outcome, sandbox.inbox) == ("failed", [])
    assert (result.images, result.files, result.parts_sent) == (0, 0, 0)
    assert sandbox.stats["requests"] - sandbox.stats["token_requests"] == 3  # two uploads, the text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_picture_is_refused_after_the_text(sandbox, one, channel, monkeypatch, language):
    """A picture that is refused after the text makes it partial, and the file still follows."""
    from notebook_notify.delivery.transport import Transport

    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    perform = Transport.perform

    def spoil(self, request, **options):
        if (request.payload or {}).get("msgtype") == "image" or (
            (request.payload or {}).get("msg", {}).get("msgtype") == "image"
        ):
            sandbox.fail_next(errcode=40007, path=SENDS[channel])
        return perform(self, request, **options)

    monkeypatch.setattr(Transport, "perform", spoil)
    result = one()
    assert kinds(sandbox) == ["text", "file"]
    assert (result.outcome, result.images, result.files) == ("partial", 0, 1)
    assert "图 1.png" in result.notes[0]
    assert "40007" in result.notes[0]
    assert result.notes[0] in told(result)


def test_the_budget_is_kept_whatever_hangs(sandbox, one):
    """With everything hanging the caller has an answer in time."""
    sandbox.fail_next("hang", seconds=30, count=50)
    started = time.monotonic()
    result = one(timeout=1)
    assert time.monotonic() - started < 6
    assert result.outcome in ("failed", "unknown")


def test_nothing_leaves_after_giving_up(sandbox, one, channel):
    """Once the time is up neither picture nor file leaves, even if the text's answer comes late."""
    sandbox.fail_next("drip", seconds=0.05, path=SENDS[channel])
    result = one(timeout=1)
    assert kinds(sandbox) == ["text"]
    assert result.outcome in ("unknown", "partial")
    seen = sandbox.stats["requests"]
    time.sleep(3)  # by now the whole answer would have come
    assert (kinds(sandbox), sandbox.stats["requests"]) == (["text"], seen)


def test_a_time_that_is_up_between_text_and_picture(sandbox, one, channel):
    """If the text is there and the picture's answer is not, that is partial, and it is told."""
    sandbox.fail_next("errcode_string", path=SENDS[channel])  # the text, which arrives
    sandbox.fail_next("hang", seconds=30, path=SENDS[channel], count=4)
    result = one(timeout=2)
    assert kinds(sandbox)[0] == "text"
    assert result.outcome == "partial"
    assert result.notes
    assert not any(note in ("", None) for note in result.notes)


def test_uploads_side_by_side(sandbox, to):
    """Many threads that send the same file upload it once, and all arrive."""
    outcomes = []

    def work(number):
        outcomes.append(send([f"t{number}", Image(PNG)], to("wecom_chat")).outcome)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["sent"] * 8
    assert sandbox.stats["uploads"] == 1
    assert sorted(kinds(sandbox)) == ["image"] * 8 + ["text"] * 8

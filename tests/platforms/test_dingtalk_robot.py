"""DingTalk custom robot: its webhook and signature, keyword, people, pictures by address."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest

from notebook_notify import File, Image, Markdown, send
from notebook_notify.book import Targets
from notebook_notify.delivery.transport import Transport
from notebook_notify.errors import TargetError
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS, SPECS
from notebook_notify.platforms.base import Media, Words
from notebook_notify.platforms.dingtalk_robot import sign
from notebook_notify.sender import SENDER, check
from notebook_notify.targets import Target

CHANNEL = CHANNELS["dingtalk_robot"]
TOKEN = "566cc69da782ec33e42541b09b08551f09fbe864eb8008112e994b43887f0a51"
URL = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"
SECRET = "SECf3a9c0de5b7e41829d6c0a1b2c3d4e5f60718293a4b5c6d7e8f9012345678901"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50


def target(webhook=TOKEN, **fields):
    """A robot of the config file."""
    return Target("dingtalk_robot", {"webhook": webhook, **fields}, name="ding")


def body(content, of=None, **options):
    """What is posted of *content*."""
    return json.loads(CHANNEL.request(of or target(), content, "", **options).body())


@pytest.fixture
def robot(robot_of):
    """The sandbox's robot of that name, with other fields where given; ``None`` takes one away."""
    return lambda name="sandbox-dingtalk_robot", **changed: robot_of(name, **changed)


# ── the webhook and its signature ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("webhook", [TOKEN, URL, f"{URL}&timestamp=1&sign=x", "env:DING_WEBHOOK"])
def test_token_or_whole_address(posted, monkeypatch, webhook):
    """The token alone and the address as the group shows it mean the same robot."""
    monkeypatch.setenv("DING_WEBHOOK", URL)
    assert posted(target(webhook), "完成") == (
        "https://oapi.dingtalk.com/robot/send",
        {"access_token": TOKEN},
        '{"msgtype":"text","text":{"content":"完成"}}',
    )


def test_another_host_is_refused():
    """A WeCom robot's address is no DingTalk robot's."""
    with pytest.raises(TargetError, match=r"of oapi.dingtalk.com") as refusal:
        CHANNEL.check(
            target("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?access_token=abcdefgh")
        )
    assert "abcdefgh" not in str(refusal.value)


def test_the_signature():
    """HMAC-SHA256 over time, line break and secret, keyed by the secret: as openssl has it."""
    # printf '1732442707111\nSEC…' | openssl dgst -sha256 -hmac SEC… -binary | base64
    assert sign(SECRET, 1732442707111) == "bWm/vDWVmyJl+wDllsgYJokiFXmfGpPcPhc6cEGX0kw="


def test_a_secret_with_half_a_character():
    """Such a secret, of a broken variable, is signed with; that it is wrong says the platform."""
    assert sign("SEC\udc80", 1) == sign("SEC?", 1)


@pytest.fixture
def paths():
    """A server of the test's own; the paths that it is asked for, its address first."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        asked.append(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield asked
        server.shutdown()


def test_the_signature_is_encoded_once(paths, monkeypatch):
    """Plus, slash and equals sign arrive as what they are."""
    monkeypatch.setattr(time, "time_ns", lambda: 1732442707111_000000)
    call = CHANNEL.request(target(secret=SECRET, base_url=paths[0]), Words("x"), "")
    transport = Transport()
    transport.perform(call, deadline=time.monotonic() + 5)
    transport.close()
    line = paths[1]
    assert "sign=bWm%2FvDWVmyJl%2BwDllsgYJokiFXmfGpPcPhc6cEGX0kw%3D" in line
    assert parse_qs(urlsplit(line).query) == {
        "access_token": [TOKEN],
        "timestamp": ["1732442707111"],
        "sign": ["bWm/vDWVmyJl+wDllsgYJokiFXmfGpPcPhc6cEGX0kw="],
    }


def test_each_try_is_signed_anew(sandbox, robot, monkeypatch):
    """A repeat after a busy answer carries its own time."""
    times = iter(range(time.time_ns(), sys.maxsize, 5_000_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    sandbox.fail_next(errcode=-1, count=1, path="robot/send")
    seen = []
    request = CHANNEL.request
    monkeypatch.setattr(
        type(CHANNEL),
        "request",
        lambda self, *args, **options: seen.append(one := request(*args, **options)) or one,
    )
    assert send("x", robot())
    assert len({call.query["sign"] for call in seen}) == len(seen) == 2


def test_wrong_secret_and_wrong_clock_are_told_apart(robot, monkeypatch):
    """The same code means either: each is told with its own remedy."""
    result = send("x", robot(secret=SECRET)).results[0]
    assert (result.outcome, result.code) == ("failed", 310000)
    assert "copy the secret" in result.advice.todo
    monkeypatch.setattr(time, "time_ns", lambda: 1732442707111_000000)
    result = send("x", robot()).results[0]
    assert (result.outcome, result.code) == ("failed", 310000)
    assert "clock" in result.advice.todo


def test_a_wrong_token_is_told(robot):
    """A token that the platform does not know fails with its dict and what to do."""
    result = send("x", robot(webhook=TOKEN)).results[0]
    assert result.outcome == "failed"
    assert result.code in (300001, 300005, 400101)
    assert "copy its webhook address" in result.advice.todo


def test_secrets_are_never_shown(robot):
    """Neither token nor secret nor signature stands in a repr, an error or the result."""
    one = robot(webhook=URL, secret=SECRET, base_url="http://127.0.0.1:1")
    (result,) = SENDER.send([(one, Message("x"))], timeout=5, repeat=False).results
    call = CHANNEL.request(one, Words("x"), "")
    shown = f"{one!r} {call!r} {result!r} {result.lines()}"
    assert not any(word in shown for word in (TOKEN, SECRET, call.query["sign"]))


# ── text, Markdown, keyword ──────────────────────────────────────────────────────────────────


def test_text_and_markdown_arrive(sandbox, robot):
    """A text arrives as it is, Markdown with the title that a lock screen shows."""
    assert send("完成 ✅", robot())
    assert send(Markdown("### 完成\n\n> 第二行", title="✅ 完成"), robot())
    first, second = sandbox.inbox
    assert (first["msgtype"], first["content"]) == ("text", "完成 ✅")
    assert (second["msgtype"], second["title"]) == ("markdown", "✅ 完成")
    assert second["content"] == "### 完成\n\n> 第二行"
    assert sandbox.stats["token_requests"] == 0


def test_the_worst_text_is_within_the_bodys_limit():
    """A whole part fits into 20,000 bytes, were every byte of it and of its title escaped."""
    words = Words("\x1b" * 2048, markdown=True, title="\x1b" * 64, mention=("13800000000",) * 50)
    call = CHANNEL.request(target(keyword="通知"), words, "", once="0" * 32)
    assert len(call.body()) < 20_000


def test_the_keyword_is_added_where_it_lacks(sandbox, robot):
    """A robot that asks for a keyword gets it, each part of a long text too; once is enough."""
    one = robot("sandbox-dingtalk_robot-keyword")
    word = one.get("keyword")
    assert send("完成", one)
    assert send(f"{word}：完成", one)
    assert send("字" * 1000, one)
    contents = [message["content"] for message in sandbox.inbox]
    assert contents[:2] == [f"完成\n\n{word}", f"{word}：完成"]
    assert len(contents) == 4
    assert all(word in content for content in contents)
    result = send("完成", robot("sandbox-dingtalk_robot-keyword", keyword=None)).results[0]
    assert (result.outcome, result.code) == ("failed", 310000)
    assert "keyword of the target" in result.advice.todo


def test_the_keyword_stands_in_title_and_text():
    """Markdown has it in both, the title cut rather than the keyword."""
    words = Words("### x", markdown=True, title="长" * 80)
    wire = body(words, target(keyword=" 通知 "))["markdown"]
    assert wire == {"title": f"{'长' * 61} 通知", "text": "### x\n\n通知"}


# ── people ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("markdown", [False, True])
def test_people_are_rung_and_named(sandbox, robot, markdown):
    """Ids, numbers and all go into `at`, and stand in the text, which highlights them."""
    people = ("zhangwei", "+86-13800000000", "@all")
    message = Message("失败", markdown=markdown, mention=people)
    (result,) = SENDER.send([(robot(), message)]).results
    assert (result.outcome, result.notes) == ("sent", ())
    assert sandbox.inbox[0]["content"] == "失败\n\n@zhangwei @13800000000 @所有人"
    assert {"zhangwei", "13800000000"} <= set(sandbox.inbox[0]["mentions"])
    words = Words("x", markdown=markdown, title="x", mention=("zhangwei", "13800000000", "all"))
    assert body(words)["at"] == {
        "atMobiles": ["13800000000"],
        "atUserIds": ["zhangwei"],
        "isAtAll": True,
    }


def test_fifty_at_most():
    """Whom the platform would not ring beyond fifty is told."""
    mention = CHANNEL.mention(tuple(f"u{n}" for n in range(52)), markdown=False)
    assert (len(mention.rung), mention.quiet) == (50, ("u50", "u51"))


# ── pictures and files ───────────────────────────────────────────────────────────────────────


def test_pictures_and_files_stay(sandbox, robot):
    """The text says which do not come along, the report why."""
    result = send(["look", Image(PNG, "plot.png"), File(b"123456", "a.pdf")], robot()).results[0]
    (one,) = sandbox.inbox
    assert one["content"] == "look\n\nNot attached: plot.png, a.pdf"
    assert result.outcome == "partial"
    assert [note.partition(":")[0] for note in result.notes] == [
        "plot.png was not sent",
        "a.pdf was not sent",
    ]


@pytest.fixture
def store(monkeypatch):
    """Makes a user's module with that function; gives the field's value."""

    def make(function):
        module = ModuleType("my_pictures")
        module.store = function
        monkeypatch.setitem(sys.modules, "my_pictures", module)
        return "my_pictures:store"

    return make


def test_a_function_of_the_users_gives_the_address(sandbox, robot, store):
    """What the target's function stores is shown by its address, in a message of its own."""
    seen = []

    def keep(name, data):
        seen.append((name, data, threading.current_thread() is threading.main_thread()))
        return f"https://pictures.example/{len(seen)}.png?a=1&b=2"

    one = robot(image_url=store(keep))
    result = send(["look", Image(PNG, "a[1].png")], one).results[0]
    assert (result.outcome, result.images) == ("sent", 1)
    assert seen == [("a[1].png", PNG, False)]
    text, picture = sandbox.inbox
    assert text["content"] == "look\n\n📎 1 image follows"
    assert (picture["msgtype"], picture["title"]) == ("markdown", "a[1].png")
    assert picture["content"] == "![a1.png](https://pictures.example/1.png?a=1&b=2)"


def test_its_picture_has_the_keyword_too():
    """Every message must pass the robot's check, that of a picture as well."""
    media = Media("image", "https://pictures.example/1.png", "plot.png")
    wire = body(media, target(keyword="通知"))["markdown"]
    assert wire == {
        "title": "plot.png 通知",
        "text": "![plot.png](https://pictures.example/1.png)\n\n通知",
    }


def fails(_name, _data):
    """A store that is down."""
    raise OSError("bucket is full")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (fails, "OSError: bucket is full"),
        (lambda _name, _data: sys.exit(3), "SystemExit: 3"),
        (lambda _name, _data: None, "no https address"),
        (lambda _name, _data: "http://pictures.example/1.png", "no https address"),
        (lambda _name, _data: "https://x.example/1) <@all>", "no https address"),
        (lambda _name, _data: time.sleep(3), "too long"),
        ("my_pictures:gone", "AttributeError"),
        ("no_such_module_here:store", "ModuleNotFoundError"),
    ],
)
def test_a_function_that_fails_never_keeps_the_text(sandbox, robot, store, function, why):
    """Whatever the user's function does, the text arrives, and the report says what went wrong."""
    named_by = store(fails if isinstance(function, str) else function)
    one = robot(image_url=function if isinstance(function, str) else named_by)
    result = send(["look", Image(PNG, "plot.png")], one, timeout=2).results[0]
    assert result.outcome == "partial"
    assert why in result.notes[0]
    assert sandbox.inbox[0]["content"].startswith("look")


@pytest.mark.parametrize("value", ["store", "my pictures:store", "https://x.example/store", ":"])
def test_the_functions_form_is_looked_at(value):
    """What is no function's name is refused before anything runs."""
    with pytest.raises(TargetError, match="module:function"):
        CHANNEL.check(target(image_url=value))


# ── what else is known of it ─────────────────────────────────────────────────────────────────


def test_a_check_says_that_it_proves_nothing(sandbox, robot):
    """Nothing is posted to see whether a robot is good, and it is not called so."""
    result = check(robot()).results[0]
    assert (result.outcome, result.parts, sandbox.stats["requests"]) == ("unknown", 0, 0)


def test_the_environment_describes_it(tmp_path):
    """The webhook's variable is a whole target, its secret's one goes with it, alone it is none."""
    environ = {
        "NOTEBOOK_NOTIFY_CONFIG": str(tmp_path / "notebook_notify.toml"),
        "NOTEBOOK_NOTIFY_DINGTALK_SECRET": SECRET,
    }
    with pytest.raises(TargetError, match="lacks NOTEBOOK_NOTIFY_DINGTALK_WEBHOOK"):
        Targets(SPECS, environ).resolve(magic="dingtalk")
    environ["NOTEBOOK_NOTIFY_DINGTALK_WEBHOOK"] = URL
    one = Targets(SPECS, environ).resolve(magic="dingtalk")
    assert one.channel == "dingtalk_robot"
    assert (one.reveal("webhook", environ), one.reveal("secret", environ)) == (URL, SECRET)
    names = ("APP_KEY", "APP_SECRET", "CHAT_ID")
    environ |= {f"NOTEBOOK_NOTIFY_DINGTALK_{name}": "s3cr3t-v4lue" for name in names}
    with pytest.raises(TargetError, match="several channels: dingtalk_chat, dingtalk_robot"):
        Targets(SPECS, environ).resolve(magic="dingtalk")

"""Advice where its text needs more than a code: causes, addresses, our own codes, hostile texts."""

from __future__ import annotations

import json
import re
import threading
from html.parser import HTMLParser

import pytest

from notebook_notify import texts
from notebook_notify.messages import Message
from notebook_notify.sandbox import Sandbox
from notebook_notify.sending.dispatch import Sender
from notebook_notify.targets import Target

LANGUAGES = pytest.mark.parametrize("lang", ["en", "zh"])


@pytest.fixture(scope="module")
def box():
    """One sandbox for all of them."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def sender():
    """A sender that does not wait between tries."""
    one = Sender(pauses=())
    yield one
    one.close()


@pytest.fixture
def target_of(box):
    """Gives the sandbox's target of a channel, of other fields where given."""

    def make(name, **changed):
        fields = {**box.targets[f"sandbox-{name}"], **changed}
        return Target(fields.pop("channel"), fields, name="ops")

    return make


def refused(sender, target, lang, text="loss 0.1", timeout=15.0):
    """The result of a text that does not arrive, and its head and steps as *lang* tells them."""
    with texts.speaking(lang):
        (result,) = sender.send([(target, Message(text))], timeout=timeout).results
        (_, head), *rest = result.lines()
    return result, head, steps(rest)


def steps(lines):
    """What a report's lines say is to be done: a line each way."""
    ways = ("what to do", "or", "怎么办", "或者")
    return "\n".join(text for label, text in lines if label in ways)


@LANGUAGES
@pytest.mark.parametrize(
    ("channel", "code", "menu"),
    [
        ("wecom_chat", "60020", "企业可信IP"),
        ("wecom_app", "60020", "企业可信IP"),
        ("dingtalk_chat", "60020", "服务器出口IP"),
        ("dingtalk_notice", "60020", "服务器出口IP"),
        ("dingtalk_app_robot", "Forbidden.AccessDenied.IpNotInWhiteList", "服务器出口IP"),
    ],
)
def test_the_address_to_put_on_the_list(
    box, sender, target_of, monkeypatch, channel, code, menu, lang
):
    """Whose address is not on an application's list is told it, its menu, and to use a robot."""
    monkeypatch.setattr(box.wecom, "trusted_ips", ["203.0.113.7"])
    monkeypatch.setattr(box.dingtalk, "trusted_ips", ["203.0.113.7"])
    result, head, step = refused(sender, target_of(channel), lang)
    assert str(result.code) == code
    assert "127.0.0.1" in head
    assert re.search(rf"{menu}\)? → (add|添加) 127\.0\.0\.1", step)
    assert "%notify_setup" in step


@LANGUAGES
@pytest.mark.parametrize(
    ("changed", "security", "en", "zh"),
    [
        ({"keyword": None}, {"keywords": ["值班"]}, "into keyword of the target", "目标的 keyword"),
        ({}, {"secret": f"SEC{'0' * 64}"}, "copy the secret", "重新复制 SEC"),
        ({}, {"addresses": ["203.0.113.7"]}, "add 127.0.0.1", "添加 127.0.0.1"),
    ],
    ids=["keyword", "sign", "address"],
)
def test_a_robots_own_checks(box, sender, target_of, changed, security, en, zh, lang):
    """310000 leads to the setting that was missed, each time to another one."""
    webhook = box.dingtalk_robot.add("strict", **security)
    result, _, step = refused(sender, target_of("dingtalk_robot", webhook=webhook, **changed), lang)
    assert result.code == 310000
    assert (en if lang == "en" else zh) in step


@LANGUAGES
@pytest.mark.parametrize(
    ("channel", "code", "errmsg", "en", "zh"),
    [
        ("wecom_robot", 40058, "text.content exceed max length 2048", "shorten it", "请缩短"),
        ("dingtalk_robot", 40035, "缺少参数 access_token", "a proxy strips", "代理是否去掉"),
        ("dingtalk_robot", 300001, "send too fast", "in about 10 minutes", "约 10 分钟后"),
        ("dingtalk_robot", 310000, "description:机器人发送签名不匹配", "copy the secret", "SEC"),
    ],
)
def test_a_cause_that_only_the_text_tells(
    box, sender, target_of, channel, code, errmsg, en, zh, lang
):
    """A code that means several things is told by what the platform says with it."""
    box.fail_next(errcode=code, errmsg=errmsg, path="send")
    result, _, step = refused(sender, target_of(channel), lang)
    assert result.code == code
    assert (en if lang == "en" else zh) in step


@LANGUAGES
def test_a_robots_clock(box, sender, target_of, monkeypatch, lang):
    """310000 for a clock that is two hours off says so, not that the secret is wrong."""
    true_clock = box.dingtalk_robot._clock
    monkeypatch.setattr(box.dingtalk_robot, "_clock", lambda: true_clock() + 7200)
    result, head, step = refused(sender, target_of("dingtalk_robot"), lang)
    assert result.code == 310000
    assert ("time is off" if lang == "en" else "签名的时间不对") in head
    assert ("clock" if lang == "en" else "校准本机时间") in step


@LANGUAGES
@pytest.mark.parametrize(
    ("fault", "code", "en", "zh"),
    [
        ("half", -1003, "in the chat first", "先看群里"),
        ("html", -1004, "proxy", "代理"),
        ("no_errcode", -1004, "in 5 minutes", "等 5 分钟"),
        ("hang", -1003, "in the chat first", "先看群里"),
    ],
)
def test_no_answer_of_the_platform(box, sender, target_of, fault, code, en, zh, lang):
    """What is no answer is told for what it is, by our own code, with what to do."""
    box.fail_next(fault, path="/chat/send")
    result, _, step = refused(sender, target_of("dingtalk_chat"), lang, timeout=0.5)
    assert result.error["errcode"] == code
    assert (en if lang == "en" else zh) in step


@LANGUAGES
@pytest.mark.parametrize(
    ("scheme", "port", "code", "word"),
    [("http", 1, -1001, "HTTPS_PROXY"), ("https", None, -1002, "REQUESTS_CA_BUNDLE")],
)
def test_no_way_there(box, sender, target_of, scheme, port, code, word, lang):
    """Where nobody answers, or somebody without a certificate, the setting to look at is named."""
    base_url = f"{scheme}://127.0.0.1:{port or box.url.rpartition(':')[2]}"
    result, _, step = refused(sender, target_of("wecom_chat", base_url=base_url), lang)
    assert result.error["errcode"] == code
    assert word in step


@LANGUAGES
def test_time_was_up_before_it_left(sender, target_of, lang):
    """Nothing left, so that sending again is safe, which is said."""
    done = threading.Event()

    def slow():
        done.wait(10)
        return Message("late")

    with texts.speaking(lang):
        (result,) = sender.send([(target_of("wecom_chat"), slow)], timeout=0.1).results
        step = result.lines()[1][1]
    done.set()
    assert result.error["errcode"] == -1005
    assert ("safe to send again" if lang == "en" else "可以放心重发") in step


@LANGUAGES
def test_kept_back_here(box, sender, target_of, lang):
    """Over the robot's limit, advice counts the same seconds as the dict does."""
    box.fail_next(errcode=130101, path="/robot/send")
    target = target_of("dingtalk_robot")
    refused(sender, target, lang)
    result, head, step = refused(sender, target, lang)
    again = re.search(r"(\d+) (?:s|秒)", result.error["errmsg"])[1]
    assert (result.error["errcode"], 590 < int(again) <= 600) == (-1006, True)
    assert (f"again in {again} s" if lang == "en" else f"{again} 秒后再发") in step
    assert ("kept back here" if lang == "en" else "本机先拦下") in head


@LANGUAGES
@pytest.mark.parametrize(
    ("channel", "path", "fault", "link"),
    [
        ("wecom_chat", "appchat/send", {"errcode": 987654}, "devtool/query?e=987654"),
        ("dingtalk_chat", "chat/send", {"errcode": 987654}, "server-api-error-codes-1"),
        ("dingtalk_chat", "chat/send", {"sub_code": "987654"}, "server-api-error-codes-1"),
        ("dingtalk_app_robot", "groupMessages", {"code": "some.New"}, "sends-a-group-message"),
    ],
)
def test_a_code_that_nobody_knows(box, sender, target_of, channel, path, fault, link, lang):
    """It is shown with the platform's own words, is admitted to be unknown, and can be looked up."""
    box.fail_next(**fault, errmsg="sorry: moon phase", path=path)
    result, head, step = refused(sender, target_of(channel), lang)
    assert str(result.code) in head
    assert ("does not know" if lang == "en" else "不认识这个错误码") in step
    shown = dict(result.lines())
    assert any(link in text for text in shown.values())
    assert any("sorry: moon phase" in text for text in shown.values())


class Seen(HTMLParser):
    """What a browser would make of a report: its elements, and its text."""

    def __init__(self):
        super().__init__()
        self.elements = set()
        self.addresses = set()
        self.text = ""

    def handle_starttag(self, tag, attributes):
        """Notes the element, and where it leads."""
        names = dict(attributes)
        self.elements.add(tag)
        self.addresses.add(names.pop("href", ""))
        assert set(names) <= {"style", "target", "rel"}

    def handle_data(self, data):
        """Notes the text."""
        self.text += data


HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)></span></div>"
    "<a href='javascript:alert(3)'>see</a>",
    "ansi": "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x9b2J",
    "lines": "a\nb\r\nc\x0bd\x85e\u2028f\u2029g",
    "direction": "\u202egnp.exe \u2066x\u2069 \u200f\u200e\u061c",
    "template": "{ip} {again} %s {0} {code}",
    "address": "from ip: <b>10.0.0.1, from ip: \u202e6.6.6.6",
    "surrogates": "\ud800 \udfff",
    "long": "x<y" * 330_000,
}
#: What would break a line, steer a terminal, turn the text around, or cannot be printed.
FORBIDDEN = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize(
    ("channel", "path", "reply", "status"),
    [
        ("wecom_chat", "appchat/send", {"errcode": 60020, "errmsg": "no, hint: {}"}, 200),
        ("dingtalk_chat", "chat/send", {"errcode": 88, "errmsg": "[subcode=60020,{}]"}, 200),
        ("dingtalk_app_robot", "groupMessages", {"code": "some.New", "message": "{}"}, 400),
    ],
)
def test_hostile_words(box, sender, target_of, channel, path, reply, status, what):
    """The dict is kept but for the secret; the report's lines stay lines, escaped and short."""
    target = target_of(channel)
    secret = target.reveal("corp_secret" if channel == "wecom_chat" else "app_secret")
    words = f"{secret} {HOSTILE[what]} https://x.example/?access_token={secret}"
    key = "message" if "message" in reply else "errmsg"
    said = reply | {key: reply[key].replace("{}", words)}
    box.fail_next(status=status, body=json.dumps(said), path=path)
    with texts.speaking("en"):
        report = sender.send([(target, Message("loss 0.1"))])
        (result,) = report.results
        lines, shown, html = result.lines(), repr(report), report._repr_html_()
    assert result.outcome == "failed"
    assert result.advice.todo == steps(lines)
    assert "{" not in result.advice.todo
    for text in (shown, html, str(result.error)):
        assert "••••" in text
        assert secret not in text
    assert result.error == said | {key: said[key].replace(secret, "••••")}
    assert max(len(shown), len(html) / 4) < 3000
    assert FORBIDDEN.search(shown + html) is None
    assert len(shown.splitlines()) == len(lines)
    seen = Seen()
    seen.feed(html)
    seen.close()
    assert seen.elements == {"div", "b", "span", "a"}
    assert seen.addresses == {"", result.advice.link}

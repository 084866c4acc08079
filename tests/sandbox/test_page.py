"""The phone: what is shown, in a page, in a notebook's output and in a terminal."""

import re
import urllib.request
from html.parser import HTMLParser

import pytest

from notebook_notify.sandbox import page

HOSTILE = "<script>alert(1)</script>\x1b[31mred\x1b[0m\x1b]8;;http://x\x07link\x07\u202e <img src=x onerror=y> \x00&amp;\ud800"


def _message(
    content="hello", channel="wecom_chat", to="wrchat", time="2025-11-24T20:08:31.000+08:00"
):
    return {
        "platform": "wecom",
        "channel": channel,
        "to": to,
        "msgtype": "text",
        "title": "",
        "content": content,
        "media": None,
        "time": time,
    }


class _Tags(HTMLParser):
    """Collects the tags and attributes of a piece of HTML, and checks that it is balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def _fetch(url, **headers):
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=headers), timeout=5
    ) as response:
        return response.headers, response.read().decode()


def test_the_page_shows_what_was_delivered(caller, sandbox):
    """Each channel's message stands in its own phone, whitespace kept; three phones are drawn."""
    caller.appchat("✅ 完成\n  两格缩进")
    caller.chat_send("❌ 失败")
    _, html = _fetch(sandbox.url)
    phones = re.findall(r'<section class="phone (\w+)".*?</section>', html, re.DOTALL)
    assert phones == [
        "wecom_chat",
        "dingtalk_chat",
        "wecom_app",
    ]
    assert '<div class="bubble">✅ 完成<br>  两格缩进</div>' in html
    assert '<div class="bubble">❌ 失败</div>' in html


def test_an_empty_page_says_what_to_do(sandbox):
    """Without a message each of three phones names its magic, and a line names the other targets."""
    _, html = _fetch(sandbox.url)
    for magic in ("%%notify_wechat<", "%%notify_wechat_app<", "%%notify_dingtalk<"):
        assert magic in html
    line = re.search(r'<p class="also">.*?</p>', html)[0]
    named = re.findall("<code>(.*?)</code>", line)
    assert named == [
        "sandbox-wecom_robot",
        "sandbox-dingtalk_robot",
        "sandbox-dingtalk_app_robot",
        "sandbox-dingtalk_notice",
    ]
    assert set(named) < set(sandbox.targets)


def test_whoever_has_spoken_has_a_phone(sandbox):
    """Channels with messages are drawn, however many; what is drawn is not named again below."""
    spoken = [_message(channel=name) for name in ("dingtalk_notice", "dingtalk_app_robot")]
    html = page.full(spoken, "en", "n", {}.get)
    assert re.findall('id="([a-z_]+)"', html) == [
        "dingtalk_notice",
        "dingtalk_app_robot",
        "wecom_chat",
    ]
    assert "sandbox-dingtalk_notice" not in html
    assert "sandbox-wecom_app" in html
    every = [_message(channel=target["channel"]) for target in sandbox.targets.values()]
    html = page.full(every, "en", "n", {}.get)
    assert html.count("<section") == 7
    assert 'class="also"' not in html


@pytest.mark.parametrize(("lang", "word"), [("zh", "已撤回"), ("en", "recalled")])
def test_a_recalled_message_is_struck_through(lang, word):
    """What was taken back stays readable, struck through and named, on the page and elsewhere."""
    gone = [_message("oops", "wecom_app", "lisi") | {"recalled": True}]
    whole, fragment = page.full(gone, lang, "n", {}.get), page.inline(gone, "http://x", lang)
    assert '<article class="recalled">' in whole
    assert "text-decoration:line-through" in fragment
    for text in (whole, fragment, page.plain(gone, lang)):
        assert f" · {word}" in text
        assert "oops" in text
    kept = page.full([_message()], lang, "n", {}.get)
    assert '<article class="recalled">' not in kept


def test_a_notice_says_to_whom_it_went():
    """People, not a group, receive a work notice: they stand beside its size."""
    message = _message("x", "dingtalk_notice", "zhangwei,lisi")
    assert "text · 1 / 2,048 bytes · to zhangwei, lisi" in page.plain([message], "en")


@pytest.mark.parametrize(
    ("accepted", "label"), [("zh-CN,zh;q=0.9", "企业微信群"), ("en-US,en;q=0.9", "WeCom group")]
)
def test_the_page_speaks_the_browsers_language(sandbox, accepted, label):
    """Labels are Chinese for a Chinese browser and English for any other."""
    assert label in _fetch(sandbox.url, **{"Accept-Language": accepted})[1]


def test_the_page_runs_its_own_script_only(sandbox):
    """The policy allows the page's style and script by a nonce that is new each time."""
    policies = [_fetch(sandbox.url)[0]["Content-Security-Policy"] for _ in range(2)]
    assert policies[0].startswith("default-src 'none'; style-src 'nonce-")
    assert "unsafe" not in policies[0]
    assert policies[0] != policies[1]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_stays_text(lang):
    """Markup in a message is shown, not obeyed; terminal and control sequences are gone."""
    messages = [
        _message(HOSTILE, channel, HOSTILE)
        for channel in ("wecom_chat", "wecom_app", "dingtalk_chat")
    ]
    for html in (
        page.full(messages, lang, "nonce", {}.get),
        page.inline(messages, "http://127.0.0.1:1", lang),
    ):
        tags = _Tags(html)
        assert "img" not in tags.tags
        assert tags.tags.count("script") == (1 if html.startswith("<!doctype") else 0)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;redlink &lt;img" in html
        assert "&amp;amp;" in html
        html.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", page.plain(messages, lang))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\r\nb\tc\rd", "a\nb\tcd"),
        ("\x1b", ""),
        ("👨‍👩‍👧 é 中", "👨‍👩‍👧 é 中"),
    ],
)
def test_clean_keeps_text_and_drops_the_rest(raw, shown):
    """Terminal sequences vanish whole; letters, emoji, tabs and line feeds stay."""
    assert page.clean(raw) == shown


def test_the_fragment_is_self_contained():
    """A notebook's output has inline styles only: no script, class, event or outside resource."""
    html = page.inline([_message(), _message(channel="wecom_app")], "http://127.0.0.1:8000", "en")
    tags = _Tags(html)
    assert set(tags.tags) <= {"div", "a", "code", "br"}
    assert {name for name, _ in tags.attributes} <= {"style", "href", "target", "rel"}
    assert "white-space:pre-wrap" in html
    assert "url(" not in html


def test_the_fragment_links_to_web_addresses_only():
    """An address that is no web address becomes no link, and one with quotes stays one attribute."""
    assert "<a " not in page.inline([], "javascript:alert(1)", "en")
    assert 'href="http://x/?&quot;&gt;"' in page.inline([], 'http://x/?">', "en")


def test_an_empty_fragment_says_what_to_do():
    """The first thing that a newcomer sees names the next step, in both languages."""
    assert "Run a cell" in page.inline([], "http://127.0.0.1:1", "en")
    assert "运行一个单元" in page.inline([], "http://127.0.0.1:1", "zh")
    assert "%%notify_wechat" in page.plain([], "zh")


def test_the_time_is_shown_again_after_a_pause():
    """As in the apps, a time stands above the first message and after five quiet minutes."""
    times = ["20:00:00", "20:04:00", "20:05:01"]
    messages = [_message(time=f"2025-11-24T{time}.000+08:00") for time in times]
    assert re.findall(r"<time>(.*?)</time>", page.full(messages, "zh", "n", {}.get)) == [
        "11-24 20:00",
        "11-24 20:05",
    ]


def test_the_size_is_counted_in_bytes():
    """Beside each message stands its size as the platforms count it, bytes of UTF-8."""
    assert "文本 · 6 / 2,048 字节" in page.full([_message("中文")], "zh", "n", {}.get)


def test_plain_text_is_indented_under_its_chat():
    """In a terminal each message stands under its chat and time, nothing at a line's end."""
    text = page.plain([_message("line 1\n\n  line 3"), _message("x", "dingtalk_chat")], "en")
    assert text == (
        "WeCom group · 11-24 20:08:31 · text · 16 / 2,048 bytes\n  line 1\n\n    line 3\n\n"
        "DingTalk group · 11-24 20:08:31 · text · 1 / 2,048 bytes\n  x"
    )


@pytest.mark.parametrize("channel", ["wecom_robot", "dingtalk_robot"])
def test_who_is_called_is_seen(channel):
    """The people whom a robot's message calls stand under it, their names being mere text."""
    message = _message("x", channel) | {"mentions": ["lisi", "@<b>all"]}
    for html in (
        page.full([message], "en", "n", {}.get),
        page.inline([message], "http://127.0.0.1:1", "en"),
    ):
        assert ">@lisi @&lt;b&gt;all</div>" in html
    assert page.plain([message], "en").endswith("\n  x\n  @lisi @<b>all")


def test_a_robots_limits_are_its_own():
    """A WeCom robot's Markdown may have 4096 bytes; DingTalk's is shown with its title."""
    markdown = _message("x", "wecom_robot") | {"msgtype": "markdown_v2"}
    titled = _message("x", "dingtalk_robot") | {"msgtype": "markdown", "title": "完成"}
    shown = page.plain([markdown, titled], "en")
    assert "markdown_v2 · 1 / 4,096 bytes" in shown
    assert "markdown · 1 bytes · title: 完成" in shown

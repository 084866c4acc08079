"""Images and files as they are shown: on the page, in a notebook's output, in a terminal."""

import base64
import re
import urllib.request
from html.parser import HTMLParser

import pytest

from notebook_notify.sandbox import page
from notebook_notify.sandbox.page_text import shorten_middle, size_text

MB = 1024 * 1024
KEY = "0123456789abcdef" * 2


def _message(name="plot.png", msgtype="image", size=100, key=KEY, **media):
    return {
        "platform": "wecom",
        "channel": "wecom_chat",
        "to": "wrchat",
        "msgtype": msgtype,
        "title": "",
        "content": "",
        "media": {
            "name": name,
            "type": "image/png" if msgtype == "image" else "text/csv",
            "size": size,
            "sha256": "",
            "url": f"http://127.0.0.1:1/media/{key}",
            **media,
        },
        "time": "2025-11-24T20:08:31.000+08:00",
    }


class _Tags(HTMLParser):
    """Collects the tags of a piece of HTML, each with its attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def _full(*messages, load=lambda _: b"x", lang="zh"):
    return page.full(messages, lang, "nonce", load)


def test_the_page_shows_an_image_by_its_address(caller, sandbox, make_png):
    """The bubble holds the image, whose relative address works behind a proxy as well."""
    content = make_png()
    media_id = caller.wecom_upload(content=content)["media_id"]
    caller.appchat(msgtype="image", image={"media_id": media_id})
    with urllib.request.urlopen(sandbox.url + "/", timeout=5) as response:
        assert "img-src 'self';" in response.headers["Content-Security-Policy"]
        (image,) = _Tags(response.read().decode()).all("img")
    assert re.fullmatch("media/[0-9a-f]{32}", image["src"])
    with urllib.request.urlopen(f"{sandbox.url}/{image['src']}", timeout=5) as response:
        assert response.read() == content


def test_the_page_offers_a_file_as_a_card():
    """A file is a card with its ending, name and size, and a click fetches it."""
    html = _full(_message("table.csv", "file", 34 * 1024))
    (card,) = [link for link in _Tags(html).all("a") if link.get("class") == "file"]
    assert card["href"] == f"media/{KEY}"
    assert ">CSV</i>" in html
    assert "<b>table.csv</b><small>34 KB</small>" in html


def test_an_ending_too_long_for_the_icon_is_replaced():
    """The icon says what fits into it."""
    assert ">文件</i>" in _full(_message("a.parquet", "file"))
    assert ">FILE</i>" in _full(_message("README", "file"), lang="en")


def test_what_was_dropped_is_a_card_without_a_link():
    """An image whose bytes are gone says so, instead of a broken picture."""
    html = _full(_message(), load=lambda _: None)
    assert _Tags(html).all("img") == []
    assert f"media/{KEY}" not in html
    assert "内容已不在内存" in html


def test_a_picture_sent_as_a_file_is_a_file():
    """What the sender sent as a file is a card, whatever its bytes are."""
    html = _full(_message("plot.png", "file", type="image/png"))
    assert _Tags(html).all("img") == []


@pytest.mark.parametrize("msgtype", ["image", "file"])
def test_a_hostile_name_stays_a_name(make_png, msgtype):
    """Markup, quotes, line ends, terminal sequences and direction marks of a name do nothing."""
    name = "\"><script>x</script>\x1b[31m\u202e\r\n' onerror=y.csv"
    message = _message(name, msgtype)
    for html in (
        _full(message),
        page.inline([message], "", "zh", lambda _: make_png()),
        page.inline([message], "", "zh"),
    ):
        assert "<script>x" not in html
        assert "onerror" not in {key for _, attributes in _Tags(html).found for key in attributes}
        assert not re.search("[\x1b\u202e\r]", html)
    text = page.plain([message], "zh")
    assert not re.search("[\x1b\u202e\r]", text)
    assert text.count("\n") == 1


def test_an_address_that_is_no_upload_is_not_linked():
    """An inbox from elsewhere cannot put another address into the page."""
    html = _full(_message(url="javascript:alert(1)"), _message(url=f"http://x/media/{KEY}?y"))
    assert _Tags(html).all("img") == []
    assert "javascript" not in html


def test_the_fragment_holds_the_image_itself(make_png):
    """A reader on a hub sees the image without any address, scaled to the bubble."""
    content = make_png()
    html = page.inline([_message(size=len(content))], "", "zh", lambda _: content)
    (image,) = _Tags(html).all("img")
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == content
    assert "max-width:100%" in image["style"]
    assert image["alt"] == f"[图片 plot.png {len(content)} B]"


def test_a_large_image_is_a_card_in_the_fragment():
    """Beyond 2 MB the fragment says so, and does not even ask for the bytes."""
    asked = []
    html = page.inline([_message(size=2 * MB + 1)], "", "en", asked.append)
    assert asked == _Tags(html).all("img") == []
    assert "2.0 MB · too large to show here" in html


def test_the_fragment_holds_the_newest_images(make_png):
    """Eight megabytes of images in all: the oldest give way, so that the notebook stays small."""
    content = make_png(padding=2 * MB - 1000)
    messages = [_message(f"{n}.png", size=len(content), key=f"{n:032x}") for n in range(6)]
    html = page.inline(messages, "", "en", lambda _: content)
    alts = [image["alt"] for image in _Tags(html).all("img")]
    assert [alt.split()[1] for alt in alts] == ["2.png", "3.png", "4.png", "5.png"]
    assert html.count("not shown here") == 2


@pytest.mark.parametrize("load", [None, lambda _: None, lambda _: b"<svg onload=alert(1)>"])
def test_what_is_no_image_is_never_put_in_as_one(load):
    """Without bytes, or with bytes that do not begin as an image, there is a card."""
    html = page.inline([_message()], "", "en", load)
    assert _Tags(html).all("img") == []
    assert "svg" not in html
    assert "plot.png" in html


def test_the_fragment_shows_a_file_as_a_card():
    """Ending, name and size, inline styles alone, no link that the reader could not follow."""
    tags = _Tags(html := page.inline([_message("a.csv", "file", 1500)], "", "zh"))
    assert {tag for tag, _ in tags.found} == {"div"}
    assert {name for _, attributes in tags.found for name in attributes} == {"style"}
    assert re.search(r">CSV</div>.*>a\.csv</div>.*>1\.5 KB</div>", html)


def test_plain_text_names_an_upload():
    """In a terminal an upload is its kind, name and size in brackets."""
    assert page.plain([_message(size=34 * 1024)], "en") == (
        "WeCom group · 11-24 20:08:31 · image · 34 KB\n  [image plot.png 34 KB]"
    )
    assert page.plain([_message("表.csv", "file", 15 * MB)], "zh").endswith("  [文件 表.csv 15 MB]")
    assert "[file unnamed 100 B]" in page.plain([_message("\x1b", "file")], "en")


def test_a_long_name_is_cut_in_its_middle():
    """Beginning and ending of a file's name stay, in forty characters."""
    name = "results_of_the_nightly_backtest_2025-11-24_final.parquet"
    short = shorten_middle(name)
    assert len(short) == 40
    assert short == "results_of_the_night…11-24_final.parquet"
    assert shorten_middle(name[:40]) == name[:40]
    assert short in _full(_message(name, "file"))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (34 * 1024, "34 KB"),
        (1000 * 1024, "1.0 MB"),
        (20 * MB, "20 MB"),
    ],
)
def test_a_size_is_short(size, text):
    """Two or three digits and a unit."""
    assert size_text(size) == text


def test_dingtalks_markdown_is_measured_in_characters(caller, sandbox):
    """Beside DingTalk's Markdown stands its own limit, and the title that its text does not show."""
    markdown = {"title": "完成", "text": "**完成**"}
    caller.chat_send(msg={"msgtype": "markdown", "markdown": markdown})
    assert "markdown · 8 / 5,000 字符 · 标题: 完成" in page.plain(sandbox.inbox, "zh")

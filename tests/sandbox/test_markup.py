"""Markdown as the phone draws it, dialect by dialect, and what can never become HTML."""

import re
from html.parser import HTMLParser

import hypothesis
import pytest
from hypothesis import strategies

from notebook_notify.sandbox import markup, page
from notebook_notify.sandbox.looks import FRAGMENT, PAGE

DIALECTS = {
    "wecom": markup.wecom,
    "wecom_v2": markup.wecom_v2,
    "dingtalk": markup.dingtalk,
}
A = 'target="_blank" rel="noopener noreferrer"'


def _bare(dialect, text):
    """The HTML without looks, so that a test reads as what is shown."""
    html = DIALECTS[dialect](text, dict.fromkeys(PAGE, ""))
    return re.sub(r"<(\w+) +", r"<\1 ", html).replace(" >", ">")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<div>one</div><div>two</div>"),
        ("  a   b\n\nc", "<div>  a   b</div><div></div><div>c</div>"),
        ("**Sharpe** 1.82", "<div><b>Sharpe</b> 1.82</div>"),
        ("> said\n>too", "<div>said</div><div>too</div>"),
        ("run `a<b **c**`", "<div>run <code>a&lt;b **c**</code></div>"),
        ('<font color="info">up **2**</font>', "<div><span>up <b>2</b></span></div>"),
        (
            "[log](https://x.y/?a=1&b=2)",
            f'<div><a href="https://x.y/?a=1&amp;b=2" {A}>log</a></div>',
        ),
    ],
)
def test_wecom_draws_its_own_marks(text, html):
    """Each line is a line, and bold, quotes, code, colours and links are drawn."""
    assert _bare("wecom", text) == html


@pytest.mark.parametrize("level", range(1, 7))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_headings_have_six_levels(dialect, level):
    """A heading is as large as its level says, and wants a space behind the marks."""
    marks = "#" * level
    assert DIALECTS[dialect](f"{marks} 夜间", PAGE) == f'<div class="h{level}">夜间</div>'
    assert f"{marks}夜间" in DIALECTS[dialect](f"{marks}夜间", PAGE)
    assert "####### x" in DIALECTS[dialect]("####### x", PAGE)


@pytest.mark.parametrize("colour", ["info", "comment", "warning"])
def test_wecom_has_three_colours(colour):
    """The three colours are each their own, and any other stays as typed."""
    text = f'<font color="{colour}">x</font>'
    assert f'<span class="{colour}">x</span>' in markup.wecom(text, PAGE)
    assert "&lt;font color=&quot;red" in markup.wecom('<font color="red">x</font>', PAGE)


@pytest.mark.parametrize("text", ["- item", "1. item", "*i*", "a `b", "**a", "| a | b |", "* * *"])
def test_wecom_leaves_what_it_does_not_know(text):
    """Lists, italics, tables and marks that nothing closes are shown as they were typed."""
    assert _bare("wecom", text) == f"<div>{text}</div>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<div>one two</div>"),
        ("one  \ntwo", "<div>one  <br>two</div>"),
        ("one\n\ntwo", "<div>one</div><div>two</div>"),
        ("# head\nbody", "<div>head</div><div>body</div>"),
        ("> a  \n> b\n\nc", "<div>a  <br>b</div><div>c</div>"),
        ("> a\n# h", "<div>a</div><div>h</div>"),
        ("**b** and *i*", "<div><b>b</b> and <i>i</i></div>"),
        ("- a\n- b", "".join(f"<div><span>•</span><span>{x}</span></div>" for x in "ab")),
        (
            "1. a\nrest\n2. b",
            "<div><span>1.</span><span>a rest</span></div><div><span>2.</span><span>b</span></div>",
        ),
        ("[a](http://b.c)", f'<div><a href="http://b.c" {A}>a</a></div>'),
    ],
)
def test_dingtalk_draws_its_own_marks(text, html):
    """A break alone is a space, two spaces before it make a line, a blank line a paragraph."""
    assert _bare("dingtalk", text) == html


def test_a_picture_from_elsewhere_is_named_not_fetched():
    """An image in DingTalk's Markdown is shown as its words and address."""
    html = markup.dingtalk("![plot](https://evil.test/a.png)", PAGE)
    assert html.count("<") == 4  # a div and a span
    assert "🖼 plot https://evil.test/a.png" in html


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "//evil.test"),
        *("file:///etc/passwd", "vbscript:x", "https:evil", " https://x y"),
    ],
)
def test_only_web_addresses_become_links(dialect, address):
    """Whatever is not http or https is text."""
    assert "<a " not in DIALECTS[dialect](f"[x]({address})", PAGE)


class _Tags(HTMLParser):
    """Collects tags and attributes, and checks that they are balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes = [], set(), []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


HOSTILE = strategies.lists(
    strategies.sampled_from(
        [
            *(
                "**",
                "*",
                "`",
                "[",
                "](",
                "](https://x/",
                ")",
                "!",
                "# ",
                "> ",
                "- ",
                "1. ",
                "\n",
                "  \n",
            ),
            *(
                '<font color="info">',
                '<font color="',
                '">',
                "</font>",
                "<script>",
                "</div>",
                "<img src=x ",
            ),
            *("onerror=alert(1)", '"', "'", "&", "&lt;", "&#34;", "\\", "javascript:", "x", "中"),
        ]
    ),
    max_size=40,
).map("".join)


@pytest.mark.parametrize("dialect", DIALECTS)
@hypothesis.given(text=HOSTILE)
def test_no_text_becomes_a_tag_of_its_own(dialect, text):
    """Whatever the marks and however they nest: only our tags, closed, and web addresses."""
    for looks in (PAGE, FRAGMENT):
        tags = _Tags(DIALECTS[dialect](page.clean(text), looks))
        assert tags.tags <= {"div", "span", "b", "i", "a", "code", "br"}
        for name, value in tags.attributes:
            assert name in {"class", "style", "href", "target", "rel"}
            assert name != "href" or re.match("https?://", value)
            assert name not in {"class", "style"} or f'{name}="{value}"' in looks.values()


@pytest.mark.parametrize("mark", ["**", "*", "[", "`", "> ", '<font color="info">', "[x](https://"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_marks_that_nothing_closes_cost_no_time(dialect, mark):
    """Twenty thousand characters of one open mark are drawn at once: the work does not explode."""
    import time

    text = (mark + "a ") * (20_000 // len(mark))
    started = time.process_time()
    DIALECTS[dialect](text, PAGE)
    assert time.process_time() - started < 1


def test_the_page_and_the_fragment_draw_the_markdown(caller, sandbox):
    """Markdown is drawn by its platform's rules in both views; in a terminal it is as typed."""
    caller.appchat(msgtype="markdown", markdown={"content": "**a**\n- b"})
    caller.chat_send(msg={"msgtype": "markdown", "markdown": {"title": "t", "text": "**a**\n- b"}})
    wecom, dingtalk = sandbox.inbox
    assert (wecom["title"], dingtalk["title"]) == ("", "t")
    for html in (
        page.full([wecom], "zh", "n", sandbox.media_bytes),
        page.inline([wecom], sandbox.url, "zh"),
    ):
        assert "<b>a</b>" in html
        assert ">- b</div>" in html
    for html in (
        page.full([dingtalk], "zh", "n", sandbox.media_bytes),
        page.inline([dingtalk], sandbox.url, "zh"),
    ):
        assert "<b>a</b>" in html
        assert ">•</span><span>b</span>" in html
    assert "**a**\n  - b" in page.plain([wecom], "zh")


def test_text_is_never_read_as_markdown(caller, sandbox):
    """A text message that looks like Markdown is shown as typed, as the apps show it."""
    caller.appchat("**a** [x](https://y.z)")
    assert "**a** [x](https://y.z)" in page.full(sandbox.inbox, "zh", "n", sandbox.media_bytes)


def test_markdown_v2_has_tables_lists_and_code():
    """WeCom's second dialect draws what the first cannot; its cells are text all the same."""
    text = (
        "# 日报\n> 引用\n- *一*\n1. **二**\n| 名 | 值 |\n| :-- | --: |\n| a\\|b | <b> |\n"
        "```python\nx = '**1**'\n```\n| 不是 表 |\n<font color=\"info\">x</font>"
    )
    html = markup.wecom_v2(text, PAGE)
    assert html == (
        '<div class="h1">日报</div><div class="cited">引用</div>'
        '<div class="item"><span class="mark">•</span><span><i>一</i></span></div>'
        '<div class="item"><span class="mark">1.</span><span><b>二</b></span></div>'
        '<table class="sheet"><tr><th class="head">名</th><th class="head">值</th></tr>'
        '<tr><td class="cell">a|b</td><td class="cell">&lt;b&gt;</td></tr></table>'
        '<div class="fenced">x = &#x27;**1**&#x27;</div><div class="block">| 不是 表 |</div>'
        '<div class="block">&lt;font color=&quot;info&quot;&gt;x&lt;/font&gt;</div>'
    )

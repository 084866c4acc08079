"""What the reader of a box is told: one line when good; what to do, and the dict, when not."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace

import pytest

from notebook_notify.errors import SendError
from notebook_notify.reports import Advice, SendReport, SendResult

ADVICE = Advice(
    "this machine's public IP is not trusted",
    "Ask the administrator to add it.",
    "https://w.example/e?e=60020",
)
FAILED = SendResult(
    "ops",
    "WeCom group",
    "failed",
    error={"errcode": 60020, "errmsg": "not allow to access from your ip"},
    code=60020,
    advice=ADVICE,
    seconds=0.4,
)
UNKNOWN = SendResult(
    "ops",
    "WeCom group",
    "unknown",
    error={"errcode": -1003, "errmsg": "no answer"},
    code=-1003,
    advice=Advice("it may have arrived", "Look first."),
)


def sent(**changed):
    """A good result."""
    return SendResult("ops", "WeCom group", "sent", **{"parts_sent": 1, "seconds": 0.42, **changed})


def shown(*results, notes=()):
    """The text form of a report."""
    return repr(SendReport(results, notes))


def seen(report):
    """What a browser shows of the HTML form, as text."""
    return html.unescape(re.sub("<[^>]*>", "\n", report._repr_html_()))


# ── text ─────────────────────────────────────────────────────────────────────────────────────


def test_good_is_one_line():
    """Success is one line: mark, words, target, channel, how much, how long."""
    assert shown(sent()) == "✓ sent ops (WeCom group) · 1 text · 0.4 s"
    assert shown(sent(parts=3, parts_sent=3)) == "✓ sent ops (WeCom group) · 3 texts · 0.4 s"


def test_good_in_chinese(monkeypatch):
    """The same in Chinese."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    result = SendResult("ops", "企业微信群", "sent", parts_sent=1, seconds=0.42)
    assert shown(result) == "✓ 已发送 ops（企业微信群）· 文本 1 · 0.4 秒"


def test_a_target_without_a_name_is_its_channel():
    """What has no name of its own is not named twice."""
    assert shown(SendResult("WeCom group", "WeCom group", "sent", parts_sent=1)) == (
        "✓ sent WeCom group · 1 text · 1 ms"
    )


def test_everyone_is_told():
    """A message to the whole visible scope says so."""
    assert "· everyone in the app's visible scope ·" in shown(sent(everyone=True))


def test_failed():
    """A failure: the code and what it means; what to do; the page; the platform's dict."""
    assert shown(FAILED) == (
        "✗ not sent ops (WeCom group) · 60020: this machine's public IP is not trusted\n"
        "  what to do  Ask the administrator to add it.\n"
        "  see         https://w.example/e?e=60020\n"
        "  reply       {'errcode': 60020, 'errmsg': 'not allow to access from your ip'}"
    )


def test_ways_to_choose_from():
    """Advice of several ways is a line each, and one line where there is room for one."""
    result = replace(FAILED, advice=Advice("not trusted", "Add it.\nSet proxy."), error=None)
    assert shown(result).splitlines()[1:] == ["  what to do  Add it.", "  or          Set proxy."]
    assert result.reason() == "60020: not trusted · Add it. Set proxy."


def test_failed_in_chinese(monkeypatch):
    """The same in Chinese, the columns aligned although its characters are wider."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    first, *rest = shown(FAILED).splitlines()
    assert first.startswith("✗ 未发送 ops（WeCom group）· 60020：")
    assert [line[:7].rstrip() for line in rest] == ["  怎么办", "  说明", "  原文"]
    assert rest[0].startswith("  怎么办  Ask")
    assert rest[1].startswith("  说明    https://")


def test_unknown():
    """Unknown: our own code is not in the way of the words, but stands in the dict."""
    assert shown(UNKNOWN).splitlines() == [
        "? unknown ops (WeCom group) · it may have arrived",
        "  what to do  Look first.",
        "  reply       {'errcode': -1003, 'errmsg': 'no answer'}",
    ]


def test_partial():
    """Partial: who was not reached, and why, in one line."""
    result = SendResult(
        "app-ops",
        "WeCom app",
        "partial",
        parts_sent=1,
        refused={"invaliduser": ("lisi",), "unlicenseduser": ("wangwu", "x"), "odd": ("y",)},
    )
    assert shown(result) == (
        "◐ partial app-ops (WeCom app) · 1 text · unknown or out of scope: lisi · "
        "no licence: wangwu, x · odd: y · 1 ms"
    )


def test_words_of_ours_stand_once():
    """A failure that never had a dict, such as a missing secret, is told in one line."""
    result = SendResult("ops", "WeCom group", "failed", error={"errmsg": "variable X is not set"})
    assert shown(result) == "✗ not sent ops (WeCom group) · variable X is not set"


def test_parts():
    """A text that went out in part says how far it came."""
    result = SendResult(
        "ops", "ops", "failed", error={"errcode": 1, "errmsg": "m"}, code=1, parts=3, parts_sent=1
    )
    assert shown(result).splitlines()[0] == "✗ not sent ops · 1: m · 1 of 3 parts were sent"


def test_sandbox_and_notes(monkeypatch):
    """While the sandbox is used, the line says that no phone rang; notes follow the results."""
    report = SendReport((sent(sandbox=True),), ("{x} could not be filled in",))
    first, *rest = repr(report).splitlines()
    assert first.endswith(" · sandbox, no phone: %notify_inbox")
    assert rest == ["· {x} could not be filled in"]
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert " · 沙盒，没有到手机：%notify_inbox" in repr(report)
    assert "sandbox" not in shown(SendResult("s", "s", "failed", error={}, sandbox=True))


@pytest.mark.parametrize(
    ("language", "outcome", "line"),
    [
        ("en", "sent", "✓ already sent ops (WeCom group) · 11-25 08:00:12 (--once daily)"),
        ("zh", "sent", "✓ 已发过 ops（WeCom group）· 11-25 08:00:12 (--once daily)"),
        (
            "en",
            "partial",
            "◐ already sent in part ops (WeCom group) · 11-25 08:00:12 (--once daily)",
        ),
        ("zh", "unknown", "? 可能已发过 ops（WeCom group）· 11-25 08:00:12 (--once daily)"),
    ],
)
def test_what_was_not_sent_again(monkeypatch, language, outcome, line):
    """A repeat that was left out says when the first went out, and for which key."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    earlier = time.mktime((2026, 11, 25, 8, 0, 12, 0, 0, -1))
    assert shown(SendResult("ops", "WeCom group", outcome, earlier=earlier, key="daily")) == line


# ── html ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("result", [sent(), FAILED, UNKNOWN])
def test_html_says_the_same(result):
    """The HTML form shows what the text form shows, without a script."""
    report = SendReport((result,), ("a note",))
    page = re.sub(r"\s+", "", seen(report))
    for label, text in [line for _, lines in report.rows() for line in lines]:
        assert re.sub(r"\s+", "", label + text) in page
    assert "<script" not in report._repr_html_()
    assert report.bundle() == {"text/plain": repr(report), "text/html": report._repr_html_()}


def test_the_platforms_page_is_a_link():
    """Advice links to the platform's page, which opens beside the notebook and learns nothing."""
    assert (
        '<a href="https://w.example/e?e=60020" target="_blank" rel="noopener noreferrer">'
        in SendReport((FAILED,))._repr_html_()
    )


HOSTILE = [
    '<script>alert(1)</script><img src=x onerror="alert(1)">',
    'https://evil.example/"onmouseover=alert(1)//',
    "\x1b[2J\x1b]0;title\x07red",
    "two\nlines\r\nthree\u2028four\u0085five\x0bsix",
    "\u202egnp.exe\u2066",
    "half \ud83d",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["errmsg", "words", "refused", "note", "target"])
def test_hostile_texts(text, place):
    """Whatever a server or a user puts there is text: no markup, no new line, no terminal code."""
    notes = ()
    if place == "errmsg":
        result = SendResult(
            "ops", "ops", "failed", error={"errcode": 1, "errmsg": text, text: text}, code=1
        )
    elif place == "words":
        result = SendResult("ops", "ops", "failed", error={"errmsg": text})
    elif place == "refused":
        result = SendResult(
            "ops", "ops", "partial", parts_sent=1, refused={"invaliduser": (text,), text: (text,)}
        )
    elif place == "target":
        result = SendResult(text, text, "sent", parts_sent=1)
    else:
        result, notes = sent(), (text,)
    report = SendReport((result,), notes)
    plain, page = repr(report), report._repr_html_()
    assert len(plain.splitlines()) == sum(len(lines) for _, lines in report.rows())
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\u2066\ud800-\udfff]", plain + page
    )
    assert set(re.findall(r"<(\w+)", page)) <= {"div", "span", "b"}
    assert 'onerror="' not in page
    (plain + page).encode()


def test_a_long_dict_is_cut():
    """A dict of a megabyte does not fill the notebook; the report itself keeps it whole."""
    result = SendResult(
        "ops", "ops", "failed", error={"errcode": 1, "errmsg": "x" * 1_000_000}, code=1
    )
    report = SendReport((result,))
    assert len(repr(report)) < 5_000
    assert len(report._repr_html_()) < 8_000
    assert len(result.error["errmsg"]) == 1_000_000


# ── in code ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        (("sent", "sent"), "sent"),
        (("sent", "partial"), "partial"),
        (("partial", "unknown"), "unknown"),
        (("unknown", "failed", "sent"), "failed"),
    ],
)
def test_a_report_is_as_good_as_its_worst(outcomes, worst):
    """True only if all was sent to everyone; else the worst outcome stands for all."""
    report = SendReport(tuple(SendResult("t", "t", outcome) for outcome in outcomes))
    assert report.outcome == worst
    assert bool(report) == report.ok == (worst == "sent")


def test_raise_for_status():
    """A good report passes through; a bad one raises, names every target, and is in the error."""
    good = SendReport((sent(),))
    assert good.raise_for_status() is good
    bad = SendReport((sent(), FAILED, UNKNOWN))
    with pytest.raises(SendError) as caught:
        bad.raise_for_status()
    assert caught.value.report is bad
    assert str(caught.value) == (
        "not sent ops (WeCom group) · 60020: this machine's public IP is not trusted; "
        "unknown ops (WeCom group) · it may have arrived"
    )


def test_seed_answer():
    """``True`` for sent and partial, else a copy of the dict, with the parts if there were several."""
    assert sent().seed_answer() is True
    assert SendResult("t", "t", "partial").seed_answer() is True
    answer = FAILED.seed_answer()
    assert answer == FAILED.error
    assert answer is not FAILED.error
    several = SendResult("t", "t", "unknown", error={"errcode": -1003}, parts=3, parts_sent=2)
    assert several.seed_answer() == {"errcode": -1003, "parts_sent": 2}


@pytest.mark.parametrize(
    ("language", "more"), [("en", "…and 59980 more"), ("zh", "…等另外 59980 个")]
)
def test_many_refused_ids_are_cut(monkeypatch, language, more):
    """A reply that names tens of thousands shows the first twenty, each cut, and how many more."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    ids = ("x" * 1000, *[f"user{n}" for n in range(1, 60_000)])
    text = shown(sent(refused={"invaliduser": ids}))
    assert len(text) < 500
    assert more in text
    assert "user19" in text
    assert "user20" not in text
    assert "x" * 64 + "…" in text
    assert "x" * 65 not in text

"""What a reader is told about an error code, and what looking it up costs."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from notebook_notify.errors import OWN_CODES
from notebook_notify.platforms import (
    CHANNELS,
    SPECS,
    advice_dingtalk,
    advice_dingtalk_groups,
    advice_dingtalk_robot,
    advice_dingtalk_v1,
    advice_wecom,
    advice_wecom_chats,
    dingtalk,
    dingtalk_v1,
    wecom,
)
from notebook_notify.platforms.advice import advise

TABLES = {
    "wecom": (*advice_wecom.TABLE, *advice_wecom_chats.TABLE),
    "dingtalk": (
        *(*advice_dingtalk.TABLE, *advice_dingtalk_groups.TABLE),
        *(*advice_dingtalk_robot.TABLE, *advice_dingtalk_v1.TABLE),
    ),
}
ROWS = [(platform, row) for platform, table in TABLES.items() for row in table]
#: What the platform says, by the pattern of the row that it belongs to.
SAID = {
    "keyword|关键词": "keywords not in content",
    "timestamp|时间戳": "invalid timestamp",
    "sign not match|签名不": "sign not match",
    r"\bip\b|白名单|whitelist": "ip 203.0.113.7 not in whitelist",
    "exceed max length": "markdown.content exceed max length 4096",
    "access_token": "缺少参数 access_token",
    "fast|frequent|exceed|频|限流": "send too fast",
}
FROM_WECOM = {
    "errcode": 60020,
    "errmsg": "not allow to access from your ip, hint: [1700000000], from ip: 203.0.113.7, "
    "more info at https://open.work.weixin.qq.com/devtool/query?e=60020",
}
FROM_DINGTALK = {
    "errcode": 88,
    "errmsg": "ding talk error[subcode=60020,submsg=访问ip不在白名单之中,request ip=2001:db8::7 appKey(dingabc)]",
}


def caller(said: str, lang: str) -> str:
    """This machine, as advice calls it."""
    address = " 203.0.113.7" if "203.0.113.7" in said else ""
    return ("本机出口 IP" if lang == "zh" else "this machine's public IP") + address


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("payload", [FROM_WECOM, {**FROM_WECOM, "errcode": "60020"}])
def test_the_untrusted_address_is_named(payload, lang):
    """The address to put on the list stands in what happened and in what to do."""
    advice = advise("wecom", payload, lang)
    assert "203.0.113.7" in advice.what
    before = "企业可信IP) → add " if lang == "en" else "企业可信IP → 添加 "
    assert f"{before}203.0.113.7" in advice.todo
    assert "%notify_setup" in advice.todo  # the way round: a robot
    assert advice.link == "https://open.work.weixin.qq.com/devtool/query?e=60020"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_untrusted_address_of_dingtalk(lang):
    """The same for DingTalk, out of the code inside code 88."""
    advice = advise("dingtalk", FROM_DINGTALK, lang)
    assert "2001:db8::7" in advice.what
    before = "服务器出口IP) → add " if lang == "en" else "服务器出口IP → 添加 "
    assert f"{before}2001:db8::7" in advice.todo


@pytest.mark.parametrize("text", ["", "from ip: 999.1.1.1,", "from ip: dead.beef,", "from ip: "])
def test_what_is_no_address_is_not_shown(text):
    """Without a valid address the sentence still reads well."""
    advice = advise("wecom", {"errcode": 60020, "errmsg": text}, "en")
    assert advice.what == "this machine's public IP is not among the app's trusted IPs"


@pytest.mark.parametrize(
    ("platform", "row"), ROWS, ids=lambda value: str(getattr(value, "codes", value))
)
def test_every_row_is_said_in_both_languages(platform, row):
    """Each code has a phrase and a whole sentence in Chinese and in English, nothing unfilled."""
    for code in row.codes:
        for lang, ends in (("zh", "。"), ("en", ".")):
            said = SAID.get(row.said, "x")
            key, words = ("code", "message") if isinstance(code, str) else ("errcode", "errmsg")
            advice = advise(platform, {key: code, words: said}, lang)
            assert advice.what == getattr(row, lang).what.replace("{ip}", caller(said, lang))
            assert advice.what[-1] not in "。."
            assert advice.todo.endswith(ends)
            assert "{" not in advice.what + advice.todo
            assert any("\u4e00" <= c <= "\u9fff" for c in advice.what) == (lang == "zh")
            assert advice.link.startswith("https://open.")


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_each_code_stands_once(platform):
    """No code has two rows, of which one would never be read, but for causes told by the text."""
    counts = Counter((code, row.said) for row in TABLES[platform] for code in row.codes)
    assert [code for code, count in counts.items() if count > 1] == []
    causes = [row.said for row in TABLES[platform] if 310000 in row.codes]
    assert not causes or (all(causes[:-1]) and not causes[-1])


@pytest.mark.parametrize(
    ("errmsg", "word"),
    [
        ("keywords not in content", "keyword"),
        ("description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词", "keyword"),
        ("sign not match", "加签"),
        # It speaks of the time as well.
        ("description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳", "加签"),
        ("invalid timestamp", "clock"),
        ("ip 203.0.113.7 not in whitelist", "203.0.113.7"),
        ("description:来源IP地址不在白名单", "public IP"),
        ("something new", "check keywords"),
    ],
)
def test_the_causes_of_310000_are_told_apart(errmsg, word):
    """A robot refuses for four reasons under one code: each is told with its own remedy."""
    advice = advise("dingtalk", {"errcode": 310000, "errmsg": errmsg}, "en")
    assert word in advice.todo
    others = {"keyword of", "copy the secret", "clock", "add "} - {
        {"keyword": "keyword of", "加签": "copy the secret", "clock": "clock"}.get(word, "add ")
    }
    assert word == "check keywords" or not any(other in advice.todo for other in others)


@pytest.mark.parametrize(
    ("platform", "module"),
    [("wecom", wecom), ("dingtalk", dingtalk), ("dingtalk", dingtalk_v1)],
)
def test_codes_that_are_acted_on_are_explained(platform, module):
    """Whoever still meets a busy or token code after the repeats finds a row for it."""
    known = {code for row in TABLES[platform] for code in row.codes}
    assert known >= module.BUSY | module.REFRESH


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("code", sorted(OWN_CODES))
def test_our_own_codes(platform, code):
    """Our own codes are explained too, without a page of the platform's."""
    for lang in ("zh", "en"):
        advice = advise(platform, {"errcode": code, "errmsg": "x"}, lang)
        assert advice.what
        assert advice.todo
        assert advice.link is None


def test_unknown_outcome_asks_to_look_first():
    """What may have arrived is looked for before it is sent again."""
    assert "先看" in advise("wecom", {"errcode": -1003}, "zh").todo
    assert "first" in advise("dingtalk", {"errcode": -1003}, "en").todo


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_an_unknown_code(platform):
    """A code that is not in the tables is admitted to be unknown, with the platform's page."""
    advice = advise(platform, {"errcode": 987654, "errmsg": "x"}, "en")
    assert "does not know" in advice.todo
    assert advice.link is not None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("contain.notAllowed.sensitive", "forbidden content"),
        ("invalidParameter.robotCode.notExsit", "not published"),
        ("invalidParameter.msgKey.invalid", "make sense"),
        ("Forbidden.AccessDenied.SomethingNew", "does not allow"),
        ("invalidParameterOfSomeKind", "refused this"),
        ("nothing.known", "refused this"),
    ],
)
def test_a_word_is_explained_by_its_beginning(code, words):
    """A new code of a known family is told as what the family means; others are not guessed."""
    assert words in advise("dingtalk", {"code": code, "message": "x"}, "en").what


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_closed_call_says_how_to_change_over(lang):
    """Who is refused the legacy chat is told of the call that turns its id, and of both robots."""
    todo = advise("dingtalk", {"errcode": 48002, "errmsg": "Api禁用"}, lang).todo
    for word in ("convertToOpenConversationId", "dingtalk_app_robot", "dingtalk_robot"):
        assert word in todo


@pytest.mark.parametrize(("lang", "words"), [("en", "in 5 minutes"), ("zh", "等 5 分钟")])
def test_a_blocked_address(lang, words):
    """DingTalk's answer to a blocked address, which has no code, is told from a proxy's page."""
    told = 'unreadable answer (HTTP 200): {"status":1111,"wait":5,"punish":"deny"}'
    assert words in advise("dingtalk", {"errcode": -1004, "errmsg": told}, lang).todo
    assert words not in advise("dingtalk", {"errcode": -1004, "errmsg": "<html>"}, lang).todo


def test_the_link_asks_for_the_code():
    """WeCom's page is opened at the very code."""
    link = advise("wecom", {"errcode": 987654}, "zh").link
    assert link == "https://open.work.weixin.qq.com/devtool/query?e=987654"


@pytest.mark.parametrize(
    "payload", [{}, {"errmsg": "no secret"}, {"errcode": 0}, {"errcode": None}]
)
def test_no_code_no_advice(payload):
    """Where there is no error code there is nothing to explain."""
    assert advise("wecom", payload, "zh") is None


def test_the_table_of_channels():
    """Each channel under its own kind; the first of each magic is the seed's."""
    assert {kind: spec.kind for kind, spec in SPECS.items()} == {kind: kind for kind in CHANNELS}
    first: dict[str, str] = {}
    for kind, spec in SPECS.items():
        first.setdefault(spec.magic, kind)
    assert first == {
        "wechat": "wecom_chat",
        "wechat_app": "wecom_app",
        "dingtalk": "dingtalk_chat",
    }


def test_every_field_says_where_it_is_found():
    """Set-up can tell for each field, in both languages, where its value comes from."""
    for spec in SPECS.values():
        for field in spec.fields:
            assert all(field.where)
            assert len(set(field.where)) == 2


def test_importing_the_channels_is_cheap():
    """The channels load neither requests nor the advice tables nor wcwidth."""
    code = (
        "import sys, notebook_notify.platforms, notebook_notify.messages\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('requests', 'wcwidth') or 'advice' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("lang", "look"), [("en", "look in the chat"), ("zh", "看群里有没有")])
def test_look_before_sending_again(lang, look):
    """Where it may have arrived, the advice is to look first, not to send again."""
    for code in (-1003, -1004):
        assert look in advise("wecom", {"errcode": code, "errmsg": "x"}, lang).todo.lower()

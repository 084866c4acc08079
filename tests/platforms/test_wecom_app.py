"""WeCom application message: whom it goes to, the wire form, partial delivery."""

from __future__ import annotations

import json

import pytest

from notebook_notify.book import Targets
from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.platforms import CHANNELS, SPECS
from notebook_notify.platforms.base import Words
from notebook_notify.targets import Target

CHANNEL = CHANNELS["wecom_app"]
FIELDS = {"corp_id": "ww0123456789", "corp_secret": "s3cr3t-of-the-app", "agent_id": 1000002}


def saved(**fields):
    """A target of the config file."""
    return Target("wecom_app", {**FIELDS, **fields}, name="app-ops", source="notebook_notify.toml")


def sent(target, **options):
    """The body that is posted to *target*."""
    return json.loads(CHANNEL.request(target, Words("x"), "t", **options).body())


def test_wire_form():
    """A text is posted to message/send as the page says, agentid a number."""
    call = CHANNEL.request(saved(users=["zhangwei", "lisi"]), Words("完成"), "t0k3n")
    assert call.method == "POST"
    assert call.url == "https://qyapi.weixin.qq.com/cgi-bin/message/send"
    assert call.query == {"access_token": "t0k3n"}
    assert (
        call.body().decode() == '{"touser":"zhangwei|lisi","msgtype":"text",'
        '"text":{"content":"完成"},"agentid":1000002,"safe":0}'
    )


def test_agent_id_from_the_environment_is_a_number_on_the_wire():
    """The environment gives texts; the platform wants a number."""
    assert sent(saved(users=["a"], agent_id=" 1000002 "))["agentid"] == 1000002


def test_parties_and_tags():
    """Departments and tags go into their own fields; only what is named is on the wire."""
    body = sent(saved(parties=[2, "3"], tags="7", safe=True))
    assert (body["toparty"], body["totag"], body["safe"]) == ("2|3", "7", 1)
    assert "touser" not in body


def test_one_string_names_one_or_several():
    """One id needs no list, and the wire's own form is understood."""
    assert sent(saved(users="zhangwei"))["touser"] == "zhangwei"
    assert sent(saved(users="zhangwei | lisi"))["touser"] == "zhangwei|lisi"


def test_once_turns_the_check_for_repeats_on():
    """A repeat within 60 seconds is dropped by the platform, if asked for and only then."""
    body = sent(saved(users=["a"]), once=True)
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 60)
    assert "enable_duplicate_check" not in sent(saved(users=["a"]))
    assert CHANNEL.drops_repeats


def test_bare_credentials_go_to_everyone():
    """Credentials given on the spot stand for the whole scope."""
    target = Target("wecom_app", FIELDS)
    CHANNEL.check(target)
    assert CHANNEL.everyone(target)
    assert sent(target)["touser"] == "@all"


@pytest.fixture
def resolve(tmp_path):
    """Resolves a line over a saved application target without people, and variables."""

    def call(*args, env=(), text="", **kwargs):
        path = tmp_path / "notebook_notify.toml"
        path.write_text(text)
        environ = {f"NOTEBOOK_NOTIFY_{key}": value for key, value in dict(env).items()}
        environ |= {"NOTEBOOK_NOTIFY_CONFIG": str(path), "OPS": "s3cr3t-of-the-app"}
        return Targets(SPECS, environ).resolve(*args, **kwargs)

    return call


SAVED = (
    '[targets.app]\nchannel = "wecom_app"\ncorp_id = "ww1"\ncorp_secret = "env:OPS"\nagent_id = 7\n'
)


@pytest.mark.parametrize("explicit", [None, {}, {"agent_id": 6}, {"corp_secret": "other-secret"}])
def test_an_override_does_not_make_a_saved_target_everyone(resolve, explicit):
    """A saved target that names no one is refused, whatever is given in place of its fields."""
    target = resolve("app", text=SAVED, magic="wechat_app", explicit=explicit)
    assert not CHANNEL.everyone(target)
    with pytest.raises(TargetError, match=r"target app names no one"):
        CHANNEL.check(target)


def test_whatever_the_source_is_called():
    """Whether everyone is meant hangs on the target's name, not on the words for its origin."""
    for source in ("explicit", "environment", "sandbox", "x"):
        assert not CHANNEL.everyone(Target("wecom_app", FIELDS, "app", source))


ENV = {"WECOM_CORP_ID": "ww1", "WECOM_CORP_SECRET": "s3cr3t-of-the-app", "WECOM_AGENT_ID": "7"}


@pytest.mark.parametrize(
    ("magic", "users"), [(None, None), (None, ""), (None, " , "), ("wechat_app", " , ")]
)
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("%notify_setup NAME", "wecom_app lacks NOTEBOOK_NOTIFY_WECOM_USERS (Contacts")),
        ("zh", ("%notify_setup 名称", "wecom_app 还缺 NOTEBOOK_NOTIFY_WECOM_USERS (通讯录")),
    ],
)
def test_the_environment_does_not_mean_everyone(
    resolve, monkeypatch, magic, users, language, words
):
    """A message that names no magic never goes to everyone by the environment's credentials."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    env = ENV if users is None else {**ENV, "WECOM_USERS": users}
    with pytest.raises(TargetError) as refusal:
        resolve(magic=magic, env=env)
    assert all(word in str(refusal.value) for word in (*words, '"@all"'))


def test_its_own_magic_means_the_scope(resolve):
    """`%%notify_wechat_app` with the environment's credentials alone means what the seed meant."""
    target = resolve(magic="wechat_app", env=ENV)
    CHANNEL.check(target)
    assert CHANNEL.everyone(target)


@pytest.mark.parametrize(
    ("users", "wire", "everyone"),
    [("zhangwei", "zhangwei", False), ("a|b, c", "a|b|c", False), ("@all", "@all", True)],
)
def test_the_environment_may_say_who(resolve, users, wire, everyone):
    """NOTEBOOK_NOTIFY_WECOM_USERS names people, or everyone on purpose."""
    target = resolve(magic="wechat_app", env={**ENV, "WECOM_USERS": users})
    CHANNEL.check(target)
    assert CHANNEL.everyone(target) == everyone
    assert sent(Target("wecom_app", {**target.fields, "corp_secret": "x"}))["touser"] == wire


def test_a_chat_is_not_held_up_by_the_same_credentials(resolve):
    """With a chat's id besides, the environment's only whole target is the chat."""
    assert resolve(env={**ENV, "WECOM_CHAT_ID": "c"}).channel == "wecom_chat"


def test_explicit_people_are_kept():
    """Credentials given together with people go to these alone."""
    target = Target("wecom_app", {**FIELDS, "tags": ["7"]})
    assert not CHANNEL.everyone(target)
    assert "touser" not in sent(target)


def test_an_empty_list_is_not_everyone():
    """A computed list that came out empty is refused, not sent to the whole company."""
    with pytest.raises(TargetError, match="@all"):
        CHANNEL.check(Target("wecom_app", {**FIELDS, "users": []}))


@pytest.mark.parametrize("fields", [{}, {"users": []}, {"users": ""}, {"users": " | "}])
def test_a_saved_target_names_its_people(fields, monkeypatch):
    """A saved target that names no one is refused, with both ways to name someone."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    with pytest.raises(TargetError, match=r'app-ops names no one: .* users = "@all" on purpose'):
        CHANNEL.check(saved(**fields))


def test_a_saved_target_may_write_everyone_on_purpose():
    """``@all`` written in the config file is everyone in the scope."""
    for users in ("@all", ["@all"]):
        CHANNEL.check(saved(users=users))
        assert CHANNEL.everyone(saved(users=users))
        assert sent(saved(users=users))["touser"] == "@all"


@pytest.mark.parametrize(
    "fields",
    [
        {"users": ["@all", "lisi"]},
        {"users": "@all", "tags": ["7"]},
        {"users": ["lisi"], "parties": "@all"},
    ],
)
def test_everyone_stands_alone(fields):
    """``@all`` beside other names is refused: it would swallow them."""
    with pytest.raises(TargetError, match="@all"):
        CHANNEL.check(saved(**fields))


@pytest.mark.parametrize(("field", "most"), [("users", 1000), ("parties", 100), ("tags", 100)])
def test_as_many_as_one_call_takes(field, most):
    """More ids than one call takes are refused before anything runs."""
    CHANNEL.check(saved(**{field: [str(k) for k in range(most)]}))
    with pytest.raises(TargetError, match=str(most)):
        CHANNEL.check(saved(**{field: [str(k) for k in range(most + 1)]}))


@pytest.mark.parametrize("agent_id", [None, "", "abc", "1.5", 1.5, True])
def test_agent_id_is_a_number(agent_id):
    """An AgentId that is missing or no whole number is refused."""
    with pytest.raises(TargetError, match="agent_id"):
        CHANNEL.check(saved(users=["a"], agent_id=agent_id))


@pytest.mark.parametrize("users", [[""], [None], {"a": 1}, 1.5, [["a"]]])
def test_people_are_ids(users):
    """What is neither an id nor a list of ids is refused."""
    with pytest.raises(TargetError, match="users"):
        CHANNEL.check(saved(users=users))


def test_partial():
    """People whom the message did not reach make it partial, each list under its own key."""
    payload = {
        "errcode": 0,
        "errmsg": "ok",
        "invaliduser": "lisi|zhaoliu",
        "invalidparty": "",
        "invalidtag": "",
        "unlicenseduser": "wangwu",
        "msgid": "m1",
    }
    verdict = CHANNEL.read(Reply(200, json.dumps(payload).encode()))
    assert verdict.kind == "partial"
    assert verdict.refused == {"invaliduser": ("lisi", "zhaoliu"), "unlicenseduser": ("wangwu",)}
    assert verdict.message_id == "m1"
    assert verdict.payload == payload


def test_whole():
    """Empty lists mean that nobody was left out."""
    body = b'{"errcode":0,"errmsg":"ok","invaliduser":"","invalidparty":"","msgid":"m1"}'
    verdict = CHANNEL.read(Reply(200, body))
    assert (verdict.kind, verdict.refused, verdict.message_id) == ("ok", {}, "m1")


def test_nobody_valid_is_a_failure():
    """If no recipient is valid at all, the platform's code says so."""
    body = b'{"errcode":81013,"errmsg":"user & party & tag all invalid","invaliduser":"x"}'
    assert CHANNEL.read(Reply(200, body)).kind == "failed"


def test_spec():
    """It answers to %notify_wechat_app, takes 2,048 bytes, and names its variables."""
    spec = CHANNEL.spec
    assert (spec.magic, spec.platform, CHANNEL.text_limit) == ("wechat_app", "wecom", 2048)
    assert spec.title == ("企业微信应用", "WeCom app")
    assert [field.env for field in spec.fields if field.required] == [
        "WECOM_CORP_ID",
        "WECOM_CORP_SECRET",
        "WECOM_AGENT_ID",
    ]
    kinds = {field.name: field.kind for field in spec.fields}
    assert kinds["agent_id"] == "integer"
    assert {kinds[name] for name in ("users", "parties", "tags")} == {"names"}


def test_markdown():
    """Markdown is its own type, within 2,048 bytes; WeCom has no title."""
    payload = CHANNEL.request(
        saved(users=["a"]), Words("**ok**", markdown=True, title="完成"), "t"
    ).payload
    assert (payload["msgtype"], payload["markdown"]) == ("markdown", {"content": "**ok**"})
    assert "text" not in payload
    assert (CHANNEL.markdown.dialect, CHANNEL.markdown.max_bytes) == ("wecom", 2048)


def test_recall():
    """A message is taken back by its id with the application's token; the code decides."""
    call = CHANNEL.recall_request(saved(users=["a"]), "m1", "t0k3n")
    assert call.url == "https://qyapi.weixin.qq.com/cgi-bin/message/recall"
    assert call.query == {"access_token": "t0k3n"}
    assert call.payload == {"msgid": "m1"}
    for code, kind in ((0, "ok"), (42001, "refresh"), (40058, "failed"), (-1, "busy")):
        assert CHANNEL.read_recall(Reply(200, json.dumps({"errcode": code}).encode())).kind == kind


def test_it_rings_nobody():
    """The call has no way to mention: nothing of it is on the wire."""
    assert CHANNEL.mention(("zhangwei",), markdown=False).rung == ()
    told = CHANNEL.request(saved(users=["a"]), Words("x", mention=("zhangwei",)), "t")
    assert told == CHANNEL.request(saved(users=["a"]), Words("x"), "t")

"""What ``book.py`` promises of defaults and of the sandbox."""

import pickle

import pytest

from notebook_notify.book import Targets
from notebook_notify.errors import ConfigError, TargetError
from notebook_notify.fields import Field, Spec

VALUE = "s3cr3t-V4lue"
CORP_ID = Field("corp_id", ("我的企业", "My company"), env="WECOM_CORP_ID")
CORP_SECRET = Field("corp_secret", ("应用 → Secret", "app → Secret"), env="WECOM_CORP_SECRET")
SPECS = {
    spec.kind: spec
    for spec in (
        Spec(
            "wecom_chat",
            "wecom",
            "wechat",
            ("企业微信群", "WeCom chat"),
            (
                CORP_ID,
                CORP_SECRET,
                Field("chat_id", ("建群时", "on creation"), env="WECOM_CHAT_ID"),
            ),
        ),
        Spec(
            "wecom_robot",
            "wecom",
            "wechat",
            ("群机器人", "WeCom robot"),
            (Field("webhook", ("群设置", "group settings"), env="WECOM_WEBHOOK"),),
        ),
        Spec(
            "wecom_app",
            "wecom",
            "wechat_app",
            ("企业微信应用", "WeCom app"),
            (
                CORP_ID,
                CORP_SECRET,
                Field("agent_id", ("应用", "app"), env="WECOM_AGENT_ID", kind="integer"),
                Field("users", ("成员", "members"), required=False, kind="names"),
            ),
        ),
        Spec(
            "dingtalk_chat",
            "dingtalk",
            "dingtalk",
            ("钉钉群", "DingTalk chat"),
            (
                Field("app_key", ("开放平台", "console"), env="DINGTALK_APP_KEY"),
                Field("app_secret", ("开放平台", "console"), env="DINGTALK_APP_SECRET"),
                Field("chat_id", ("建群时", "on creation"), env="DINGTALK_CHAT_ID"),
            ),
        ),
    )
}
CHAT = {"corp_id": "ww1", "corp_secret": VALUE, "chat_id": "c"}
OPS = '[targets.ops]\nchannel = "wecom_robot"\nwebhook = "env:OPS_HOOK"\n'
TEAM = '[targets.team]\nchannel = "wecom_chat"\ncorp_id = "ww1"\ncorp_secret = "env:TEAM_SECRET"\nchat_id = "c"\n'
APP = '[targets.app]\nchannel = "wecom_app"\ncorp_id = "ww1"\ncorp_secret = "env:TEAM_SECRET"\nagent_id = 7\n'
DING = '[targets.ding]\nchannel = "dingtalk_chat"\napp_key = "k"\napp_secret = "env:TEAM_SECRET"\nchat_id = "c"\n'
CHAT_ENV = {"WECOM_CORP_ID": "ww1", "WECOM_CORP_SECRET": VALUE, "WECOM_CHAT_ID": "c"}
DING_ENV = {"DINGTALK_APP_KEY": "k", "DINGTALK_APP_SECRET": VALUE, "DINGTALK_CHAT_ID": "c"}
BASE = "http://127.0.0.1:8000"
SANDBOX = {
    "sandbox-dingtalk_chat": {
        "channel": "dingtalk_chat",
        "app_key": "k",
        "app_secret": VALUE,
        "chat_id": "c",
        "base_url": BASE,
    },
    "sandbox-wecom_robot": {"channel": "wecom_robot", "webhook": VALUE, "base_url": BASE},
    "sandbox-wecom_chat": {"channel": "wecom_chat", **CHAT, "base_url": BASE},
    "sandbox-feishu": {"channel": "feishu", "hook": "x"},
}


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")


@pytest.fixture
def path(tmp_path):
    """Where the config file is, or would be."""
    return tmp_path / "notebook_notify.toml"


@pytest.fixture
def book(path):
    """A book over a config file's text and environment variables, less their prefix."""

    def make(text=None, env=(), **others):
        if text is not None:
            path.write_text(text)
            path.chmod(0o600)
        environ = {"OPS_HOOK": VALUE, "TEAM_SECRET": VALUE, **others}
        environ |= {f"NOTEBOOK_NOTIFY_{key}": value for key, value in dict(env).items()}
        return Targets(SPECS, {"NOTEBOOK_NOTIFY_CONFIG": str(path), **environ})

    return make


def refused(call, *args, error=TargetError, **kwargs):
    """The words with which a call is refused."""
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    assert VALUE not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ── by default ───────────────────────────────────────────────────────────────────────────────


def test_the_order_of_defaults(book):
    """[defaults], else the environment, else the only saved target of the magic."""
    text = OPS + TEAM + APP
    default = '[defaults]\nwechat = "team"\n'
    assert book(default + text, CHAT_ENV).resolve(magic="wechat").name == "team"
    assert book(text, CHAT_ENV).resolve(magic="wechat").source == "environment"
    assert book(text).resolve(magic="wechat_app").name == "app"


def test_several_and_no_default(book, path):
    """Of several targets none is taken; they are listed, with how to choose."""
    assert refused(book(OPS + TEAM + APP).resolve, magic="wechat") == (
        "several targets and no default: ops, team; say --to NAME, "
        f"or set wechat under [defaults] in {path}"
    )


def test_several_without_a_magic(book):
    """Where no magic is named, no entry of [defaults] is advised."""
    assert refused(book(OPS + APP).resolve) == (
        "several targets and no default: ops, app; say --to NAME"
    )


def test_none_at_all(book, path):
    """Where nothing is known, it says how to begin and where it looked."""
    assert refused(book(APP).resolve, magic="wechat") == (
        "no target yet: make one with %notify_setup NAME, or try without an account with "
        f"%notify_sandbox (looked in {path})"
    )


def test_half_an_environment(book, path):
    """If some variables are set, those that lack are named."""
    message = refused(book("", {"WECOM_CORP_ID": "ww1"}).resolve, magic="wechat")
    assert message.endswith(
        f"(looked in {path}; wecom_chat lacks NOTEBOOK_NOTIFY_WECOM_CORP_SECRET (app → Secret), "
        "NOTEBOOK_NOTIFY_WECOM_CHAT_ID (on creation))"
    )


def test_a_target_comes_whole_from_one_source(book):
    """The environment never completes a saved target, nor a saved one the environment."""
    text = TEAM.replace('chat_id = "c"', "")
    assert "lacks chat_id" in refused(book(text, {"WECOM_CHAT_ID": "c"}).resolve, magic="wechat")


def test_the_environment_refers_to_its_secret(book, monkeypatch):
    """A target of the environment holds a reference, so that it can be pickled."""
    target = book("", CHAT_ENV).resolve(magic="wechat")
    assert target.get("corp_secret").reference == "env:NOTEBOOK_NOTIFY_WECOM_CORP_SECRET"
    monkeypatch.setenv("NOTEBOOK_NOTIFY_WECOM_CORP_SECRET", VALUE)
    assert pickle.loads(pickle.dumps(target)).reveal("corp_secret") == VALUE


def test_two_channels_in_the_environment(book):
    """If the environment describes two channels of a magic, neither is taken."""
    message = refused(book("", {**CHAT_ENV, "WECOM_WEBHOOK": VALUE}).resolve, magic="wechat")
    assert message.startswith("the environment describes several channels: wecom_chat, wecom_robot")


def test_os_environ_is_read_live(monkeypatch, path):
    """Variables that are set later, in the notebook say, count at once."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_CONFIG", str(path))
    targets = Targets(SPECS)
    refused(targets.resolve, magic="wechat")
    for key, value in CHAT_ENV.items():
        monkeypatch.setenv(f"NOTEBOOK_NOTIFY_{key}", value)
    assert targets.resolve(magic="wechat").channel == "wecom_chat"


def test_a_default_that_leads_nowhere(book, path):
    """A default that names no target is told with its file and the near match."""
    message = refused(
        book('[defaults]\nwechat = "opps"\n' + OPS + APP).resolve, magic="wechat", error=ConfigError
    )
    assert message == (
        f"{path} · [defaults] wechat names opps, which is no target; did you mean ops?"
    )


def test_a_default_of_another_magic(book, path):
    """A default whose target answers to another magic is told."""
    targets = book('[defaults]\nwechat = "app"\n' + APP)
    for magic in ("wechat", None):
        message = refused(targets.resolve, magic=magic, error=ConfigError)
        assert message.startswith(
            f"{path} · [defaults] wechat · app is a WeCom app; use %%notify_wechat_app"
        )


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        ('[defaults]\nwechat = "ops"\n' + OPS + APP, {}, "ops"),
        (OPS, {}, "ops"),
        (OPS, DING_ENV, "dingtalk_chat"),
        ('[defaults]\nwechat = "ops"\nwechat_app = "app"\n' + OPS + APP, DING_ENV, "dingtalk_chat"),
        ('[defaults]\nwechat = "ops"\nwechat_app = "app"\n' + OPS + APP, {}, "several targets"),
        (OPS + DING, {}, "several targets and no default: ops, ding"),
        ("", {**CHAT_ENV, **DING_ENV}, "the environment describes several"),
        ("", {}, "no target yet"),
    ],
)
def test_without_a_magic(book, text, env, found):
    """%%notify and send() take what is plainly meant over all channels, else nothing."""
    targets = book(text, env)
    if " " in found:
        assert refused(targets.resolve).startswith(found)
    else:
        assert targets.resolve().label == found


# ── the sandbox ──────────────────────────────────────────────────────────────────────────────


def test_the_sandbox_becomes_the_default(book):
    """From use_sandbox on, its targets are the defaults, before the file and the environment."""
    targets = book('[defaults]\nwechat = "ops"\n' + OPS + DING, CHAT_ENV)
    targets.use_sandbox(SANDBOX)
    chat = targets.resolve(magic="wechat")
    assert (chat.name, chat.source, chat.reveal("corp_secret")) == (
        "sandbox-wecom_chat",
        "sandbox",
        VALUE,
    )
    assert targets.resolve(magic="dingtalk").name == "sandbox-dingtalk_chat"
    assert targets.resolve("sandbox-wecom_robot").get("base_url") == BASE
    assert targets.resolve("ops").source != "sandbox"


def test_without_a_magic_the_sandbox_is_not_left(book):
    """While the sandbox is on, a message without a target goes there, never to a real one."""
    targets = book(OPS + TEAM)
    targets.use_sandbox(SANDBOX)
    assert targets.resolve().source == "sandbox"
    targets.use_sandbox({"only": SANDBOX["sandbox-wecom_chat"]})
    assert targets.resolve().name == "only"


def test_a_broken_file_does_not_stop_the_sandbox(book):
    """A newcomer with a broken config file can still try the sandbox."""
    targets = book("language = 3")
    targets.use_sandbox(SANDBOX)
    assert targets.resolve(magic="wechat").source == "sandbox"
    assert targets.resolve("sandbox-wecom_robot").source == "sandbox"
    assert targets.names("dingtalk") == ["sandbox-dingtalk_chat"]


def test_a_later_sandbox_takes_the_place_of_the_earlier(book):
    """A sandbox that is started anew leaves no dead targets behind."""
    targets = book(OPS)
    targets.use_sandbox(SANDBOX)
    targets.use_sandbox({"sandbox-new": SANDBOX["sandbox-wecom_chat"]})
    assert targets.names() == ["ops", "sandbox-new"]

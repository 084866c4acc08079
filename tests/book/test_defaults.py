"""What ``book.py`` promises of defaults and of the sandbox."""

import pickle

import pytest

from notebook_notify.book import Targets
from notebook_notify.errors import ConfigError

BOTH = '[defaults]\nwechat = "ops"\nwechat_app = "app"\n'


# ── by default ───────────────────────────────────────────────────────────────────────────────


def test_the_order_of_defaults(book, saved, variables):
    """[defaults], else the environment, else the only saved target of the magic."""
    text = saved("ops", "team", "app")
    default = '[defaults]\nwechat = "team"\n'
    assert book(default + text, variables("wecom_chat")).resolve(magic="wechat").name == "team"
    assert book(text, variables("wecom_chat")).resolve(magic="wechat").source == "environment"
    assert book(text).resolve(magic="wechat_app").name == "app"


def test_several_and_no_default(book, refused, saved, path):
    """Of several targets none is taken; they are listed, with how to choose."""
    assert refused(book(saved("ops", "team", "app")).resolve, magic="wechat") == (
        "several targets and no default: ops, team; say --to NAME, "
        f"or set wechat under [defaults] in {path}"
    )


def test_several_without_a_magic(book, refused, saved):
    """Where no magic is named, no entry of [defaults] is advised."""
    assert refused(book(saved("ops", "app")).resolve) == (
        "several targets and no default: ops, app; say --to NAME"
    )


def test_none_at_all(book, refused, saved, path):
    """Where nothing is known, it says how to begin and where it looked."""
    assert refused(book(saved("app")).resolve, magic="wechat") == (
        "no target yet: make one with %notify_setup NAME, or try without an account with "
        f"%notify_sandbox (looked in {path})"
    )


def test_half_an_environment(book, refused, path):
    """If some variables are set, those that lack are named."""
    message = refused(book("", {"WECOM_CORP_ID": "ww1"}).resolve, magic="wechat")
    assert message.endswith(
        f"(looked in {path}; wecom_chat lacks NOTEBOOK_NOTIFY_WECOM_CORP_SECRET (app → Secret), "
        "NOTEBOOK_NOTIFY_WECOM_CHAT_ID (on creation))"
    )


def test_a_target_comes_whole_from_one_source(book, refused, saved):
    """The environment never completes a saved target, nor a saved one the environment."""
    text = saved("team").replace('chat_id = "c"', "")
    assert "lacks chat_id" in refused(book(text, {"WECOM_CHAT_ID": "c"}).resolve, magic="wechat")


def test_the_environment_refers_to_its_secret(book, variables, value, monkeypatch):
    """A target of the environment holds a reference, so that it can be pickled."""
    target = book("", variables("wecom_chat")).resolve(magic="wechat")
    assert target.get("corp_secret").reference == "env:NOTEBOOK_NOTIFY_WECOM_CORP_SECRET"
    monkeypatch.setenv("NOTEBOOK_NOTIFY_WECOM_CORP_SECRET", value)
    assert pickle.loads(pickle.dumps(target)).reveal("corp_secret") == value


def test_two_channels_in_the_environment(book, refused, variables, value):
    """If the environment describes two channels of a magic, neither is taken."""
    message = refused(
        book("", {**variables("wecom_chat"), "WECOM_WEBHOOK": value}).resolve, magic="wechat"
    )
    assert message.startswith("the environment describes several channels: wecom_chat, wecom_robot")


def test_os_environ_is_read_live(refused, variables, specs, monkeypatch, path):
    """Variables that are set later, in the notebook say, count at once."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_CONFIG", str(path))
    targets = Targets(specs)
    refused(targets.resolve, magic="wechat")
    for key, value in variables("wecom_chat").items():
        monkeypatch.setenv(f"NOTEBOOK_NOTIFY_{key}", value)
    assert targets.resolve(magic="wechat").channel == "wecom_chat"


def test_a_default_that_leads_nowhere(book, refused, saved, path):
    """A default that names no target is told with its file and the near match."""
    message = refused(
        book('[defaults]\nwechat = "opps"\n' + saved("ops", "app")).resolve,
        magic="wechat",
        error=ConfigError,
    )
    assert message == (
        f"{path} · [defaults] wechat names opps, which is no target; did you mean ops?"
    )


def test_a_default_of_another_magic(book, refused, saved, path):
    """A default whose target answers to another magic is told."""
    targets = book('[defaults]\nwechat = "app"\n' + saved("app"))
    for magic in ("wechat", None):
        message = refused(targets.resolve, magic=magic, error=ConfigError)
        assert message.startswith(
            f"{path} · [defaults] wechat · app is a WeCom app; use %%notify_wechat_app"
        )


@pytest.mark.parametrize(
    ("defaults", "names", "channels", "found"),
    [
        ('[defaults]\nwechat = "ops"\n', "ops app", "", "ops"),
        ("", "ops", "", "ops"),
        ("", "ops", "dingtalk_chat", "dingtalk_chat"),
        (BOTH, "ops app", "dingtalk_chat", "dingtalk_chat"),
        (BOTH, "ops app", "", "several targets"),
        ("", "ops ding", "", "several targets and no default: ops, ding"),
        ("", "", "wecom_chat dingtalk_chat", "the environment describes several"),
        ("", "", "", "no target yet"),
    ],
)
def test_without_a_magic(book, refused, saved, variables, defaults, names, channels, found):
    """%%notify and send() take what is plainly meant over all channels, else nothing."""
    targets = book(defaults + saved(*names.split()), variables(*channels.split()))
    if " " in found:
        assert refused(targets.resolve).startswith(found)
    else:
        assert targets.resolve().label == found


# ── the sandbox ──────────────────────────────────────────────────────────────────────────────


def test_the_sandbox_becomes_the_default(book, saved, variables, sandbox_targets, value):
    """From use_sandbox on, its targets are the defaults, before the file and the environment."""
    targets = book('[defaults]\nwechat = "ops"\n' + saved("ops", "ding"), variables("wecom_chat"))
    targets.use_sandbox(sandbox_targets)
    chat = targets.resolve(magic="wechat")
    assert (chat.name, chat.source, chat.reveal("corp_secret")) == (
        "sandbox-wecom_chat",
        "sandbox",
        value,
    )
    assert targets.resolve(magic="dingtalk").name == "sandbox-dingtalk_chat"
    assert targets.resolve("sandbox-wecom_robot").get("base_url") == "http://127.0.0.1:8000"
    assert targets.resolve("ops").source != "sandbox"


def test_without_a_magic_the_sandbox_is_not_left(book, saved, sandbox_targets):
    """While the sandbox is on, a message without a target goes there, never to a real one."""
    targets = book(saved("ops", "team"))
    targets.use_sandbox(sandbox_targets)
    assert targets.resolve().source == "sandbox"
    targets.use_sandbox({"only": sandbox_targets["sandbox-wecom_chat"]})
    assert targets.resolve().name == "only"


def test_a_broken_file_does_not_stop_the_sandbox(book, sandbox_targets):
    """A newcomer with a broken config file can still try the sandbox."""
    targets = book("language = 3")
    targets.use_sandbox(sandbox_targets)
    assert targets.resolve(magic="wechat").source == "sandbox"
    assert targets.resolve("sandbox-wecom_robot").source == "sandbox"
    assert targets.names("dingtalk") == ["sandbox-dingtalk_chat"]


def test_a_later_sandbox_takes_the_place_of_the_earlier(book, saved, sandbox_targets):
    """A sandbox that is started anew leaves no dead targets behind."""
    targets = book(saved("ops"))
    targets.use_sandbox(sandbox_targets)
    targets.use_sandbox({"sandbox-new": sandbox_targets["sandbox-wecom_chat"]})
    assert targets.names() == ["ops", "sandbox-new"]

"""What the tests of the book share: four channels, and targets of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_notify.book import Targets
from notebook_notify.errors import TargetError
from notebook_notify.fields import Field, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

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
#: What the config file may hold, by the target's name.
SAVED = {
    "ops": '[targets.ops]\nchannel = "wecom_robot"\nwebhook = "env:OPS_HOOK"\n',
    "team": '[targets.team]\nchannel = "wecom_chat"\ncorp_id = "ww1"\ncorp_secret = "env:TEAM_SECRET"\nchat_id = "c"\n',
    "app": '[targets.app]\nchannel = "wecom_app"\ncorp_id = "ww1"\ncorp_secret = "env:TEAM_SECRET"\nagent_id = 7\n',
    "ding": '[targets.ding]\nchannel = "dingtalk_chat"\napp_key = "k"\napp_secret = "env:TEAM_SECRET"\nchat_id = "c"\n',
}
#: Variables, less their prefix, that describe a channel.
VARIABLES = {
    "wecom_chat": {"WECOM_CORP_ID": "ww1", "WECOM_CORP_SECRET": VALUE, "WECOM_CHAT_ID": "c"},
    "dingtalk_chat": {
        "DINGTALK_APP_KEY": "k",
        "DINGTALK_APP_SECRET": VALUE,
        "DINGTALK_CHAT_ID": "c",
    },
}
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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the config file is, or would be."""
    return tmp_path / "notebook_notify.toml"


@pytest.fixture
def specs() -> dict[str, Spec]:
    """The channels that there are."""
    return SPECS


@pytest.fixture
def value() -> str:
    """The secret of every target."""
    return VALUE


@pytest.fixture
def chat() -> dict[str, str]:
    """The fields of a whole target for a WeCom chat."""
    return dict(CHAT)


@pytest.fixture
def saved() -> Callable[..., str]:
    """Gives the config file's text of targets: ops, team, app, ding."""
    return lambda *names: "".join(SAVED[name] for name in names)


@pytest.fixture
def variables() -> Callable[..., dict[str, str]]:
    """Gives the variables, less their prefix, that describe channels."""
    return lambda *channels: {k: v for one in channels for k, v in VARIABLES[one].items()}


@pytest.fixture
def sandbox_targets() -> dict[str, dict[str, str]]:
    """What a sandbox would hand over, one of an unknown channel among it."""
    return SANDBOX


@pytest.fixture
def book(path: Path) -> Callable[..., Targets]:
    """A book over a config file's text and environment variables, less their prefix."""

    def make(
        text: str | None = None, env: Mapping[str, str] | tuple[()] = (), **others: str
    ) -> Targets:
        if text is not None:
            path.write_text(text)
            path.chmod(0o600)
        environ = {"OPS_HOOK": VALUE, "TEAM_SECRET": VALUE, **others}
        environ |= {f"NOTEBOOK_NOTIFY_{key}": value for key, value in dict(env).items()}
        return Targets(SPECS, {"NOTEBOOK_NOTIFY_CONFIG": str(path), **environ})

    return make


def _refused(
    call: Callable[..., Any], *args: Any, error: type[Exception] = TargetError, **kwargs: Any
) -> str:
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    assert VALUE not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def refused() -> Callable[..., str]:
    """Gives the words with which a call is refused, which are one line without a secret."""
    return _refused

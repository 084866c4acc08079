"""What the tests of the config file share: two channels, and a whole file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_notify.config import FILE
from notebook_notify.fields import Field, Spec

if TYPE_CHECKING:
    from pathlib import Path

HERE = ("后台", "the console")
FIELDS = (Field("corp_id", HERE), Field("corp_secret", HERE))
SPECS = {
    "chat": Spec("chat", "wecom", "wechat", ("群", "chat"), (*FIELDS, Field("chat_id", HERE))),
    "app": Spec(
        "app",
        "wecom",
        "wechat_app",
        ("应用", "app"),
        (
            *FIELDS,
            Field("agent_id", HERE, kind="integer"),
            Field("users", HERE, required=False, kind="names"),
            Field("safe", HERE, required=False, kind="flag"),
        ),
    ),
}
WHOLE = """\
language = "zh"                 # zh | en | auto
timezone = "Asia/Shanghai"
expires = "12h"

[defaults]
wechat = "research"

[targets.research]              # made by the application
channel     = "chat"
corp_id     = "ww0123456789"
corp_secret = "env:WECOM_SECRET"
chat_id     = "investresearch"

[targets.app-ops]
channel     = "app"
corp_id     = "ww0123456789"
corp_secret = "keyring:wecom/ww0123456789"
agent_id    = 1000002
users       = ["zhangwei", "lisi"]
safe        = true
proxy       = "http://egress:3128"
base_url    = "https://wecom.example.com/"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the config file is, or would be."""
    return tmp_path / FILE


@pytest.fixture
def specs() -> dict[str, Spec]:
    """The channels that there are."""
    return SPECS


@pytest.fixture
def whole() -> str:
    """The text of a file that has everything."""
    return WHOLE

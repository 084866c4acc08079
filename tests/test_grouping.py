"""How a target comes to its group."""

from __future__ import annotations

import pytest

from notebook_notify.errors import PlatformError
from notebook_notify.grouping import GROUP_FIELDS, dingtalk_app, outdated, user_ids, wecom_app
from notebook_notify.platforms import SPECS


def test_the_field_that_names_the_group() -> None:
    """It is a field that its channel needs."""
    for kind, name in GROUP_FIELDS.items():
        field = SPECS[kind].field(name)
        assert field is not None
        assert field.required


def test_an_application_from_a_targets_fields(sandbox) -> None:
    """Whatever else a target has, its credential makes groups and finds people."""
    wecom = sandbox.targets["sandbox-wecom_chat"]
    assert wecom_app(wecom).create_chat("x", "lisi", ["lisi", "zhangwei"]).chat_id
    dingtalk = dingtalk_app(sandbox.targets["sandbox-dingtalk_app_robot"])
    assert user_ids(dingtalk, ["13800000002", "zhaomin", "lisi"]) == ["lisi", "zhaomin"]
    assert user_ids(dingtalk, ["+8613800000002", "86-13800000002"]) == ["lisi"]
    with pytest.raises(PlatformError, match="60121"):
        user_ids(dingtalk, ["13999999999"])


def test_an_old_id_is_told_from_a_new_one() -> None:
    """The older call goes on with it; the robot's does not take it."""
    assert outdated("dingtalk_app_robot", "chat0123456789")
    assert not outdated("dingtalk_app_robot", "cid0123456789==")
    assert not outdated("dingtalk_chat", "chat0123456789")
    assert not outdated("wecom_chat", "chat0123456789")

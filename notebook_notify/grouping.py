"""How a target comes to its group: which field names it, and which application makes one.

Shared by ``%notify_setup`` and the panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_notify.platforms.webhooks import mobile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_notify.admin.dingtalk import DingTalkApp
    from notebook_notify.admin.wecom import WeComApp

#: The field that names the group, of each channel whose application can make one.
GROUP_FIELDS = {
    "wecom_chat": "chat_id",
    "dingtalk_app_robot": "open_conversation_id",
    "dingtalk_chat": "chat_id",
}
#: What the ids of DingTalk's older host begin with.
_OLD = "chat"


def wecom_app(fields: Mapping[str, Any]) -> WeComApp:
    """The application that *fields* describe; raises ``TargetError`` if they lack something."""
    from notebook_notify.admin.wecom import WeComApp

    return WeComApp(
        fields.get("corp_id", ""),
        fields.get("corp_secret", ""),
        base_url=fields.get("base_url"),
        proxy=fields.get("proxy"),
    )


def dingtalk_app(fields: Mapping[str, Any]) -> DingTalkApp:
    """The application that *fields* describe; raises ``TargetError`` if they lack something."""
    from notebook_notify.admin.dingtalk import DingTalkApp

    return DingTalkApp(
        fields.get("app_key", ""),
        fields.get("app_secret", ""),
        robot_code=fields.get("robot_code"),
        base_url=fields.get("base_url"),
        media_url=fields.get("media_url"),
        proxy=fields.get("proxy"),
    )


def user_ids(app: DingTalkApp, people: Iterable[str]) -> list[str]:
    """The user ids of *people*, each once: of those given by mobile number they are looked up.

    Raises:
        PlatformError: nobody has such a number, the permission is missing, …
    """
    ids = [app.user_id(one) if mobile(one) else one for one in people]
    return list(dict.fromkeys(ids))


def outdated(kind: str, group: str) -> bool:
    """Whether *group* is an id of DingTalk's older host, which the channel *kind* does not take.

    ``DingTalkApp.convert`` changes it for a new one.
    """
    return GROUP_FIELDS.get(kind) == "open_conversation_id" and group.startswith(_OLD)

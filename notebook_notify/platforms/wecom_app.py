"""WeCom application message to people, departments or tags: ``message/send``.

Page: developer.work.weixin.qq.com/document/path/90236.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.errors import TargetError
from notebook_notify.fields import Field, Spec
from notebook_notify.platforms.checks import names
from notebook_notify.platforms.wecom import CORP_ID, CORP_SECRET, SAFE, WeComChannel
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Request
    from notebook_notify.platforms.base import Media, Words
    from notebook_notify.targets import Target

EVERYONE = "@all"
#: The most ids of one call, by field.
MOST = {"users": 1000, "parties": 100, "tags": 100}
#: An identical message within so many seconds is a repeat: long enough for a second try after
#: a time-out, short enough that the next run's message is not taken for one.
REPEAT_INTERVAL = 60


class WeComApp(WeComChannel):
    """Sends an application's message to those that the target names."""

    spec = Spec(
        kind="wecom_app",
        platform="wecom",
        magic="wechat_app",
        title=("企业微信应用", "WeCom app"),
        fields=(
            CORP_ID,
            CORP_SECRET,
            Field(
                "agent_id",
                (
                    "企业微信管理后台 → 应用管理 → 自建 → 该应用 → AgentId",
                    "WeCom admin console → App Management (应用管理) → self-built app → AgentId",
                ),
                env="WECOM_AGENT_ID",
                kind="integer",
            ),
            Field(
                "users",
                (
                    '通讯录 → 成员 → 账号；"@all" 为应用可见范围内的所有人',
                    'Contacts (通讯录) → member → account (账号); "@all": all in the app\'s scope',
                ),
                required=False,
                env="WECOM_USERS",
                kind="names",
                env_scope=EVERYONE,  # as the DolphinDB module's function
            ),
            Field(
                "parties",
                ("通讯录 → 部门 → 部门ID", "Contacts (通讯录) → department → its id (部门ID)"),
                required=False,
                kind="names",
            ),
            Field(
                "tags",
                ("通讯录 → 标签 → 标签ID", "Contacts (通讯录) → tags (标签) → the tag's id"),
                required=False,
                kind="names",
            ),
            SAFE,
        ),
    )
    drops_repeats = True

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is bad, or a saved target does not say who is meant."""
        super().check(target)
        recipients = _recipients(target)
        if not recipients:
            raise TargetError(
                say(
                    f"目标 {target.label} 没有收件人：写 users、parties 或 tags，要发给所有人则"
                    f'特意写 users = "{EVERYONE}"',
                    f"target {target.label} names no one: give users, parties or tags, or write "
                    f'users = "{EVERYONE}" on purpose for everyone in the app\'s scope',
                )
            )
        for field, ids in recipients.items():
            if len(ids) > MOST[field]:
                raise TargetError(
                    say(
                        f"目标 {target.label} 的 {field} 有 {len(ids)} 个，最多 {MOST[field]} 个",
                        f"{field} of target {target.label} has {len(ids)} ids; "
                        f"the most is {MOST[field]}",
                    )
                )
        if sum(map(len, recipients.values())) > 1 and any(
            EVERYONE in ids for ids in recipients.values()
        ):
            raise TargetError(
                say(
                    f'目标 {target.label}："{EVERYONE}" 已包括所有人，不能再写其他收件人',
                    f'target {target.label}: "{EVERYONE}" means everyone and must stand alone',
                )
            )

    def everyone(self, target: Target) -> bool:
        """Whether *target* stands for all in the application's visible scope (可见范围)."""
        return EVERYONE in _recipients(target).get("users", ())

    def request(
        self, target: Target, content: Words | Media, token: str, *, once: str | None = None
    ) -> Request:
        """``POST /cgi-bin/message/send``; *once* turns the platform's check for repeats on."""
        recipients = _recipients(target)
        keys = {"users": "touser", "parties": "toparty", "tags": "totag"}
        payload = {
            **{keys[field]: "|".join(ids) for field, ids in recipients.items()},
            **self.wire(content),
            "agentid": int(target.get("agent_id")),
            "safe": int(bool(target.get("safe"))),
        }
        if once:
            payload |= {"enable_duplicate_check": 1, "duplicate_check_interval": REPEAT_INTERVAL}
        return self.post(target, "/cgi-bin/message/send", token, payload)


def _recipients(target: Target) -> dict[str, tuple[str, ...]]:
    """The ids by field, empty fields left out.

    Credentials given on the spot, or the environment's for ``%%notify_wechat_app``, without a
    word on people, stand for everyone in the scope, as with the DolphinDB module's function. A
    saved target does not. A list that is there but empty does not either: whoever computed it
    meant no one.
    """
    if target.name is None and all(target.get(field) is None for field in MOST):
        return {"users": (EVERYONE,)}
    return {field: ids for field in MOST if (ids := names(target.get(field)))}

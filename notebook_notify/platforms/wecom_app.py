"""WeCom application message to people, departments or tags: ``message/send``.

Page: developer.work.weixin.qq.com/document/path/90236.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.pacing import Pace
from notebook_notify.errors import TargetError
from notebook_notify.fields import Field, Spec
from notebook_notify.platforms import replies
from notebook_notify.platforms.base import Found, Probe
from notebook_notify.platforms.recipients import EVERYONE, check_recipients, recipients
from notebook_notify.platforms.replies import shown
from notebook_notify.platforms.wecom import CORP_ID, CORP_SECRET, RESTS, SAFE, WeComChannel
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Reply, Request
    from notebook_notify.platforms.base import Media, Verdict, Words
    from notebook_notify.targets import Target

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
    recalls = True
    #: So many a minute reach one member; the surplus is accepted and dropped without a word.
    pace = Pace(30, 60, RESTS)

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is bad, or a saved target does not say who is meant."""
        super().check(target)
        check_recipients(target, _recipients(target), MOST)

    def everyone(self, target: Target) -> bool:
        """Whether *target* stands for all in the application's visible scope (可见范围)."""
        return EVERYONE in _recipients(target).get("users", ())

    def paced(self, target: Target) -> str:
        """Those whom it names: who is in a department, or in two targets, is not known here."""
        return repr(sorted(_recipients(target).items()))

    def request(
        self, target: Target, content: Words | Media, token: str, *, once: str | None = None
    ) -> Request:
        """``POST /cgi-bin/message/send``; *once* turns the platform's check for repeats on."""
        keys = {"users": "touser", "parties": "toparty", "tags": "totag"}
        payload = {
            **{keys[field]: "|".join(ids) for field, ids in _recipients(target).items()},
            **self.wire(content),
            "agentid": int(target.get("agent_id")),
            "safe": int(bool(target.get("safe"))),
        }
        if once:
            payload |= {"enable_duplicate_check": 1, "duplicate_check_interval": REPEAT_INTERVAL}
        return self.post(target, "/cgi-bin/message/send", token, payload)

    def probes(self, target: Target) -> tuple[Probe, ...]:
        """``GET /cgi-bin/agent/get``, of the token's own application alone (path/90227)."""
        agent = Probe(
            ("IP、AgentId", "IP list, AgentId"),
            self.call("/cgi-bin/agent/get", {"agentid": str(target.get("agent_id")).strip()}),
            _application,
        )
        if self.everyone(target):
            return (agent,)
        return agent, Probe(("接收人都在可见范围内", "that all named are in the visible scope"))

    def recall_request(self, target: Target, message_id: str, token: str) -> Request:
        """``POST /cgi-bin/message/recall``, good for 24 hours (path/94867)."""
        return self.post(target, "/cgi-bin/message/recall", token, {"msgid": message_id})

    def read_recall(self, reply: Reply) -> Verdict:
        """By ``errcode``."""
        return replies.read(reply, busy=self.busy, refresh=self.refresh)


def _application(answer: dict[str, Any]) -> Found:
    name = shown(answer["name"])
    if answer.get("close") == 1:
        raise TargetError(say(f"应用“{name}”已停用", f"the application “{name}” is disabled"))
    # What the application does not show is left out.
    users = len((answer.get("allow_userinfos") or {}).get("user", ()))
    parties = len((answer.get("allow_partys") or {}).get("partyid", ()))
    tags = len((answer.get("allow_tags") or {}).get("tagid", ()))
    return Found(
        say(
            f"“{name}”，可见范围：成员 {users}、部门 {parties}、标签 {tags}",
            f"“{name}”, visible to: members {users}, departments {parties}, tags {tags}",
        ),
        name,
    )


def _recipients(target: Target) -> dict[str, tuple[str, ...]]:
    """The ids by field, empty fields left out.

    Credentials given on the spot, or the environment's for ``%%notify_wechat_app``, without a
    word on people, stand for everyone in the scope, as with the DolphinDB module's function. A
    saved target does not. A list that is there but empty does not either: whoever computed it
    meant no one.
    """
    if target.name is None and all(target.get(field) is None for field in MOST):
        return {"users": (EVERYONE,)}
    return recipients(target, MOST)

"""DingTalk work notice (工作通知) of an application to people and departments.

DingTalk takes it at once and delivers it later. The same text to the same person within a day is
dropped without a word, and so is what is over 500 a day to one person: each text ends with the
time of day.

Page on open.dingtalk.com: asynchronous-sending-of-enterprise-session-messages.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notebook_notify.fields import Field, Spec
from notebook_notify.platforms.base import Found, MarkdownLimits, Media, Probe
from notebook_notify.platforms.dingtalk import (
    APP_KEY,
    APP_SECRET,
    NO_PERMISSION,
    DingTalkChannel,
)
from notebook_notify.platforms.recipients import EVERYONE, check_recipients, recipients
from notebook_notify.platforms.replies import shown
from notebook_notify.sizes import size_of
from notebook_notify.texts import local

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Request
    from notebook_notify.platforms.base import Words
    from notebook_notify.targets import Target

#: Of how many people a proof asks: each is a call.
ASKED = 10
#: The largest ``msg``, as JSON in bytes of UTF-8.
MSG_BYTES = 2048
#: The most ids of one call, by field.
MOST = {"users": 100, "parties": 20}


class DingTalkNotice(DingTalkChannel):
    """Sends an application's notice to those that the target names."""

    spec = Spec(
        kind="dingtalk_notice",
        platform="dingtalk",
        magic="dingtalk",
        title=("钉钉工作通知", "DingTalk work notice"),
        fields=(
            APP_KEY,
            APP_SECRET,
            Field(
                "agent_id",
                (
                    "钉钉开发者后台 → 应用开发 → 该应用 → 凭证与基础信息 → AgentId",
                    "DingTalk developer console → the app → Credentials (凭证与基础信息) → AgentId",
                ),
                kind="integer",
            ),
            Field(
                "users",
                (
                    '通讯录 → 成员 → UserID；"@all" 为应用可见范围内的所有人',
                    'Contacts (通讯录) → member → UserID; "@all": all in the app\'s scope',
                ),
                required=False,
                kind="names",
            ),
            Field(
                "parties",
                (
                    "通讯录 → 部门 → 部门ID",
                    "Contacts (通讯录) → department → its id (部门ID)",
                ),
                required=False,
                kind="names",
            ),
        ),
    )
    message_id = "task_id"
    #: ``msg`` has ``MSG_BYTES`` in all: the rest is for the time, a title, and what JSON adds to
    #: most texts; of one to which it adds more, :meth:`fits` has less in one message.
    text_limit = 1900
    markdown = MarkdownLimits("dingtalk", 1700)
    caveat = (
        "钉钉已受理，稍后投递；不会回报每个人是否收到",
        "DingTalk delivers it later, and does not report who received it",
    )

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is bad, or the target does not say who is meant."""
        super().check(target)
        check_recipients(target, recipients(target, MOST), MOST)

    def everyone(self, target: Target) -> bool:
        """Whether *target* stands for all in the application's visible scope (可见范围)."""
        return EVERYONE in recipients(target, MOST).get("users", ())

    def fits(self, words: Words) -> bool:
        """Whether ``msg`` is within ``MSG_BYTES``, quotation marks and line breaks escaped."""
        msg = json.dumps(self.wire(self.stamped(words)), ensure_ascii=False, separators=(",", ":"))
        return size_of(msg) <= MSG_BYTES

    def stamped(self, words: Words) -> Words:
        """With the time: DingTalk drops a notice that says the same as another of that day."""
        gap = "\n\n" if words.markdown else "\n"
        return replace(words, text=f"{words.text}{gap}{local(time.time()):%H:%M:%S}")

    def request(
        self,
        target: Target,
        content: Words | Media,
        token: str,
        *,
        once: str | None = None,  # noqa: ARG002 - what the platform drops, it drops unasked
    ) -> Request:
        """``POST /topapi/message/corpconversation/asyncsend_v2``."""
        people: dict[str, Any] = {"to_all_user": True}
        if not self.everyone(target):
            keys = {"users": "userid_list", "parties": "dept_id_list"}
            given = recipients(target, MOST)
            people = {keys[field]: ",".join(ids) for field, ids in given.items()}
        if not isinstance(content, Media):
            content = self.stamped(content)
        payload = {"agent_id": int(target.get("agent_id")), **people, "msg": self.wire(content)}
        path = "/topapi/message/corpconversation/asyncsend_v2"
        return self.post(target, path, token, payload)

    def probes(self, target: Target) -> tuple[Probe, ...]:
        """``POST /topapi/v2/user/get`` of each person; needs ``qyapi_get_member``, as no send does.

        Page on open.dingtalk.com: query-user-details.
        """
        people = () if self.everyone(target) else recipients(target, ("users",)).get("users", ())
        asked = [
            Probe(
                (f"接收人 {person}", f"person {person}"),
                self.call("/topapi/v2/user/get", payload={"userid": person}),
                lambda answer: Found(shown(answer["result"]["name"])),
                NO_PERMISSION,
            )
            for person in people[:ASKED]
        ]
        more = len(people) - len(asked)
        rest = (f"AgentId、其余 {more} 人", f"AgentId, {more} more people")
        return (*asked, Probe(rest if more else ("AgentId、送达", "AgentId, arrival")))

"""WeCom group chat of an application: ``appchat/send``.

The application must be self-built, its visible scope (可见范围) the root department, and the
chat must have been created by that application through ``appchat/create``: a group that people
made in the client has no chat id here.

Page: developer.work.weixin.qq.com/document/path/90248.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.pacing import Pace
from notebook_notify.fields import Field, Spec
from notebook_notify.platforms.base import Probe
from notebook_notify.platforms.replies import group_of
from notebook_notify.platforms.wecom import CORP_ID, CORP_SECRET, RESTS, SAFE, WeComChannel

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Request
    from notebook_notify.platforms.base import Found, Media, Words
    from notebook_notify.targets import Target


class WeComChat(WeComChannel):
    """Sends to one chat of an application."""

    spec = Spec(
        kind="wecom_chat",
        platform="wecom",
        magic="wechat",
        title=("企业微信群", "WeCom group"),
        fields=(
            CORP_ID,
            CORP_SECRET,
            Field(
                "chat_id",
                (
                    "只能来自该应用创建群聊的接口 appchat/create 的返回值 chatid",
                    "only from chatid in the answer of appchat/create, called by the same app",
                ),
                env="WECOM_CHAT_ID",
            ),
            SAFE,
        ),
    )

    #: So many a minute reach one member from all chats of one application; the surplus is
    #: accepted and dropped without a word.
    pace = Pace(200, 60, RESTS)

    def request(
        self,
        target: Target,
        content: Words | Media,
        token: str,
        *,
        once: str | None = None,  # noqa: ARG002 - appchat/send has no check for repeats
    ) -> Request:
        """``POST /cgi-bin/appchat/send``."""
        return self.post(
            target,
            "/cgi-bin/appchat/send",
            token,
            {
                "chatid": str(target.get("chat_id")).strip(),
                **self.wire(content),
                "safe": int(bool(target.get("safe"))),
            },
        )

    def probes(self, target: Target) -> tuple[Probe, ...]:
        """``GET /cgi-bin/appchat/get``, of this application's groups alone (path/98914)."""
        chat_id = str(target.get("chat_id")).strip()
        return (
            Probe(
                ("IP、权限、群", "IP list, permission, chat"),
                self.call("/cgi-bin/appchat/get", {"chatid": chat_id}),
                _group,
            ),
        )


def _group(answer: dict[str, Any]) -> Found:
    info = answer["chat_info"]
    return group_of(info.get("name", ""), len(info["userlist"]))

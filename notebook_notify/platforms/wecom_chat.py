"""WeCom group chat of an application: ``appchat/send``.

The application must be self-built, its visible scope (可见范围) the root department, and the
chat must have been created by that application through ``appchat/create``: a group that people
made in the client has no chat id here.

Page: developer.work.weixin.qq.com/document/path/90248.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.fields import Field, Spec
from notebook_notify.platforms.wecom import CORP_ID, CORP_SECRET, SAFE, WeComChannel

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Request
    from notebook_notify.platforms.base import Media, Words
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

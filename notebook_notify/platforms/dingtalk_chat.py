"""DingTalk group chat by the legacy ``chat/send``.

DingTalk has opened this call to no new application since 2022-09-23; applications that used it
before go on working. The chat must have been created through the API.

Pages on open.dingtalk.com: send-group-messages, message-types-and-data-format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.fields import Field, Spec
from notebook_notify.platforms.base import MarkdownLimits
from notebook_notify.platforms.dingtalk import APP_KEY, APP_SECRET, DingTalkChannel

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Request
    from notebook_notify.platforms.base import Media, Words
    from notebook_notify.targets import Target


class DingTalkChat(DingTalkChannel):
    """Sends to one chat."""

    spec = Spec(
        kind="dingtalk_chat",
        platform="dingtalk",
        magic="dingtalk",
        title=("钉钉群", "DingTalk group"),
        fields=(
            APP_KEY,
            APP_SECRET,
            Field(
                "chat_id",
                (
                    "只能来自创建群会话接口 chat/create 的返回值 chatid",
                    "only from chatid in the answer of the create-chat call chat/create",
                ),
                env="DINGTALK_CHAT_ID",
            ),
        ),
    )
    #: The page of the call says 2,048 bytes for the whole; that of the types says 5,000
    #: characters for a Markdown text. What both allow is sent.
    text_limit = 2048
    markdown = MarkdownLimits("dingtalk", 2048)

    def request(
        self,
        target: Target,
        content: Words | Media,
        token: str,
        *,
        once: str | None = None,  # noqa: ARG002 - chat/send has no check for repeats
    ) -> Request:
        """``POST /chat/send``, the message nested in ``msg``."""
        chat_id = str(target.get("chat_id")).strip()
        return self.post(
            target, "/chat/send", token, {"chatid": chat_id, "msg": self.wire(content)}
        )

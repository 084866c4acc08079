"""DingTalk group chat by the legacy ``chat/send``.

DingTalk has opened this call to no new application since 2022-09-23; applications that used it
before go on working. The chat must have been created through the API.

Pages on open.dingtalk.com: send-group-messages, message-types-and-data-format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.fields import Field, Spec
from notebook_notify.platforms.base import MarkdownLimits, Probe
from notebook_notify.platforms.dingtalk import (
    APP_KEY,
    APP_SECRET,
    DISBANDED,
    NO_PERMISSION,
    DingTalkChannel,
)
from notebook_notify.platforms.replies import group_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Request
    from notebook_notify.platforms.base import Found, Media, Words
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
    #: The page of the call says 2,048 bytes, the text of code 34016 and the page of the types
    #: 5,000 characters: the text itself keeps to the first.
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

    def probes(self, target: Target) -> tuple[Probe, ...]:
        """``GET /chat/get`` (obtain-a-group-session); needs ``qyapi_chat_read``, as no send does.

        It does not say whether the application may still use ``chat/send``.
        """
        chat_id = str(target.get("chat_id")).strip()
        return (
            Probe(
                ("IP、群", "IP list, chat"),
                self.call("/chat/get", {"chatid": chat_id}),
                _group,
                NO_PERMISSION,
            ),
            Probe(("chat/send 对该应用仍开放", "that chat/send is still open to the application")),
        )


def _group(answer: dict[str, Any]) -> Found:
    info = answer["chat_info"]
    found = group_of(info.get("name", ""), len(info["useridlist"]))
    if info.get("status") == DISBANDED:
        raise TargetError(say(f"群“{found.name}”已解散", f"the group “{found.name}” was disbanded"))
    return found

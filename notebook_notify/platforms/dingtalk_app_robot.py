"""DingTalk application robot (应用机器人) to a group: the way for new applications.

The application has the robot ability and is published, the robot is in the group, and the group
is an internal one. Pictures and files are uploaded by the legacy host's ``media/upload``, with
the legacy token of the same application.

Pages on open.dingtalk.com: the-robot-sends-a-group-message, robot-message-type,
upload-media-files.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import UNREADABLE
from notebook_notify.fields import Field, Spec
from notebook_notify.platforms import dingtalk_v1, replies
from notebook_notify.platforms.base import MarkdownLimits, Media, MediaLimits, Probe, Verdict
from notebook_notify.platforms.dingtalk import APP_KEY, APP_SECRET, TITLE_LIMIT
from notebook_notify.platforms.dingtalk_chat import DingTalkChat
from notebook_notify.platforms.dingtalk_v1 import V1Channel
from notebook_notify.targets import Target

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Reply, Request
    from notebook_notify.platforms.base import Channel, Words

#: What uploads: any channel of the legacy host.
_LEGACY = DingTalkChat()


class DingTalkAppRobot(V1Channel):
    """Sends to one group that the robot is in."""

    spec = Spec(
        kind="dingtalk_app_robot",
        platform="dingtalk",
        magic="dingtalk",
        title=("钉钉应用机器人", "DingTalk app robot"),
        fields=(
            APP_KEY,
            APP_SECRET,
            Field(
                "open_conversation_id",
                (
                    "建群接口返回的值；旧 chatid 经 convertToOpenConversationId 换得",
                    (
                        "from the call that created the group; an old chatid gives it by "
                        "convertToOpenConversationId"
                    ),
                ),
                env="DINGTALK_OPEN_CONVERSATION_ID",
            ),
            Field(
                "robot_code",
                (
                    "钉钉开发者后台 → 该应用 → 机器人 → RobotCode；不写即为 app_key",
                    "DingTalk developer console → the app → 机器人 → RobotCode; default: app_key",
                ),
                required=False,
            ),
            Field(
                "media_url",
                (
                    "上传图片和文件的 API 地址；不写即为 base_url，再不写即为 oapi.dingtalk.com",
                    "API address for uploads; default: base_url, else oapi.dingtalk.com",
                ),
                required=False,
                kind="url",
            ),
        ),
    )
    #: ``msgParam`` has 15,000 bytes at most. This is two screens of a phone, as of the other
    #: channels, and fits were each byte to be escaped.
    text_limit = 2048
    markdown = MarkdownLimits("dingtalk", 2048)
    #: What ``media/upload`` takes, and of files what ``sampleFile`` shows.
    media = MediaLimits(
        _LEGACY.media.image_types,
        _LEGACY.media.image_bytes,
        _LEGACY.media.file_bytes,
        frozenset({"doc", "docx", "xlsx", "zip", "pdf", "rar"}),
    )
    recalls = True

    def uploader(self, target: Target) -> tuple[Channel, Target]:
        """The legacy host, with the same application."""
        address = target.get("media_url") or target.get("base_url")
        same = {key: target.get(key) for key in ("app_key", "app_secret", "proxy")}
        return _LEGACY, Target("dingtalk_chat", {**same, "base_url": address}, target.name)

    def request(
        self,
        target: Target,
        content: Words | Media,
        token: str,
        *,
        once: str | None = None,  # noqa: ARG002 - the call has no check for repeats
    ) -> Request:
        """``POST /v1.0/robot/groupMessages/send``; ``msgParam`` is JSON within the JSON."""
        key, parameters = _message(content)
        payload = {
            **_group(target),
            "msgKey": key,
            "msgParam": json.dumps(parameters, ensure_ascii=False, separators=(",", ":")),
        }
        return self.post(target, "/v1.0/robot/groupMessages/send", token, payload)

    def read(self, reply: Reply) -> Verdict:
        """By ``code``; a success names its ``processQueryKey``."""
        verdict = dingtalk_v1.read(reply)
        if verdict.kind != "ok":
            return verdict
        message_id = verdict.payload.get("processQueryKey")
        if not isinstance(message_id, str) or not message_id:
            return replies.unreadable(reply, UNREADABLE, "no processQueryKey in the answer")
        return Verdict("ok", verdict.payload, message_id=message_id)

    def probes(self, target: Target) -> tuple[Probe, ...]:  # noqa: ARG002
        """None of it can be asked: ``getBotListInGroup`` is for groups made from a template.

        Page on open.dingtalk.com: obtain-the-list-of-robots-in-the-group.
        """
        return (Probe(("IP、权限、群、群里的机器人", "IP list, permission, group, robot in it")),)

    def recall_request(self, target: Target, message_id: str, token: str) -> Request:
        """``POST /v1.0/robot/groupMessages/recall``."""
        payload = {**_group(target), "processQueryKeys": [message_id]}
        return self.post(target, "/v1.0/robot/groupMessages/recall", token, payload)

    def read_recall(self, reply: Reply) -> Verdict:
        """By ``code``, or by the reason under ``failedResult``, which comes with HTTP 200."""
        verdict = dingtalk_v1.read(reply)
        if verdict.kind == "ok" and verdict.payload.get("failedResult"):
            return Verdict("failed", verdict.payload)  # for a reason that is no word
        return verdict


def _group(target: Target) -> dict[str, str]:
    robot = str(target.get("robot_code") or "").strip() or str(target.get("app_key")).strip()
    group = str(target.get("open_conversation_id")).strip()
    return {"robotCode": robot, "openConversationId": group}


def _message(content: Words | Media) -> tuple[str, dict[str, Any]]:
    """``msgKey``, and what goes into ``msgParam``."""
    if not isinstance(content, Media):
        if content.markdown:
            return "sampleMarkdown", {"title": content.title[:TITLE_LIMIT], "text": content.text}
        return "sampleText", {"content": content.text}
    if content.kind == "image":
        return "sampleImageMsg", {"photoURL": content.media_id}
    kind = PurePath(content.name).suffix.lstrip(".").lower()
    return "sampleFile", {"mediaId": content.media_id, "fileName": content.name, "fileType": kind}

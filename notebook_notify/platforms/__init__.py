"""What each wire looks like: one module a channel, and this table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.errors import TargetError
from notebook_notify.platforms.dingtalk_app_robot import DingTalkAppRobot
from notebook_notify.platforms.dingtalk_chat import DingTalkChat
from notebook_notify.platforms.dingtalk_notice import DingTalkNotice
from notebook_notify.platforms.dingtalk_robot import DingTalkRobot
from notebook_notify.platforms.wecom_app import WeComApp
from notebook_notify.platforms.wecom_chat import WeComChat
from notebook_notify.platforms.wecom_robot import WeComRobot
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.fields import Spec
    from notebook_notify.platforms.base import Channel
    from notebook_notify.targets import Target

#: The channels by kind; of a magic that several answer to, the DolphinDB module's comes first.
CHANNELS: dict[str, Channel] = {
    channel.spec.kind: channel
    for channel in (
        WeComChat(),
        WeComRobot(),
        WeComApp(),
        DingTalkChat(),
        DingTalkRobot(),
        DingTalkAppRobot(),
        DingTalkNotice(),
    )
}
#: What targets need to know of them, by kind.
SPECS: dict[str, Spec] = {kind: channel.spec for kind, channel in CHANNELS.items()}


def channel_of(target: Target) -> Channel:
    """The channel that serves *target*; raises ``TargetError`` if it cannot."""
    channel = CHANNELS.get(target.channel)
    if channel is None:
        raise TargetError(
            say(
                f"没有名为 {target.channel} 的通道；可用：{'、'.join(CHANNELS)}",
                f"no channel is called {target.channel}; there are {', '.join(CHANNELS)}",
            )
        )
    channel.check(target)
    return channel

"""What each wire looks like: one module a channel, and this table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.platforms.dingtalk_chat import DingTalkChat
from notebook_notify.platforms.wecom_app import WeComApp
from notebook_notify.platforms.wecom_chat import WeComChat

if TYPE_CHECKING:
    from notebook_notify.platforms.base import Channel
    from notebook_notify.targets import Spec

#: The channels by kind.
CHANNELS: dict[str, Channel] = {
    channel.spec.kind: channel for channel in (WeComChat(), WeComApp(), DingTalkChat())
}
#: What targets need to know of them, by kind.
SPECS: dict[str, Spec] = {kind: channel.spec for kind, channel in CHANNELS.items()}

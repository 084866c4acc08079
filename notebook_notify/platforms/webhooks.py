"""What the group robots share: a webhook's key in every call, and no token.

People paste the key alone, or the whole address that the group's settings show: both will do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

from notebook_notify.errors import SecretError, TargetError
from notebook_notify.platforms import checks
from notebook_notify.platforms.errcode import ErrcodeChannel
from notebook_notify.secret import Secret, remember
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.platforms.base import Probe
    from notebook_notify.targets import Target

#: Both platforms take so many messages a minute of one robot
#: (developer.work.weixin.qq.com/document/path/99110; open.dingtalk.com,
#: custom-robots-send-group-messages).
PER_MINUTE = 20
#: All of the robot's group, among those whom a message mentions.
EVERYONE = "all"
#: What a key or token may be made of.
_KEY = re.compile(r"[\w-]{8,}", re.ASCII)
_MOBILE = re.compile(r"(?:\+?86-?)?(1\d{10})", re.ASCII)


class WebhookChannel(ErrcodeChannel):
    """A robot of one group."""

    #: what its key is called in the query.
    parameter: ClassVar[str]
    most_parts = PER_MINUTE

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is bad; a keyring is not asked for the webhook."""
        super().check(target)
        webhook = target.get("webhook")
        if isinstance(webhook, Secret) and (webhook.reference or "").startswith("keyring:"):
            return
        try:
            self.key(target)
        except SecretError:
            return  # told when it is sent, as of every secret

    def token_key(self, target: Target) -> str:
        """One name for each robot."""
        host = checks.host_of(target, self.host)
        return checks.token_key(self.spec.platform, host, self.parameter, self.key(target))

    def token_request(self, target: Target) -> None:
        """There is none: every call carries the webhook's key."""

    def probes(self, target: Target) -> tuple[Probe, ...]:  # noqa: ARG002
        """There is no call that asks about a robot."""
        return ()

    def key(self, target: Target) -> str:
        """The webhook's key, which ``scrub`` masks from now on.

        Raises:
            TargetError: there is no key in it, or it is the address of another host.
            SecretError: it is a reference that leads to nothing.
        """
        given = target.reveal("webhook").strip().removeprefix(f"{self.parameter}=")
        key = given
        if re.search(r"[/?=]", given):
            key = self._key_in(given, target)
        if not _KEY.fullmatch(key):
            raise TargetError(
                say(
                    f"目标 {target.label} 的 webhook 不对：应为完整地址，或其中 "
                    f"{self.parameter}= 后的一段",
                    f"webhook of target {target.label}: expected the whole address, or what "
                    f"follows {self.parameter}= in it",
                )
            )
        remember(key)
        return key

    def _key_in(self, url: str, target: Target) -> str:
        try:
            parts = urlsplit(url if "://" in url else f"//{url}")
        except ValueError:
            return ""
        host = parts.netloc.lower()
        known = {urlsplit(one).netloc.lower() for one in (self.host, checks.host_of(target, ""))}
        key = parse_qs(parts.query).get(self.parameter, [""])[0]
        if host not in known:
            # What has no key is no address, and is not repeated: it may be anything.
            shown = f" {parts.hostname}" if key and parts.hostname else ""
            official = urlsplit(self.host).netloc
            raise TargetError(
                say(
                    f"目标 {target.label} 的 webhook 不是 {official} 的地址{shown and '，而是'}"
                    f"{shown}；确要用其他主机时，把它写入 base_url",
                    f"webhook of target {target.label} is no address of {official}"
                    f"{shown and ', but of'}{shown}; if another host is meant, name it in base_url",
                )
            )
        return key


def mobile(person: str) -> str | None:
    """*person* as a mobile number of eleven digits; ``None``: it is an id."""
    match = _MOBILE.fullmatch(person)
    return match[1] if match else None

"""Whether a message may go to all in an application's visible scope (可见范围)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify import config
from notebook_notify.errors import TargetError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_notify.fields import Spec
    from notebook_notify.targets import Target


def refuse(target: Target, specs: Mapping[str, Spec]) -> None:
    """See that the administrator lets *target*, which stands for all, be sent to.

    Raises:
        TargetError: he does not (``allow_all = false`` in the site's config file); says who.
        ConfigError: his file cannot be read.
    """
    if config.allows_all(specs):
        return
    path = config.site_path()
    raise TargetError(
        say(
            f"目标 {target.label} 会发给应用可见范围内的所有人，管理员不允许（{path} 中 "
            "allow_all = false）；未发送。请指明 users、parties 或 tags",
            f"target {target.label} would reach everyone in the app's visible scope, which the "
            f"administrator forbids (allow_all = false in {path}); nothing was sent. "
            "Name users, parties or tags",
        )
    )
